"""The sample: a platform with nodes, tenants and workloads, some of them broken, to explore and to learn with."""
