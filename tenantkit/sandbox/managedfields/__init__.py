"""Server-side apply: field paths, the managers of fields, and the merge of applied configurations."""
