"""Server-side apply: field paths, who manages which field, and how an applied configuration is merged."""
