"""How values are shown to people: frames, text and HTML tables, pictures, amounts with units."""
