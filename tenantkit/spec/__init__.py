"""Platform and Tenant specs: frozen, validated, and read from and written to Python, YAML and JSON."""
