"""The ValidatingAdmissionPolicies by which the API server keeps tenants apart; one file per guardrail."""
