"""Kubernetes' own CEL libraries: one module for each, with its functions in the server's words."""
