"""Forms: what the functions do, for those who would rather fill in than write; each shows the Python that it runs."""
