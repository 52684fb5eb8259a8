"""What lies in a tenant's namespace: members and routes, read from their objects."""
