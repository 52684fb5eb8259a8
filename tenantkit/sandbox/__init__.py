"""A small Kubernetes API server inside tenantkit, for trying, teaching and testing with no cluster."""
