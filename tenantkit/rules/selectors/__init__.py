"""Selectors: by label, and by field."""
