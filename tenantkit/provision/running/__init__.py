"""While a run writes: its progress, and Ctrl-C."""
