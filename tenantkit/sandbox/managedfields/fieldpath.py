"""Field paths: sets of fields, and the operations on objects that server-side apply needs.

A field is a tuple of path elements as in FieldsV1 (`f:spec`, `k:{"name":"web"}`, `v:"x"`), and a set of fields is a
Python set of those, with Python's union, difference and intersection. The operations follow typed/*.go of
structured-merge-diff. Rejected alternative: the nested FieldsV1 form, in which each set operation needs a walk.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.sandbox.apimachinery.deep_json import write_iteratively
from tenantkit.sandbox.apimachinery.json_text import MOST_LEVELS, DeepObject, DeepValue, is_deep
from tenantkit.sandbox.apimachinery.schema import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from tenantkit.sandbox.apimachinery.schema import Type

Path: TypeAlias = tuple[str, ...]
# of all paths of an entry together; sent entries beyond it would take gigabytes as paths, and count as invalid
_MOST_ELEMENTS, _MOST_VISITED = 1_000_000, 60_000_000
_SHOWN = 80


@dataclass(slots=True)
class Comparison:
    """The fields that differ between two objects; no field is in more than one set."""

    removed: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    added: set[Path] = field(default_factory=set)


class TypedError(ValueError):
    """An applied object does not fit its type; the message is the server's, without its first words."""


def encode(paths: Iterable[Path]) -> Any:
    """A set of fields as `fieldsV1`, sorted; text if it is deeply nested."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    _drop_lone_dots(tree)
    return DeepObject(write_iteratively(tree, MOST_LEVELS)) if is_deep(tree) else tree


def _drop_lone_dots(tree: dict[str, Any]) -> None:
    """Keep a dot only for members that also have children."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        for child in node.values():
            if len(child) == 1 and "." in child:
                child.clear()
            elif child:
                nodes.append(child)


def decode(fields: Any) -> frozenset[Path]:
    """The fields of a `fieldsV1`.

    Raises:
        TypedError: it is not one, or its paths together are longer than any object's.

    Example:
        >>> sorted(decode({"f:data": {".": {}, "f:key": {}}}))
        [('f:data',), ('f:data', 'f:key')]
    """
    found: set[Path] = set()
    kept = visited = 0
    nodes: list[tuple[Path, Any]] = [((), fields)]
    while nodes:
        path, node = nodes.pop()
        node = node.parsed() if isinstance(node, DeepValue) else node
        if not isinstance(node, dict) and node is not None:
            raise TypedError("couldn't decode the managed fields")
        children = [(_read_element(key), child) for key, child in (node or {}).items() if key != "."]
        known = [((*path, element), child) for element, child in children if element]
        if path and (not known or "." in (node or {})):
            found.add(path)
            kept += len(path)
        visited += len(known) * (len(path) + 1)
        if kept > _MOST_ELEMENTS or visited > _MOST_VISITED:
            raise TypedError("too many managed fields")
        nodes.extend(known)
    return frozenset(found)


@lru_cache(maxsize=4096)
def _read_element(text: str) -> str:
    """A path element in canonical form; empty for one of an unknown form, which is ignored."""
    form, colon, value = text[:1], text[1:2], text[2:]
    if colon != ":":
        raise TypedError("missing colon")
    try:
        if form == "k":
            pairs = json.loads(value)
            if not isinstance(pairs, dict):
                raise TypedError("a key is not an object")
            return "k:" + json.dumps(pairs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if form == "v":
            return "v:" + json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False)
        if form == "i":
            return f"i:{int(value)}"
    except (ValueError, RecursionError) as error:
        raise TypedError(f"invalid path element: {text[:_SHOWN]}") from error
    return text if form == "f" else ""


def spelled(path: Path) -> str:
    """A field as in conflict messages: `.spec.ports[port=80,protocol="TCP"].name`."""
    texts = []
    for element in path:
        form, text = element[0], element[2:]
        if form == "f":
            texts.append(f".{text}")
        elif form == "k":
            pairs = json.loads(text).items()
            texts.append("[" + ",".join(f"{name}={_spelled(value)}" for name, value in pairs) + "]")
        else:
            texts.append(f"[={text}]" if form == "v" else f"[{text}]")
    return "".join(texts)


def _spelled(value: Any) -> str:
    """A key's value; one that is not a scalar is refused, and the message names it."""
    if isinstance(value, dict):
        return ",".join(f"{name}={_spelled(item)}" for name, item in value.items())
    return f"[{','.join(map(_spelled, value))}]" if isinstance(value, list) else _shown(value)


def element_of(kind: Type, item: Any) -> str:
    """The path element of an item of a list of type set or map.

    Raises:
        TypedError: the item has none of the list's keys, or an item of a set is not a scalar.
    """
    if kind.by == "set":
        if item is None or isinstance(item, (dict, list)):
            what = "an explicit null" if item is None else "a map type" if isinstance(item, dict) else "a list type"
            raise TypedError(f"associative list without keys has an element that's {what}")
        return f"v:{_shown(item)}"
    if not isinstance(item, dict):
        what = "a null element" if item is None else "non-map elements"
        raise TypedError(f"associative list with keys may not have {what}")
    found = {}
    for key in kind.keys:
        value = item.get(key, MISSING)
        if value is MISSING and kind.element is not None and key in kind.element.fields:
            default = kind.element.fields[key].default
            value = MISSING if default is None else default
        if value is not MISSING:
            found[key] = value
    if not found:
        keys = " ".join(f'"{key}"' for key in kind.keys)
        raise TypedError(
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return "k:" + json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _shown(value: Any) -> str:
    """A scalar as JSON."""
    return json.dumps(value, ensure_ascii=False)


def is_leaf(kind: Type) -> bool:
    """Whether a value of this type is owned as a whole."""
    return kind.form == "scalar" or kind.atomic or (kind.form == "list" and kind.by == "atomic")


def fields_of(kind: Type, value: Any) -> set[Path]:
    """All fields of an object."""
    found: set[Path] = set()
    _collect(kind, value, (), found)
    return found


def _collect(kind: Type, value: Any, path: Path, found: set[Path]) -> None:
    if is_leaf(kind):
        found.add(path)
    elif kind.form == "list":
        for element, items in grouped(kind, value or []).items():
            if len(items) == 1:
                _collect(kind.item, items[0], (*path, element), found)
            found.add((*path, element))
    else:
        for name, child in (value or {}).items():
            inner, type_ = (*path, f"f:{name}"), kind.child(name)
            if type_ is not None:
                _collect(type_, child, inner, found)
            if child is None or child == {} or name not in kind.fields:
                found.add(inner)


def grouped(kind: Type, items: list[Any]) -> dict[str, list[Any]]:
    """The items of a list by path element; live lists may have duplicates."""
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(element_of(kind, item), []).append(item)
    return found


def compare(kind: Type, before: Any, after: Any) -> Comparison:
    """The fields that differ between two objects."""
    found = Comparison()
    _compare(kind, before, after, (), found)
    return found


def _compare(kind: Type, before: Any, after: Any, path: Path, found: Comparison) -> None:
    if before is after:
        return
    nothing = (before is MISSING or not before) and (after is MISSING or not after)
    if not is_leaf(kind) and not nothing:
        if kind.form == "list":
            _compare_lists(kind, before, after, path, found)
        else:
            _compare_maps(kind, before, after, path, found)
    elif before is not MISSING and after is not MISSING:
        if before != after:
            found.modified.add(path)
        return
    if path and before is MISSING:
        found.added.add(path)
    elif path and after is MISSING:
        found.removed.add(path)


def _compare_maps(kind: Type, before: Any, after: Any, path: Path, found: Comparison) -> None:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    for name in [*old, *(name for name in new if name not in old)]:
        inner = kind.child(name)
        if inner is not None:
            _compare(inner, old.get(name, MISSING), new.get(name, MISSING), (*path, f"f:{name}"), found)


def _compare_lists(kind: Type, before: Any, after: Any, path: Path, found: Comparison) -> None:
    old = grouped(kind, before if isinstance(before, list) else [])
    new = grouped(kind, after if isinstance(after, list) else [])
    for element in {**old, **new}:
        was, now, inner = old.get(element, []), new.get(element, []), (*path, element)
        if len(was) <= 1 and len(now) <= 1:
            _compare(kind.item, was[0] if was else MISSING, now[0] if now else MISSING, inner, found)
        elif len(was) > 1 and len(now) > 1:
            if was != now:
                found.modified.add(inner)
        elif len(was) > 1:
            if now:
                _compare(kind.item, MISSING, now[0], inner, found)
            found.removed.add(inner)
        else:
            if was:
                _compare(kind.item, was[0], MISSING, inner, found)
            found.added.add(inner)


def merge(kind: Type, live: Any, applied: Any) -> Any:
    """The applied object merged into the live one; MISSING if the result is empty."""
    nothing = (live is MISSING or not live) and (applied is MISSING or not applied)
    if is_leaf(kind) or nothing:
        return live if applied is MISSING else applied
    if kind.form == "list":
        return _merge_lists(kind, live if isinstance(live, list) else [], applied if isinstance(applied, list) else [])
    old = live if isinstance(live, dict) else {}
    new = applied if isinstance(applied, dict) else {}
    out = dict(old)
    for name, value in new.items():
        inner = kind.child(name)
        merged = value if inner is None else merge(inner, old.get(name, MISSING), value)
        if merged is not MISSING:
            out[name] = merged
    return out


def _merge_lists(kind: Type, live: list[Any], applied: list[Any]) -> Any:  # noqa: C901 (merge.go, step by step)
    """The items of both lists: applied ones in the applied order, the others at their place (typed/merge.go)."""
    old, new = [element_of(kind, item) for item in live], [element_of(kind, item) for item in applied]
    by_old = {element: items[0] for element, items in grouped(kind, live).items() if len(items) == 1}
    by_new = dict(zip(new, applied, strict=True))
    present = set(old)
    shared = iter([element for element in new if element in present])
    next_shared, done, out, left, right = next(shared, None), set[str](), [], 0, 0

    def take(element: str) -> None:
        out.append(merge(kind.item, by_old.get(element, MISSING), by_new[element]))
        done.add(element)

    while left < len(old) or right < len(new):
        if left < len(old) and right < len(new):
            if old[left] == new[right]:
                take(old[left])
                left, right, next_shared = left + 1, right + 1, next(shared, None)
                continue
            if old[left] in by_new and next_shared is not None and next_shared != old[left]:
                left += 1  # in both lists: added in the order of the applied list
                continue
        if left < len(old):
            if old[left] not in by_new:
                out.append(live[left])
                left += 1
                continue
            if old[left] in done:
                left += 1
        if right < len(new):
            take(new[right])
            if next_shared == new[right]:
                next_shared = next(shared, None)
            right += 1
    return out or MISSING


def without(kind: Type, value: Any, paths: AbstractSet[Path]) -> Any:
    """An object without these fields; a map or list that becomes empty is None, as in typed/remove.go."""
    parents = {path[:length] for path in paths for length in range(1, len(path))}
    return _without(kind, value, (), paths, parents) if paths else value


def _without(kind: Type, value: Any, path: Path, paths: AbstractSet[Path], parents: AbstractSet[Path]) -> Any:
    if kind.form == "scalar":
        return value
    if is_leaf(kind) or not value:
        return None
    if kind.form == "list":
        remaining = []
        for item in value:
            inner = (*path, element_of(kind, item))
            if inner not in paths:
                deeper = inner in parents
                remaining.append(_without(kind.item, item, inner, paths, parents) if deeper else item)
        return remaining or None
    out = {}
    for name, item in value.items():
        inner = (*path, f"f:{name}")
        if inner not in paths:
            type_ = kind.child(name)
            out[name] = _without(type_, item, inner, paths, parents) if inner in parents and type_ else item
    return out or None


def with_structs(kind: Type, paths: AbstractSet[Path]) -> set[Path]:
    """A set plus the struct fields above its members, which sets leave out (EnsureNamedFieldsAreMembers)."""
    found = set(paths)
    for path in paths:
        node: Type | None = kind
        for length, element in enumerate(path[:-1], 1):
            if node is None:
                break
            if element[:2] == "f:":
                if element[2:] in node.fields:
                    found.add(path[:length])
                node = node.child(element[2:])
            else:
                node = node.element
    return found
