"""What a cluster stores of tenantkit: the platform, its tenants, and the versions of their specs."""
