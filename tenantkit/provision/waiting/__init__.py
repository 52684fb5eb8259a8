"""Waiting for what a cluster does by itself after a write: counting quotas, deleting namespaces."""
