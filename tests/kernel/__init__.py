"""Live views in a real kernel, before a server that is a process of its own: how it fares, and what it holds open."""
