"""Concerns: each file has the checks of one wall, as data with a pure function."""
