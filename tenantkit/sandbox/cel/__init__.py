"""CEL: the expression language of admission policies, with Kubernetes' own libraries, by the CEL project's engine."""
