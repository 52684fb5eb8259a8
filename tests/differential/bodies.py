"""Bodies of requests, drawn from the grammar: valid ones, and ones malformed in one of the listed ways."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.differential.grammar import GOOD_OF_TEN, MALFORMED
from tests.differential.kinds import put
from tests.differential.kinds_core import METADATA, WRONG_METADATA
from tests.differential.kinds_workloads import AT_REST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from random import Random

    from tests.differential.kinds import Kind

Body = dict[str, Any]
_NOT_INSIDE = frozenset(
    {"template", "jobTemplate", "lifecycle", "readinessProbe", "livenessProbe", "securityContext", "affinity"}
)
_OTHER_TYPES: tuple[Any, ...] = ("text", 1, True, ["x"], {"x": "y"}, 1.5)


def weighted(chance: Random, table: Mapping[str, int]) -> str:
    """A random key, weighted by its number."""
    at = chance.randrange(sum(table.values()))
    for key, weight in table.items():  # noqa: B007 (the last one is the answer)
        at -= weight
        if at < 0:
            break
    return key


def good(chance: Random, kind: Kind, name: str) -> Body:
    """A valid object of its kind; it may still be refused because of a reference or an existing object."""
    body: Body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}}
    for path, values in kind.needs.items():
        put(body, path, draw(chance, values))
    for table, of_ten in ((kind.may, 3), (METADATA, 1)):
        for path, values in table.items():
            if chance.randrange(10) < of_ten and not (table is METADATA and path in kind.may):
                put(body, path, draw(chance, values))
    return body


def draw(chance: Random, values: Sequence[Any]) -> Any:
    """A copy of one of the values."""
    return copy.deepcopy(chance.choice(values))


def drawn(chance: Random, kind: Kind, name: str) -> Body:
    """A valid or a malformed body."""
    body = good(chance, kind, name)
    if chance.randrange(10) < GOOD_OF_TEN:
        return body
    body = malformed(chance, kind, body)
    spec, metadata = body.get("spec"), body.get("metadata")
    if isinstance(spec, dict):
        for path, value in AT_REST.items():
            if path in kind.needs and spec.get(path.removeprefix("spec.")) is None:
                put(body, path, value)
    has_name = isinstance(metadata, dict) and metadata.get("name")
    is_left_out = not has_name and kind.kind in {"LimitRange", "Service"}  # see LEFT_OUT
    is_left_out |= (
        isinstance(spec, dict) and spec.get({"LimitRange": "limits", "Ingress": "rules"}.get(kind.kind, "")) == []
    )
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    is_left_out |= isinstance(owners, list) and owners[1:] == owners[:1] != []
    return drawn(chance, kind, name) if is_left_out else body


def malformed(chance: Random, kind: Kind, body: Body) -> Body:
    """The body, malformed in one of the listed ways."""
    sort = weighted(chance, MALFORMED)
    if sort in {"value", "metadata"}:
        table = kind.wrong if sort == "value" and kind.wrong else WRONG_METADATA
        path = chance.choice(sorted(table))
        put(body, path, draw(chance, table[path]))
        return body
    _MUTATIONS[sort](chance, *chance.choice(list(_places(body))))
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a body except apiVersion, kind and those in LEFT_OUT: its container, and its key there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        if key not in ("apiVersion", "kind"):
            yield value, key
            yield from _places(value[key]) if key not in _NOT_INSIDE else ()


def _make_unknown(_chance: Random, holder: Any, key: Any) -> None:
    place = holder[key] if isinstance(holder[key], dict) else holder
    if isinstance(place, dict):
        place["unknownField"] = "x"
    else:
        place.append({"unknownField": "x"})


def _make_other_type(chance: Random, holder: Any, key: Any) -> None:
    others = [value for value in _OTHER_TYPES if type(value) is not type(holder[key])]
    holder[key] = draw(chance, others)


def _make_null(_chance: Random, holder: Any, key: Any) -> None:
    holder[key] = None


def _leave_out(_chance: Random, holder: Any, key: Any) -> None:
    del holder[key]


def _double(_chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif isinstance(holder[key], list) and holder[key]:
        holder[key].append(copy.deepcopy(holder[key][0]))


def _make_empty(_chance: Random, holder: Any, key: Any) -> None:
    if isinstance(holder[key], str | list | dict):
        holder[key] = type(holder[key])()


_MUTATIONS: dict[str, Callable[[Random, Any, Any], None]] = {
    "unknown": _make_unknown,
    "type": _make_other_type,
    "null": _make_null,
    "missing": _leave_out,
    "double": _double,
    "empty": _make_empty,
}
