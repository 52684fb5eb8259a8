"""The object store: resource versions, watches from a version, and generated names."""
