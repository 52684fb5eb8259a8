"""Who may do what: bindings and roles, read once and resolved."""
