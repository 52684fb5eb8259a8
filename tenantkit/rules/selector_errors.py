"""The error of selectors that cannot be parsed."""

from __future__ import annotations


class SelectorSyntaxError(ValueError):
    """A selector's text cannot be parsed: it has `found` in place of `wanted`. The server words this differently."""

    def __init__(self, message: str, found: str, wanted: str) -> None:
        super().__init__(message)
        self.found, self.wanted = found, wanted
