"""The validation rules of each API group, in the API server's own words."""
