"""How the sandbox's controllers make requests of the API server that they run in."""
