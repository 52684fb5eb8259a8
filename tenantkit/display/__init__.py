"""How values are shown to people: text and HTML tables, pictures, styled frames, amounts with units."""
