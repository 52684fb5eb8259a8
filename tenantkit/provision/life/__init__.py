"""The life cycle of tenants: adopted from existing namespaces and released again, frozen and thawed, boosted."""
