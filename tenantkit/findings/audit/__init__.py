"""The audit: a snapshot of a cluster, and checks that judge it; one file per concern in `concerns/`."""
