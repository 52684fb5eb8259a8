"""Live views in a real kernel, with a server in another process: how fast cells are, and what the views leave open."""
