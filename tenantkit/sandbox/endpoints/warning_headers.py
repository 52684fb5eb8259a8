"""The `Warning` headers of a response: each text once, and cut off when there are too many.

Source: apiserver's pkg/endpoints/filters/warning.go, 1.37.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL, _ONE = 4096, 256  # characters


def warning_headers(warnings: Iterable[str]) -> list[str]:
    """The values of the headers.

    Example:
        >>> warning_headers(["unknown field", "unknown field"])
        ['299 - "unknown field"']
    """
    texts = [text for text in dict.fromkeys(warnings) if text]
    if sum(map(len, texts)) > _ALL:
        texts = list(_cut(texts))
    return [f"299 - {json.dumps(text)}" for text in texts]


def _cut(texts: list[str]) -> Iterable[str]:
    """The texts that the server sends once it has begun to cut them off."""
    whole = written = 0
    for text in texts:
        whole += len(text)
        if whole > _ALL and written >= _ALL:
            return
        yield text[:_ONE]
        written += min(len(text), _ONE)
