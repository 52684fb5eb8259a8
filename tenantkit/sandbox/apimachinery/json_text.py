"""JSON as the API server reads and writes it: in bounded time, and nested up to 10,000 levels.

Go's decoder differs from Python's in what it accepts: bytes that are not UTF-8 and halves of surrogate pairs become
U+FFFD, numbers have any length and keep their text, and the nesting is limited by a counter rather than by the stack.
Python's functions on nested objects are recursive, so whatever is nested deeper than any field of Kubernetes stays text
(`DeepValue`): unknown fields are dropped anyway, and managed fields are sent as they were received.
Rejected alternative: a higher recursion limit, which is one for the whole process, and its C stack is the user's.

Source: encoding/json of Go 1.26 (maxNestingDepth); sigs.k8s.io/json.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.sandbox.apimachinery.deep_json import RawJson, parse_iteratively
from tenantkit.sandbox.apimachinery.go_text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_LEVELS = 10_000
SHALLOW_LEVELS = 100  # no field of a served kind is nested deeper; far below the limits of json and orjson
_SAFE_DIGITS = 18  # of whole numbers that surely fit 64 bits
_INT64 = 2**63
_MARK_OR_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[\[\]{}]', re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_A_MARK = re.compile(r"[^\[\]{}]++")
_HALF_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|(\\.)", re.DOTALL
)


class DeepValue(RawJson):
    """JSON that is nested too deeply for recursive functions."""

    __slots__ = ()

    def parsed(self) -> Any:
        """The value; only for functions that are not recursive."""
        return parse_iteratively(self.text, Number.of)


class DeepObject(DeepValue):
    """An object."""

    __slots__ = ()


class DeepList(DeepValue):
    """A list."""

    __slots__ = ()


class Number(float):
    """A number that neither int64 nor the shortest text of a float represents: its text matters in messages."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def of(cls, text: str) -> Number | int | float:
        """The number with that text in JSON."""
        if text.lstrip("-").isdigit():
            value = int(text) if len(text) <= _SAFE_DIGITS + 2 else _INT64
            if -_INT64 <= value < _INT64:
                return value
        elif repr(plain := float(text)) == text:
            return plain
        self = cls(text)
        self.text = text
        return self

    def __repr__(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


class Repeated(dict[str, Any]):
    """An object with duplicate fields in its JSON text: the last value wins, and objects are merged."""

    fields: Sequence[str] = ()

    def put(self, name: str, value: Any) -> bool:
        """Set a field; True if it was already set."""
        exists, old = name in self, self.get(name)
        if isinstance(old, Repeated) and isinstance(value, Repeated):
            for inner, item in value.items():
                old.put(inner, item)
            old.fields = [*old.fields, *value.fields]
        else:
            self[name] = value
        return exists


def read_json(body: bytes | str, *, mark_repeated: bool = False) -> Any:
    r"""Parse JSON as the API server does.

    Args:
        body: the text; bytes need not be valid UTF-8.
        mark_repeated: whether objects with duplicate fields become `Repeated`, for warnings. Default: the last one
            counts.

    Raises:
        ValueError: it is not JSON, or is nested deeper than 10,000 levels; the message is the server's.

    Example:
        >>> read_json(b'{"a": "x\xffy"}')
        {'a': 'x\ufffdy'}
    """
    text = with_replacements(body) if isinstance(body, bytes) else body
    if _HALF_SURROGATE.search(text):
        text = _ESCAPE.sub(lambda found: found[1] or found[2] or "\\ufffd", text)
    deep: list[DeepValue] = []
    mark = ""
    if _may_be_deep(text):
        mark, text = _without_deep_values(text, deep)
    try:
        if not mark_repeated:
            return _parse(text, _deep_hook(mark, deep, dict) if deep else None)
        try:
            return _parse(text, _deep_hook(mark, deep, _unique))
        except _DuplicateFieldError:
            return _parse(text, _deep_hook(mark, deep, _repeated))
    except json.JSONDecodeError as error:
        raise ValueError(_go_message(error)) from error
    except RecursionError as error:  # of a text that is not JSON: the levels of JSON were taken out above
        raise ValueError("unexpected end of JSON input") from error


def repeated_in_json(body: bytes) -> list[str]:
    """The paths of the duplicate fields in JSON."""
    return repeated_paths(read_json(body, mark_repeated=True))


def repeated_paths(value: Any, path: str = "") -> list[str]:
    """The paths of the duplicate fields in a value that `read_json` read with `mark_repeated`."""
    if isinstance(value, list):
        return [name for index, item in enumerate(value) for name in repeated_paths(item, f"{path}[{index}]")]
    if not isinstance(value, Repeated):
        return []
    own = [f"{path}.{name}".removeprefix(".") for name in value.fields]
    return own + [
        name for key, item in value.items() for name in repeated_paths(item, f"{path}.{key}".removeprefix("."))
    ]


def write_json(value: Any, *, sort: bool = False) -> bytes:
    """The JSON of a value that `read_json` may have read, as a response has it; `sort` sorts the keys."""
    return orjson.dumps(value, default=_written, option=orjson.OPT_SORT_KEYS if sort else None)


def with_replacements(data: bytes) -> str:
    """Text in which, as in Go, each byte that is not valid UTF-8 is U+FFFD."""
    return data.decode("utf-8", "tenantkit-go")


def is_deep(value: Any) -> bool:
    """Whether a parsed value is nested too deeply for recursive functions."""
    level = [value]
    for _ in range(SHALLOW_LEVELS):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("tenantkit-go", _each_byte)


def _written(value: object) -> object:
    if isinstance(value, DeepValue):
        return orjson.Fragment(value.text)
    if isinstance(value, Number):
        number = float(value.text)
        return orjson.Fragment(value.text) if math.isinf(number) else number
    raise TypeError(f"{type(value).__name__} has no JSON")


class _DuplicateFieldError(Exception):
    """An object has a duplicate field."""


def _parse(text: str, hook: Callable[[list[tuple[str, Any]]], Any] | None) -> Any:
    return json.loads(
        text, object_pairs_hook=hook, parse_int=Number.of, parse_float=Number.of, parse_constant=_no_constant
    )


def _no_constant(name: str) -> Any:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateFieldError
    return found


def _repeated(pairs: list[tuple[str, Any]]) -> Repeated:
    value = Repeated()
    value.fields = list(dict.fromkeys(name for name, item in pairs if value.put(name, item)))
    return value


def _deep_hook(
    mark: str, deep: list[DeepValue], build: Callable[[list[tuple[str, Any]]], Any]
) -> Callable[[list[tuple[str, Any]]], Any]:
    """`build`, but the stand-ins of deep values become these again."""
    if not deep:
        return build
    return lambda pairs: deep[pairs[0][1]] if len(pairs) == 1 and pairs[0][0] == mark else build(pairs)


def _may_be_deep(text: str) -> bool:
    """Whether containers remain after removing the innermost ones as often as a shallow value needs."""
    if text.count("{") + text.count("[") <= SHALLOW_LEVELS:
        return False
    marks = _NOT_A_MARK.sub("", _TEXT.sub("", text))
    for _ in range(SHALLOW_LEVELS):
        if not marks:
            return False
        marks = marks.replace("{}", "").replace("[]", "")
    return bool(marks)


def _without_deep_values(text: str, deep: list[DeepValue]) -> tuple[str, str]:
    """The key of stand-ins, and the text with stand-ins for the deep values, which are added to `deep`."""
    mark = _unused_key(text)
    pieces, copied, start, depth = [], 0, 0, 0
    for found in _MARK_OR_TEXT.finditer(text):
        character = text[found.start()]
        if character == '"':
            if not found[1]:
                raise ValueError("unexpected end of JSON input")
        elif character in "{[":
            depth += 1
            if depth > MOST_LEVELS:
                raise ValueError(f"invalid character '{character}' exceeded max depth")
            if depth == SHALLOW_LEVELS:
                start = found.start()
        else:
            depth -= 1
            if depth == SHALLOW_LEVELS - 1 and text[found.start() - 1] not in "{[":
                inner = text[start : found.end()]
                value = DeepObject(inner) if inner[0] == "{" else DeepList(inner)
                value.parsed()  # raises ValueError if it is invalid
                pieces += [text[copied:start], f'{{"{mark}":{len(deep)}}}']
                deep.append(value)
                copied = found.end()
    return mark, "".join(pieces) + text[copied:]


def _unused_key(text: str) -> str:
    """A key that does not occur in the text."""
    number = 0
    while (key := f"deep-{number}") in text:
        number += 1
    return key


def _go_message(error: json.JSONDecodeError) -> str:
    found = error.doc[error.pos : error.pos + 1]
    if not found:
        return "unexpected end of JSON input"
    shown = found if found == '"' else quoted(found)[1:-1]
    return f"invalid character '{shown}' looking for beginning of value"
