"""The places of values in a JSON text, found without parsing them, so that no nesting is too deep.

Parsers stop at about 1,000 levels. One object that is nested deeper would hide all others of a list, so the list is
split here, and its objects are parsed one by one. Rejected alternative: requesting ever smaller pages until the object
is alone in one, which takes ten more requests for each, at another moment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 1024  # levels that orjson parses
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}\[{]++")
_SPACE = re.compile(rb"[ \t\r\n]*+")

Span = tuple[int, int]


def members(text: bytes | bytearray, start: int = 0) -> Iterator[tuple[str, Span]]:
    """The keys of the object that starts there, each with the place of its value.

    Raises:
        ValueError: it is not an object.
    """
    place = _opened(text, start, b"{")
    while text[place : place + 1] != b"}":
        key = _STRING.match(text, place)
        if key is None:
            raise ValueError("a key is not text")
        place = _after(text, key.end(), b":")
        end = _end(text, place)
        yield str(orjson.loads(key[0])), (place, end)
        place = _next(text, end, b"}")


def elements(text: bytes | bytearray, start: int = 0) -> Iterator[Span]:
    """The places of the values of the list that starts there.

    Raises:
        ValueError: it is not a list.
    """
    place = _opened(text, start, b"[")
    while text[place : place + 1] != b"]":
        end = _end(text, place)
        yield place, end
        place = _next(text, end, b"]")


def depth(text: bytes | bytearray) -> int:
    """How deep the lists and objects of a JSON text are nested."""
    now = deepest = 0
    for token in _BRACKET.finditer(text):
        if token[0] in (b"{", b"["):
            now += 1
            deepest = max(deepest, now)
        elif token[0] in (b"}", b"]"):
            now -= 1
    return deepest


def _opened(text: bytes | bytearray, start: int, bracket: bytes) -> int:
    return _after(text, _skip(text, start), bracket)


def _after(text: bytes | bytearray, place: int, mark: bytes) -> int:
    """The place of the next token after a mark."""
    place = _skip(text, place)
    if text[place : place + 1] != mark:
        raise ValueError(f"{mark.decode()!r} is missing")
    return _skip(text, place + 1)


def _next(text: bytes | bytearray, end: int, closing: bytes) -> int:
    """The place of the next value, or of the closing bracket."""
    place = _skip(text, end)
    return place if text[place : place + 1] == closing else _after(text, place, b",")


def _skip(text: bytes | bytearray, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _end(text: bytes | bytearray, start: int) -> int:
    """The end of the value that starts there."""
    first = text[start : start + 1]
    if first not in (b"{", b"["):
        value = (_STRING if first == b'"' else _SCALAR).match(text, start)
        if value is None:
            raise ValueError("a value is missing")
        return value.end()
    open_now = 0
    for token in _BRACKET.finditer(text, start):
        if token[0] in (b"{", b"["):
            open_now += 1
        elif token[0] in (b"}", b"]"):
            open_now -= 1
            if open_now == 0:
                return token.end()
    raise ValueError("a bracket is not closed")
