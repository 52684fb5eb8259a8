"""RBAC: what its rules allow."""
