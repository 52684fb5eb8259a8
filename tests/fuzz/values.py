"""Odd values, and a writer of JSON that writes what no library does: duplicate keys, raw numbers, surrogates."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON text that stands for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Twice:
    """An object with one more key, which it already has."""

    fields: dict[str, Any]
    key: str
    value: Any


def written(value: Any) -> str:
    """A value as JSON."""
    match value:
        case Raw():
            return value.text
        case Twice():
            inner = [*value.fields.items(), (value.key, value.value)]
            return "{" + ",".join(f"{json.dumps(key)}:{written(item)}" for key, item in inner) + "}"
        case dict():
            return "{" + ",".join(f"{json.dumps(str(key))}:{written(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(written, value)) + "]"
        case _:
            return json.dumps(value)


def nested(depth: int, opening: str = "[", closing: str = "]") -> Raw:
    """A list in a list, and so on."""
    return Raw(opening * depth + closing * depth)


def nested_objects(depth: int) -> Raw:
    """An object in an object, and so on."""
    return Raw('{"f:a":' * depth + "{}" + "}" * depth)


OTHER_TYPES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    "",
    "x",
    "1",
    [],
    {},
    [[]],
    [None],
    ["x"],
    {"x": "y"},
    {"": None},
)
NUMBERS: tuple[Any, ...] = (
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64),
    *map(Raw, ("1e2", "1E2", "1.0", "-0", "-0.0", "1e400", "-1e400", "1e-400", "0.1e1", "100000000000000000000.5")),
    *map(Raw, ("9" * 400, "1" + "0" * 5000, "0." + "1" * 5000, "1e999999999999999999999")),
)
BROKEN: tuple[Any, ...] = tuple(
    map(
        Raw,
        (
            "NaN",
            "Infinity",
            "nil",
            "01",
            "+1",
            ".5",
            "1.",
            "0x10",
            "'x'",
            "undefined",
            "",
            "tru",
            '"x',
            '"\\x"',
            '"\t"',
            '"\\u12"',
        ),
    )
)
TEXTS: tuple[Any, ...] = (
    *(
        " ",
        "x" * 64,
        "x" * 254,
        "x" * 5000,
        "Bad_Name",
        "-a",
        "a-",
        "a.b",
        "a/b",
        "a/b/c",
        "..",
        "%2F",
        "é",
        "日本",
        "\u202e",
        "\u200b",
    ),
    *(
        "\x00",
        "\x7f",
        "a\nb",
        "a\tb",
        "😀",
        "<script>",
        "{{x}}",
        "$(x)",
        "null",
        "true",
        "*",
        "system:masters",
        "kubernetes.io/x",
    ),
    *map(Raw, ('"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\ud800\\ud800"', '"\\u0000"')),
)
QUANTITIES: tuple[Any, ...] = (
    *(
        "1",
        "1.5",
        "0",
        "-1",
        "+1",
        ".5",
        "5.",
        "1e3",
        "1E3",
        "1E",
        "1e",
        "1e-3",
        "1Ki",
        "1ki",
        "1K",
        "1k",
        "1m",
        "1u",
        "1n",
        "1p",
    ),
    *(
        "1E6",
        "1Ei",
        "100E",
        "9223372036854775807",
        "9223372036854775808",
        "1e100",
        "1e10000",
        "1e-10000",
        "0.0000000001",
    ),
    *(
        " 1",
        "1 ",
        "1 Gi",
        "1,5",
        "1_000",
        "0x10",
        "NaN",
        "Inf",
        "",
        "1Gi1",
        "1GiB",
        "--1",
        "1..2",
        "1e1.5",
        "1m1",
        "\u0661",
    ),
    *("1" * 100, "9" * 400 + "Ki", "0." + "0" * 400 + "1", "1" * 20000, "1" * 20000 + "x"),
    *(1.5, 1e30, -1),
)
TIMES: tuple[Any, ...] = (
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00.1234567Z"),
    *("2026-01-01t00:00:00z", "2026-01-01 00:00:00Z", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z"),
    *(
        "2026-01-01T00:00:60Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
    ),
    *(
        "2026-01-01T00:00:00+01:00",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100",
        "9999-12-31T23:59:59-01:00",
    ),
    *("0001-01-01T00:00:00+01:00", "", "yesterday", "2026-01-01T00:00:00,5Z", "2026-1-1T0:0:0Z"),
)
BINARY: tuple[Any, ...] = (
    "AAEC",
    "AA==",
    "AA",
    "A",
    "A===",
    "====",
    "AA\n==",
    "A A=",
    "-_-_",
    "é",
    "AA==AA==",
    "AB==",
    "\x00",
)
PORTS: tuple[Any, ...] = ("http", "80", 0, 65535, 65536, -1, "10%", "101%", "-1%", "a" * 16, "-", "8a", 1.0, "100%%")
DEEP: tuple[Any, ...] = (
    nested(30),
    nested(9000),
    nested(11000),
    nested_objects(30),
    nested_objects(9000),
    nested_objects(11000),
)
_TABLES = (
    (OTHER_TYPES, 30),
    (NUMBERS, 12),
    (TEXTS, 14),
    (QUANTITIES, 10),
    (TIMES, 5),
    (BINARY, 3),
    (PORTS, 5),
    (BROKEN, 3),
    (DEEP, 2),
)


def odd_value(chance: Random) -> Any:
    """A value that probably does not fit."""
    tables, weights = zip(*_TABLES, strict=True)
    return copy.deepcopy(chance.choice(chance.choices(tables, weights)[0]))  # later changes must not reach the tables
