"""How a plan shows itself."""
