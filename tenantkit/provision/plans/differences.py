"""The differences between two values of a field, by key: a list of persons differs by persons, not as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.provision.managed_fields import Path

# A key that names an item of a list: such lists are compared item by item.
_NAMES = ("type", "name", "host")
# in place of a size's name
CUSTOM_QUOTA = "custom quota"
# no stored spec is nested more deeply
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Args:
        path: below the field.
        before: the live value; None if there is none.
        after: the wanted value; None if there is none.
    """

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """What differs between two values: maps by key, lists by item, everything else as a whole."""
    if before == after and type(before) is type(after):
        return
    if not before and not after:
        yield Difference(path, before, after)  # such as an empty list where there was none
    elif _is_either(dict, before, after):
        old, new = before or {}, after or {}
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), (*path, str(key)))
    elif _is_either(list, before, after):
        yield from _items(before or [], after or [], path)
    else:
        yield Difference(path, before, after)


def grant_differences(before: Any, after: Any) -> list[Difference]:
    """What differs between two grants. A quota in place of a size is one difference: its amounts are in other objects.

    Example:
        >>> [difference] = grant_differences('{"size": "small"}', '{"quota": {"pods": 20}}')
        >>> difference.path, difference.before, difference.after
        (('size',), 'small', 'custom quota')
    """
    old, new = parsed(before), parsed(after)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return list(differences(old, new))
    _name_custom_quota(old, new)
    _name_custom_quota(*(boost if isinstance(boost := grant.get("boost"), dict) else {} for grant in (old, new)))
    return list(differences(old, new))


def _name_custom_quota(*parts: dict[str, Any]) -> None:
    """Where only one of two has a quota, its name in place of its amounts."""
    if all(part.get("quota") for part in parts):
        return
    for part in parts:
        if part.pop("quota", None) and part.get("size") is None:
            part["size"] = CUSTOM_QUOTA


def parsed(text: Any) -> Any:
    """The map in a text of JSON; any other value as it is, also a text that is nested too deeply to be ours."""
    if not isinstance(text, str) or not text.startswith("{"):
        return text
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return data if _is_shallow(data) else text


def _is_shallow(data: Any) -> bool:
    level = [data]
    for _ in range(_DEPTH):
        level = [
            below
            for value in level
            if isinstance(value, dict | list)
            for below in (value.values() if isinstance(value, dict) else value)
        ]
    return not level


def _is_either(kind: type, before: Any, after: Any) -> bool:
    """Whether both values are of this kind, or one of them where the other one is missing."""
    return all(isinstance(value, kind) for value in (before, after) if value is not None)


def _items(before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    for name in _NAMES:
        old, new = _by_name(before, name), _by_name(after, name)
        if old is not None and new is not None and (old or new):
            yield from differences(old, new, path)
            return
    removed = [item for item in before if item not in after]
    added = [item for item in after if item not in before]
    for item in removed:
        yield Difference(path, item, None)
    for item in added:
        yield Difference(path, None, item)
    if not removed and not added:
        yield Difference(path, before, after)  # another order, or an item twice


def _by_name(items: list[Any], name: str) -> dict[str, Any] | None:
    """The items by this key, if each has it and has it alone; a subject's name is not one, since two kinds share it."""
    if not all(isinstance(item, dict) and isinstance(item.get(name), str) and "kind" not in item for item in items):
        return None
    found = {item[name]: {key: value for key, value in item.items() if key != name} for item in items}
    is_more_than_names = any(found.values()) or not items
    return found if len(found) == len(items) and is_more_than_names else None
