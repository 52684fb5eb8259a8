"""Warnings that the server sends with an answer: deprecated versions, Pod Security, policies that only warn.

Whoever wants them collects them around a request, in the thread that sends it: an answer's object has no place for
them. Source: page "Kubernetes API Concepts", RFC 7234 section 5.5.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLLECTED: ContextVar[list[str] | None] = ContextVar("warnings", default=None)
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_READ_LIMIT = 1 << 14
_LIMIT = 600


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """The warnings of the requests that this thread sends inside the block, each text once, as they come."""
    texts: list[str] = []
    token = _COLLECTED.set(texts)
    try:
        yield texts
    finally:
        _COLLECTED.reset(token)


def keep_warnings(headers: Mapping[str, str]) -> None:
    """Keep the warnings of an answer, if somebody collects them.

    Args:
        headers: of the answer, with names in lower case; several warnings are separated by commas.
    """
    texts = _COLLECTED.get()
    if texts is None:
        return
    for found in _WARNING.findall(headers.get("warning", "")[:_READ_LIMIT]):
        text = _printable(_ESCAPED.sub(r"\1", found))
        if text not in texts:
            texts.append(text)


def _printable(text: str) -> str:
    line = "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
    return line if len(line) <= _LIMIT else line[:_LIMIT] + "…"
