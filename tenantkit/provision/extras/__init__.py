"""The platform's extra objects and copies in tenants' namespaces: read, compared, and filled when they are written."""
