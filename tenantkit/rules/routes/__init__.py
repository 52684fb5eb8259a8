"""Which requests Ingresses and HTTPRoutes ask for, and which of them ask for the same."""
