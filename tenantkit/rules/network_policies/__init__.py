"""NetworkPolicies: what they say about a connection, as Kubernetes' page "Network Policies" defines it."""
