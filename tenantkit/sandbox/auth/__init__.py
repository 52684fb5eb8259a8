"""Authentication by token and authorization by RBAC, with its escalation check."""
