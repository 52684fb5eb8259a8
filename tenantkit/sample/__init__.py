"""The sample: a platform with nodes, tenants and workloads, some of them broken, to look at and to learn on."""
