"""A tenant's objects in the index, which lie outside of its namespace: read, kept by several owners, and removed."""
