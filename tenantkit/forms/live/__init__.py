"""Views that follow a cluster: what is kept of it, who keeps it up to date, and the pages that show it."""
