"""What differs from kind to kind: defaults, conversion, warnings and, in `validation`, the rules for each field."""
