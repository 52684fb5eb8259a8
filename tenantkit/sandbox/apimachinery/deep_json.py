"""Deeply nested JSON, parsed and written without recursion; `json_text.py` uses it where Python's own parser fails."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(
    r"[ \t\n\r]*+(?:"
    r'(?P<text>"(?:[^"\\\x00-\x1f]++|\\.)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)"
    r"|(?P<word>true|false|null)"
    r"|(?P<mark>[\[\]{},:])"
    r"|(?P<end>$))",
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}
_INVALID = "invalid character looking for beginning of value"


class RawJson:
    """JSON that stays text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawJson) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text


def parse_iteratively(text: str, number: Callable[[str], Any]) -> Any:
    """The value of a JSON text of any depth; of duplicate fields the last one counts.

    Args:
        text: the JSON.
        number: converts the text of a number.

    Raises:
        ValueError: it is not JSON.
    """
    reader = _Reader(number)
    position = 0
    while not reader.is_done:
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(_INVALID)
        position = found.end()
        reader.take(str(found.lastgroup), str(found[str(found.lastgroup)]))
    if text[position:].strip(" \t\n\r"):
        raise ValueError(_INVALID)
    return reader.value


class _Reader:
    """The containers that are open, and what may come next."""

    def __init__(self, number: Callable[[str], Any]) -> None:
        self.value: Any = None
        self.is_done = False
        self._number = number
        self._open: list[Any] = []
        self._keys: list[str] = []  # of the open objects, once read
        self._expects = "value"  # or `first` value, `key`, `first key`, `colon`, `comma`

    def take(self, form: str, text: str) -> None:
        """Take the next token."""
        if form == "end":
            raise ValueError("unexpected end of JSON input")
        if self._expects in {"value", "first"} and form != "mark":
            self._add(self._scalar(form, text))
        elif self._expects in {"value", "first"} and text in "{[":
            self._enter({} if text == "{" else [])
        elif self._expects in {"key", "first key"} and form == "text":
            self._keys.append(json.loads(text))
            self._expects = "colon"
        elif self._expects == "colon" and text == ":":
            self._expects = "value"
        elif self._expects == "comma" and text == ",":
            self._expects = "key" if isinstance(self._open[-1], dict) else "value"
        elif self._expects in {"comma", "first", "first key"} and text == self._closing():
            self._leave()
        else:
            raise ValueError(_INVALID)

    def _closing(self) -> str:
        return "}" if isinstance(self._open[-1], dict) else "]"

    def _scalar(self, form: str, text: str) -> Any:
        if form == "text":
            return json.loads(text)
        return self._number(text) if form == "number" else _WORDS[text]

    def _enter(self, container: Any) -> None:
        self._open.append(container)
        self._expects = "first key" if isinstance(container, dict) else "first"

    def _leave(self) -> None:
        self._add(self._open.pop())

    def _add(self, value: Any) -> None:
        if not self._open:
            self.value, self.is_done = value, True
            return
        if isinstance(self._open[-1], dict):
            self._open[-1][self._keys.pop()] = value
        else:
            self._open[-1].append(value)
        self._expects = "comma"


def write_iteratively(value: Any, most_levels: int) -> str:
    """The JSON of a value of any depth; keys become text as in YAML.

    Raises:
        ValueError: it is nested deeper than `most_levels`, contains itself, or has a value without JSON.
    """
    parts: list[str] = []
    pending: list[Iterator[str | _Inner]] = [_parts_of(value)]
    while pending:
        step = next(pending[-1], None)
        if step is None:
            pending.pop()
        elif isinstance(step, str):
            parts.append(step)
        else:
            pending.append(_parts_of(step.value))
            if len(pending) > most_levels + 1:
                raise ValueError(f"yaml: exceeded max depth of {most_levels}")
    return "".join(parts)


class _Inner:
    """A value inside a container."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _parts_of(value: Any) -> Iterator[str | _Inner]:
    """The parts of a value's JSON."""
    if isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' if index else ''}{json.dumps(_key(key))}:"
            yield _inner(item)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            if index:
                yield ","
            yield _inner(item)
        yield "]"
    else:
        yield _scalar_json(value)


def _inner(value: Any) -> str | _Inner:
    return _Inner(value) if isinstance(value, (dict, list)) else _scalar_json(value)


def _scalar_json(value: Any) -> str:
    if isinstance(value, RawJson):
        return value.text
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {value}")
    if value is None or isinstance(value, (str, bool, int, float)):
        return json.dumps(value)
    raise ValueError(f"json: unsupported type: {type(value).__name__}")


def _key(key: Any) -> str:
    """A key as YAML's conversion to JSON writes it."""
    if isinstance(key, str):
        return key
    if isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise ValueError(f"json: unsupported type of key: {type(key).__name__}")
