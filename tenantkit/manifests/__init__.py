"""Specs to Kubernetes objects, as plain dicts in wire form: pure, one file a concern, the order as data."""
