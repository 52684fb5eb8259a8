"""Kubernetes' own rules as pure functions: each names the page or source it follows, none talks to a cluster."""
