"""The form that creates or changes a tenant: its fields, buttons, results and the code that does the same."""
