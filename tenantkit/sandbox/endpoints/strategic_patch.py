"""Strategic merge patch: a merge patch that merges lists by the keys in the schema.

It follows apimachinery's pkg/util/strategicpatch (mergeMap, mergeSlice), with the directives `$patch`, `$retainKeys`,
`$deleteFromPrimitiveList/…`, `$setElementOrder/…`. kubectl sends these for `apply`, `edit`, `label` and `set`.
"""

from __future__ import annotations

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


def merge_strategically(kind: Type | None, live: Manifest, patch: Manifest) -> Manifest:
    """The live object with the patch merged in.

    Raises:
        StrategicError: an unknown directive, or an item without its list's merge key.
    """
    directive = patch.get(_DIRECTIVE, "merge")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "delete":
        return {}
    if directive != "merge":
        raise StrategicError(f"unknown patch type found: {directive}")
    out = dict(live)
    if isinstance(patch.get(_RETAIN), list):
        out = {key: value for key, value in out.items() if key in patch[_RETAIN]}
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            out |= {name: [item for item in out[name] if item not in value]} if isinstance(out.get(name), list) else {}
        elif value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and _DIRECTIVE in value and not isinstance(out.get(key), dict):
            out.pop(key, None)  # a directive for a missing map removes the whole map
        elif key not in (_DIRECTIVE, _RETAIN) and not key.startswith(_ORDER):
            out[key] = _merged(kind, key, out.get(key), value)
    return out | _in_patch_order(kind, out, live, patch)


def _in_patch_order(kind: Type | None, merged: Manifest, live: Manifest, patch: Manifest) -> Manifest:
    """The merged lists whose order the patch sets, in that order."""
    found = {}
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        field = kind.fields.get(name) if kind and key != name else None
        if field and "merge" in field.strategy and isinstance(merged.get(name), list):
            found[name] = _ordered(merged[name], order, live.get(name) or [], field.merge_key)
    return found


def _merged(kind: Type | None, name: str, live: Any, value: Any) -> Any:
    """One field's new value."""
    field = kind.fields.get(name) if kind else None
    if isinstance(value, dict):
        inner = kind.child(name) if kind else None
        if isinstance(live, dict) and not (field and "replace" in field.strategy):
            return merge_strategically(inner, live, value)
        return merge_strategically(inner, {}, value)
    if isinstance(value, list):
        if field and "merge" in field.strategy:
            return _merged_list(field, live if isinstance(live, list) else [], value)
        return [_without_nulls(item) for item in value]
    return value


def _without_nulls(value: Any) -> Any:
    """A new value without its nulls."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _merged_list(field: StructField, live: list[Any], patch: list[Any]) -> list[Any]:
    """A merged list: scalars as a set, objects by their merge key."""
    if not any(isinstance(item, dict) for item in [*live, *patch]):
        out = list(dict.fromkeys([*live, *patch]))
        return _ordered(out, [], live, "", first=patch)
    key, element = field.merge_key, field.type.element
    for item in patch:
        if isinstance(item, dict) and key not in item and item.get(_DIRECTIVE) != "replace":
            raise StrategicError(f"map: {_go(item)} does not contain declared merge key: {key}")
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if _DIRECTIVE not in item]
    deleted = [item[key] for item in patch if item.get(_DIRECTIVE) == "delete"]
    out = [item for item in live if item.get(key) not in deleted]
    rest = [item for item in patch if _DIRECTIVE not in item or item[_DIRECTIVE] == "merge"]
    for item in rest:
        at = next((i for i, old in enumerate(out) if old.get(key) == item[key]), None)
        if at is None:
            out.append(_without_nulls(item))
        else:
            out[at] = merge_strategically(element, out[at], item)
    return _ordered(out, [], live, key, first=[item[key] for item in rest])


def _ordered(
    items: list[Any], order: list[Any], live: list[Any], key: str, *, first: list[Any] | None = None
) -> list[Any]:
    """The items in the patch's order; items that it does not name stay at their place in the live list."""

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    patch_order = first if first is not None else [name(item) for item in order]
    live_order = [name(item) for item in live]
    named = sorted(
        (item for item in items if name(item) in patch_order), key=lambda item: patch_order.index(name(item))
    )
    others = [item for item in items if name(item) not in patch_order]
    out: list[Any] = []
    while named and others:
        one, other = name(named[0]), name(others[0])
        both_live = one in live_order and other in live_order
        other_first = both_live and live_order.index(other) < live_order.index(one)
        out.append((others if other_first else named).pop(0))
    return out + named + others


def _go(value: dict[str, Any]) -> str:
    """A map as Go prints it."""
    return "map[" + " ".join(f"{key}:{item}" for key, item in sorted(value.items())) + "]"
