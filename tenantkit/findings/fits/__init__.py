"""Whether pods would fit: a dry run of one pod, then the quotas and the nodes."""
