"""Would pods fit? A dry run of one pod, then the quotas and the nodes."""
