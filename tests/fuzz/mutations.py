"""Makes a valid object odd in one or two places."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.differential.kinds_core import WRONG_METADATA
from tests.fuzz.request import RV, UID
from tests.fuzz.samples import at_home
from tests.fuzz.values import Raw, Twice, odd_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.differential.kinds import Kind

Body = dict[str, Any]
_WAYS = {
    "value": 6,
    "odd": 8,
    "unknown": 2,
    "twice": 2,
    "missing": 2,
    "double": 1,
    "many": 1,
    "key": 2,
    "head": 2,
    "metadata": 4,
}
_MANY = 2000


def odd(chance: Random, kind: Kind | None, body: Body) -> Any:
    """The body with one to three odd places; `kind` has more wrong values for it."""
    found: Any = copy.deepcopy(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        way = chance.choices(list(_WAYS), list(_WAYS.values()))[0]
        if way == "value" and kind is not None and kind.wrong:
            _set_path(found, *_from_table(chance, kind.wrong))
        elif way == "metadata" and isinstance(found.get("metadata"), dict):
            _set_path(found, *_odd_metadata(chance))
        elif way == "head":
            found[chance.choice(("apiVersion", "kind", "metadata", "spec", "status", "items", ""))] = odd_value(chance)
        else:
            found = _changed(chance, found, way)
    return found


def _odd_metadata(chance: Random) -> tuple[str, Any]:
    return chance.choice(_METADATA) if chance.randrange(3) else _from_table(chance, WRONG_METADATA)


_ENTRY = {
    "manager": "m",
    "operation": "Update",
    "apiVersion": "v1",
    "time": "2026-01-01T00:00:00Z",
    "fieldsType": "FieldsV1",
}
_FIELDS: tuple[Any, ...] = (
    *(
        {},
        {"f:data": {}},
        {"f:a": 1},
        {"f:a": None},
        {"f:a": "x"},
        {"a": {}},
        {"": {}},
        {"f:": {}},
        {"k:{}": {}},
        {"k:x": {}},
    ),
    *(
        {"v:1": {}},
        {"v:": {}},
        {"i:0": {}},
        {"i:x": {}},
        {".": {}},
        {".": 1},
        {"x:y": {}},
        {"f:metadata": {"f:labels": {"f:a": {}}}},
    ),
    *(
        [],
        "x",
        1,
        None,
        Raw('{"f:a":' * 300 + "{}" + "}" * 300),
        Raw('{"f:\\ud800":{}}'),
        Raw('{"k:{\\"a\\":\\"\\ud800\\"}":{}}'),
    ),
)
_OWNERS: tuple[Any, ...] = ([None], [{}], [1], [{"uid": 1}], {"a": 1})
_METADATA: tuple[tuple[str, Any], ...] = (
    *(("metadata.managedFields", [_ENTRY | {"fieldsV1": fields}]) for fields in _FIELDS),
    *(
        ("metadata.managedFields", [_ENTRY | {"fieldsV1": {}} | change])
        for change in (
            *(
                {"operation": "Nope"},
                {"operation": ""},
                {"operation": "Apply"},
                {"apiVersion": ""},
                {"apiVersion": "nope/v9/x"},
            ),
            *(
                {"fieldsType": "x"},
                {"fieldsType": ""},
                {"manager": "x" * 129},
                {"manager": "\x00"},
                {"manager": Raw('"\\ud800"')},
            ),
            *(
                {"time": "x"},
                {"time": None},
                {"subresource": "x" * 300},
                {"subresource": "status"},
                {"apiVersion": "v2"},
            ),
        )
    ),
    ("metadata.managedFields", [None]),
    ("metadata.managedFields", [{}]),
    ("metadata.resourceVersion", RV),
    *(("metadata.resourceVersion", value) for value in ("0", "-1", "01", "1" * 30, " 1", "", None)),
    ("metadata.uid", UID),
    ("metadata.generateName", "gen-"),
    *(("metadata.generateName", value) for value in ("Gen_", "x" * 300, "", 1)),
    *(("metadata.name", value) for value in ("a..b", "a" * 254, "é", ".", "a%2Fb", "system:x", "A", "a" * 64)),
    *(("metadata.namespace", value) for value in ("", None, "fuzz-a", "nope", "Bad_Name", "default")),
    *(("metadata.generation", value) for value in (-1, 2**63, "1")),
    *(("metadata.deletionGracePeriodSeconds", value) for value in (-1, 0, 2**31, "1")),
    *(("metadata.selfLink", value) for value in ("/x", 1)),
    *(("metadata.ownerReferences", value) for value in _OWNERS),
    *(
        ("metadata.finalizers", value)
        for value in (["x/y"] * 3, [None], [""], ["a" * 400], ["kubernetes"], ["foregroundDeletion"])
    ),
    ("metadata.labels", {f"k{number}": "x" for number in range(_MANY)}),
    *(
        ("metadata.annotations", value)
        for value in ({"a": "x" * 263000}, {"a/": "x"}, {"/a": "x"}, {"a": None}, {"é": "x"})
    ),
)


def _from_table(chance: Random, table: Any) -> tuple[str, Any]:
    path = chance.choice(sorted(table))
    return path, at_home(chance.choice(table[path]))


def _set_path(body: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    place = body
    for part in way:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[last] = copy.deepcopy(value)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a value: its container, and its key there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def _changed(chance: Random, body: Any, way: str) -> Any:
    found = list(places(body))
    if not found:
        return body
    holder, key = chance.choice(found)
    _CHANGES.get(way, _put_odd)(chance, holder, key)
    return body


def _put_odd(chance: Random, holder: Any, key: Any) -> None:
    holder[key] = odd_value(chance)


def _add_unknown(chance: Random, holder: Any, key: Any) -> None:
    place = holder[key] if isinstance(holder[key], dict | list) else holder
    value = odd_value(chance)
    if isinstance(place, dict):
        place[chance.choice(("unknownField", "", "a.b", "Name", "NAME", "$patch", "é", "x" * 300))] = value
    else:
        place.append(value)


def _put_twice(chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder[key], dict) and holder[key]:
        inner = chance.choice(list(holder[key]))
        value = holder[key][inner] if chance.randrange(2) else odd_value(chance)
        holder[key] = Twice(holder[key], inner, value)


def _leave_out(_chance: Random, holder: Any, key: Any) -> None:
    del holder[key]


def _double(_chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif isinstance(holder[key], list) and holder[key]:
        holder[key].append(copy.deepcopy(holder[key][0]))


def _make_many(_chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder[key], list) and holder[key]:
        holder[key] = [copy.deepcopy(holder[key][0]) for _ in range(_MANY)]
    elif isinstance(holder[key], dict):
        holder[key] |= {f"k{number}": "x" for number in range(_MANY)}


def _rename_key(chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        names = (
            str(key).upper(),
            f"{key} ",
            f"{key}\x00",
            "",
            str(key).capitalize(),
            f"{key}s",
            "é",
            "a/b/c",
            "x" * 300,
        )
        holder[chance.choice(names)] = holder.pop(key)


_CHANGES: dict[str, Callable[[Random, Any, Any], None]] = {
    "odd": _put_odd,
    "unknown": _add_unknown,
    "twice": _put_twice,
    "missing": _leave_out,
    "double": _double,
    "many": _make_many,
    "key": _rename_key,
}
