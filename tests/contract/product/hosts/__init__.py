"""Who has which host and path: pairs of routes, and what each person sees of them; on both engines."""
