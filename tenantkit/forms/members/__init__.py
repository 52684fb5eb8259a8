"""The form for a tenant's members."""
