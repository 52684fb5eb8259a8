"""What is asked: Platform and Tenant, frozen and validated, to and from Python, YAML and JSON."""
