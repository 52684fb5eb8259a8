"""The error of selectors that cannot be parsed."""

from __future__ import annotations

from tenantkit.exceptions import Portable


class SelectorSyntaxError(Portable, ValueError):
    """A selector's text cannot be parsed: at character `at` it has `found` in place of `wanted`."""

    def __init__(self, message: str, found: str, wanted: str, at: int = 0) -> None:
        super().__init__(message)
        self.found, self.wanted, self.at = found, wanted, at
