"""Kubernetes objects from specs, as plain dicts: pure, one module per concern, the order as data."""
