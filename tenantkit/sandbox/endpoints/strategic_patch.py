"""Strategic merge patch: a merge patch that merges lists by the keys in the schema.

It follows apimachinery's pkg/util/strategicpatch (mergeMap, mergeSlice), with the directives `$patch`, `$retainKeys`,
`$deleteFromPrimitiveList/…`, `$setElementOrder/…`. kubectl sends these for `apply`, `edit`, `label` and `set`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.schema import StructField, Type

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


class StrategicError(ValueError):
    """A patch that can't be merged; the real server answers 500, too."""


class RetainKeysError(StrategicError):
    """A patch whose `$retainKeys` does not name all of its fields; the real server answers 400."""


def merge_strategically(kind: Type | None, live: Manifest, patch: Manifest) -> Manifest:
    """The live object with the patch merged in.

    Raises:
        StrategicError: an unknown directive, a directive of another JSON type, a field that the kind does not have, or
            an item without its list's merge key.
    """
    if _DIRECTIVE in patch:
        if patch[_DIRECTIVE] not in ("replace", "delete"):
            raise StrategicError(f"unknown patch type found: {patch[_DIRECTIVE]}")
        return {key: value for key, value in patch.items() if key != _DIRECTIVE and patch[_DIRECTIVE] == "replace"}
    out = _retained(live, patch)
    ordered = _in_patch_order(kind, out, patch)
    out |= ordered
    for key, value in patch.items():
        if key != _RETAIN and key not in ordered and not key.startswith(_ORDER):
            _merge_field(kind, out, key, value)
    return out


def _merge_field(kind: Type | None, out: Manifest, key: str, value: Any) -> None:
    """Merge one field of a patch into the object."""
    deletes = key.startswith(_DELETE_FROM)
    name = (key.removeprefix(_DELETE_FROM) or key) if deletes else key
    if value is None:
        out.pop(name, None)
    elif name not in out or type(out[name]) is not type(value):
        if not deletes:
            _take(out, name, value)
    elif isinstance(value, dict):
        field = _field_of(kind, name)
        is_whole = field is not None and "replace" in field.strategy
        inner = field.type if field else kind.child(name) if kind else None
        out[name] = value if is_whole else merge_strategically(inner, out[name], value)
    elif isinstance(value, list):
        field = _field_of(kind, name)
        if deletes or (field and "merge" in field.strategy):
            out[name] = _merged_list(field, out[name], value, deletes=deletes)
        else:
            out[name] = value
    else:
        out[name] = value


def _retained(live: Manifest, patch: Manifest) -> Manifest:
    """A copy of the live object with only the fields that `$retainKeys` names, if the patch has it."""
    if _RETAIN not in patch:
        return dict(live)
    names = patch[_RETAIN]
    others = (key for key, value in patch.items() if value is not None and not key.startswith((_DELETE_FROM, _ORDER)))
    if not isinstance(names, list) or any(key not in names for key in others if key != _RETAIN):
        raise RetainKeysError("invalid patch format of retainKeys")
    return {key: value for key, value in live.items() if key in names}


def _in_patch_order(kind: Type | None, live: Manifest, patch: Manifest) -> Manifest:
    """The lists whose order the patch sets, merged and in that order."""
    found = {}
    for key, order in patch.items():
        if not key.startswith(_ORDER):
            continue
        name = key.removeprefix(_ORDER)
        for value in (order, live.get(name, []), patch.get(name, [])):
            if not isinstance(value, list):
                raise StrategicError(f"expected a []interface {{}}, but received a {go_type(value)}")
        field = _field_of(kind, name)
        if field and field.type.form != "list":
            raise StrategicError(f"expected slice or array type, but got: {field.type.form}")
        merge_key = field.merge_key if field else ""
        _check_order(patch.get(name) or [], order, merge_key)
        if name not in live and name not in patch:
            continue
        merged = live.get(name, [])
        if name in patch:
            is_merged = name in live and field and "merge" in field.strategy
            merged = _merged_list(field, live[name], patch[name]) if is_merged else _without_directives(patch[name])
        _check_elements([*live.get(name, []), *patch.get(name, [])])
        if merge_key:
            _check_keys([*merged, *order], merge_key)
        found[name] = _ordered(merged, order, live.get(name) or [], merge_key)
    return found


def _field_of(kind: Type | None, name: str) -> StructField | None:
    """A field of a struct; None below a kind that is not known."""
    if kind is None:
        return None
    if kind.form != "struct":
        raise StrategicError(f"merging an object in json but data type is not struct, instead is: {kind.form}")
    if name not in kind.fields:
        raise StrategicError(f'unable to find api field in struct {kind.name} for the json field "{name}"')
    return kind.fields[name]


def _take(out: Manifest, name: str, value: Any) -> None:
    """Set a field that the object does not have, or that had another JSON type; a map with a directive removes it."""
    if isinstance(value, dict) and _DIRECTIVE in value:
        out.pop(name, None)
    else:
        out[name] = _without_directives(_without_nulls(value))


def _without_directives(value: Any) -> Any:
    """A value without the maps in it that have a directive."""
    if isinstance(value, list):
        return [_without_directives(item) for item in value if not (isinstance(item, dict) and _DIRECTIVE in item)]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if not (isinstance(item, dict) and _DIRECTIVE in item)}
    return {key: _without_directives(item) for key, item in kept.items()}


def _without_nulls(value: Any) -> Any:
    """A new value without its nulls."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _check_order(patch: list[Any], order: list[Any], key: str) -> None:
    """Raise StrategicError if the items of a patch are not in the order that it sets itself."""
    if not patch or not order:
        return
    if key:
        _check_keys([item for item in patch if not (isinstance(item, dict) and _DIRECTIVE in item)], key)
        _check_keys(order, key)
    wanted = [item[key] if key else item for item in patch if not (isinstance(item, dict) and _DIRECTIVE in item)]
    names = iter([item[key] if key else item for item in order])
    if not all(any(name == one for one in names) for name in wanted):
        raise StrategicError(f"The order in patch list:\n{patch}\n doesn't match {_ORDER[:-1]} list:\n{order}\n")


def _check_keys(items: list[Any], key: str) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise StrategicError(f"expected a map[string]interface {{}}, but received a {go_type(item)}")
        if key not in item:
            raise StrategicError(f"map: {_go(item)} does not contain declared merge key: {key}")


def _check_elements(items: list[Any]) -> None:
    """Raise StrategicError if items are of several JSON types, or lists."""
    if not items:
        raise StrategicError("no elements in any of the given slices")
    types = {type(item) for item in items}
    if list in types or type(None) in types:
        raise StrategicError("lists of lists are not supported")
    if len(types) > 1:
        raise StrategicError(f"list element types are not identical: [{items}]")


def _merged_list(field: StructField | None, live: list[Any], patch: list[Any], *, deletes: bool = False) -> list[Any]:
    """A merged list: scalars as a set, objects by their merge key."""
    if not live and not patch:
        return live
    _check_elements([*live, *patch])
    if not isinstance([*live, *patch][0], dict):
        if deletes:
            gone = _places(patch)
            return [item for item in live if _token(item) not in gone]
        out = list(dict.fromkeys([*live, *patch]))
        return _ordered(out, [], live, "", first=patch)
    key, element = (field.merge_key, field.type.element) if field else ("", None)
    if not key:
        raise StrategicError("cannot merge lists without merge key")
    _check_keys([item for item in patch if item.get(_DIRECTIVE) != "replace"], key)
    for item in patch:
        if item.get(_DIRECTIVE, "delete") not in ("delete", "replace"):
            raise StrategicError(f"unknown patch type found: {item[_DIRECTIVE]}")
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if _DIRECTIVE not in item]
    deleted = _places([item[key] for item in patch if _DIRECTIVE in item])
    out = [item for item in live if _token(item.get(key)) not in deleted]
    rest = [item for item in patch if _DIRECTIVE not in item]
    places = _places([item.get(key) for item in out])
    for item in rest:
        at = places.get(_token(item[key]))
        if at is None:
            places[_token(item[key])] = len(out)
            out.append(item)
        else:
            out[at] = merge_strategically(element, out[at], item)
    return _ordered(out, [], live, key, first=[item[key] for item in rest])


def _ordered(
    items: list[Any], order: list[Any], live: list[Any], key: str, *, first: list[Any] | None = None
) -> list[Any]:
    """The items in the patch's order; items that it does not name stay at their place in the live list."""

    def name(item: Any) -> Any:
        return _token(item.get(key) if key and isinstance(item, dict) else item)

    in_patch = _places(first) if first is not None else _places([name(item) for item in order])
    in_live = _places([name(item) for item in live])
    named = deque(sorted((item for item in items if name(item) in in_patch), key=lambda item: in_patch[name(item)]))
    others = deque(item for item in items if name(item) not in in_patch)
    out: list[Any] = []
    while named and others:
        one, other = name(named[0]), name(others[0])
        other_first = one in in_live and other in in_live and in_live[other] < in_live[one]
        out.append((others if other_first else named).popleft())
    return [*out, *named, *others]


def _places(values: list[Any]) -> dict[Any, int]:
    """The first index of each value; a search for each item of a long list would take minutes."""
    found: dict[Any, int] = {}
    for index, value in enumerate(values):
        found.setdefault(_token(value), index)
    return found


def _token(value: Any) -> Any:
    """A value that can be a key of a dict: a scalar itself, or the text of anything else."""
    return value if value is None or isinstance(value, (str, int, float)) else repr(value)


def _go(value: dict[str, Any]) -> str:
    """A map as Go prints it."""
    return "map[" + " ".join(f"{key}:{item}" for key, item in sorted(value.items())) + "]"


def go_type(value: Any) -> str:
    """The Go type of a JSON value, as messages name it."""
    names = {str: "string", bool: "bool", int: "int64", float: "float64", dict: "map[string]interface {}"}
    return names.get(type(value), "%!s(<nil>)" if value is None else "[]interface {}")
