"""The requests of the Kubernetes API: paths, discovery, lists in pages, tables and watches."""
