"""The lab and its forms in a real browser. A package, so that package-scoped fixtures end before the session does."""
