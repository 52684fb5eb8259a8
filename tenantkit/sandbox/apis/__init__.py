"""The rules of each kind: defaults, conversion, warnings, quota usage and validation."""
