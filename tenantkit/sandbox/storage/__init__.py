"""The object store: resource versions, events since a version, and generated names."""
