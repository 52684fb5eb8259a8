"""The command line: the functions of a notebook, for a terminal and for CI."""
