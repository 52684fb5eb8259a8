"""Answers that take several kinds of objects: why something does not run, and what would still fit."""
