"""A small Kubernetes API server inside tenantkit, for trying out, teaching and testing without a cluster."""
