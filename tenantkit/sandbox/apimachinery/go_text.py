"""Text as Go's fmt and unicode packages see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_INT64_DIGITS = 19
_UINT64_DIGITS = 20
MOST_UINT64 = 2**64 - 1
_LAST_ASCII, _LAST_SHORT = 0x7F, 0xFFFF


def go_text(value: Any) -> str:
    """A value as Go's %v prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_text, value)) + "]"
    return "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def go_syntax(value: Any) -> str:
    """A value as Go's %#v prints it."""
    if isinstance(value, dict):
        pairs = ", ".join(f'"{key}":{go_syntax(item)}' for key, item in sorted(value.items()))
        return f"map[string]interface {{}}{{{pairs}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(go_syntax, value)) + "}"
    return json.dumps(value)


def quoted(text: str) -> str:
    """A text as Go's %q prints it."""
    return '"' + "".join(map(_quoted_character, text)) + '"'


def unprintable(text: str) -> Iterator[tuple[int, str]]:
    """The characters that Go's unicode.IsPrint refuses, with their place in bytes."""
    place = 0
    for character in text:
        if not character.isprintable():
            yield place, character
        place += len(character.encode())


def manager_of(user_agent: str, limit: int) -> str:
    """The field manager of a client that names none: the first part of its User-Agent, up to `limit` bytes.

    Source: apiserver's pkg/endpoints/handlers/create.go, prefixFromUserAgent.
    """
    found, size = "", 0
    for character in user_agent.partition("/")[0]:
        if not character.isprintable():
            continue
        size += len(character.encode())
        if size > limit:
            break
        found += character
    return found


def _quoted_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code <= _LAST_ASCII else f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"


def go_int(text: str, bits: int = 64) -> int | None:
    """A whole number as Go's strconv.ParseInt reads it; None if it is none, or does not fit."""
    digits = text[1:] if text[:1] in {"-", "+"} else text
    if not (digits.isascii() and digits.isdecimal()) or len(digits.lstrip("0")) > _INT64_DIGITS:
        return None
    value = int(text)
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def not_uint64(text: str) -> str:
    """Why Go's strconv.ParseUint refuses a text; empty if it does not."""
    if not (text.isascii() and text.isdecimal()):
        return "invalid syntax"
    digits = text.lstrip("0")
    return "value out of range" if len(digits) > _UINT64_DIGITS or int(digits or "0") > MOST_UINT64 else ""
