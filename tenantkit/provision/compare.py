"""Manifests as fields, and whether two values are the same.

Maps are compared key by key, lists and a few maps as a whole, as the server merges them: every list that tenantkit
writes is atomic there, and a test compares both. Quantities are compared by value, since the server rewrites `1000m` as
`1`, and the lists of a NetworkPolicy as sets. Rejected alternative: comparing texts or whole objects, by which every
quota differs after the first apply.
Source: page "Server-Side Apply", section "Merge strategy".
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.order import RANK
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import Manifest

_METADATA = ("labels", "annotations")
_NOT_COMPARED = ("apiVersion", "kind", "metadata", "status")
# `x-kubernetes-map-type: atomic` in the server's OpenAPI.
_ATOMIC_MAPS = frozenset({("roleRef",), ("spec", "scopeSelector"), ("spec", "podSelector")})

# The fields that hold quantities: below them every text that can be read as a quantity is one.
_QUANTITIES: Mapping[str, Path] = {"ResourceQuota": ("spec", "hard"), "LimitRange": ("spec", "limits")}

# Fields that tenantkit owns exclusively: an entry that someone else adds there changes what the tenant may do.
_EXCLUSIVE: Mapping[str, tuple[str, ...]] = {
    "ResourceQuota": ("spec",),
    "LimitRange": ("spec",),
    "NetworkPolicy": ("spec",),
    "Role": ("rules",),
    "ClusterRole": ("rules", "aggregationRule"),
    "RoleBinding": ("roleRef", "subjects"),
    "ClusterRoleBinding": ("roleRef", "subjects"),
    "ValidatingAdmissionPolicy": ("spec",),
    "ValidatingAdmissionPolicyBinding": ("spec",),
}


def fields_of(manifest: Manifest) -> dict[Path, Any]:
    """The fields that a spec can set: labels, annotations, and everything except metadata and status."""
    fields: dict[Path, Any] = {}
    metadata = manifest.get("metadata") or {}
    for name in _METADATA:
        if metadata.get(name):
            fields.update(_walk(metadata[name], ("metadata", name)))
    for name, value in manifest.items():
        if name not in _NOT_COMPARED:
            fields.update(_walk(value, (name,)))
    return fields


def is_exclusive(wanted: Manifest, path: Path) -> bool:
    """Whether tenantkit owns everything at this path, even entries that others added.

    The rules of an aggregated ClusterRole are its controller's.
    """
    if path[0] == "rules" and "aggregationRule" in wanted:
        return False
    return path[0] in _EXCLUSIVE.get(wanted["kind"], ())


def same_value(kind: str, path: Path, one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same to the server.

    Args:
        kind: of the object. Of a kind that is not tenantkit's own, the server may have added defaults.
        path: of the field.
        one: the wanted value.
        other: the live value.
    """
    if one == other and type(one) is type(other):
        return True
    if kind not in RANK:
        return _covers(one, other)
    if kind == "NetworkPolicy":
        return bool(_unordered(one) == _unordered(other))
    return _holds_quantities(kind, path) and _canonical(one) == _canonical(other)


def digest(kind: str, fields: Mapping[Path, Any], paths: Iterable[Path], *, uid: str) -> str:
    """A short text that changes when one of the fields at `paths` does, or when the object was replaced."""
    shown = [
        ["/".join(path), _canonical(fields[path]) if _holds_quantities(kind, path) else fields[path]]
        for path in sorted(paths)
        if path in fields
    ]
    text = json.dumps([uid, shown], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def field_text(path: Path) -> str:
    """A path as text: `spec.hard[requests.cpu]`, `metadata.labels[tenantkit.dev/team]`."""
    text = path[0]
    for part in path[1:]:
        text += f"[{part}]" if "." in part or "/" in part else f".{part}"
    return text


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901); only for fields of maps."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def without(manifest: Manifest, paths: Collection[Path]) -> Manifest:
    """A copy without the fields at `paths`, and without the maps that this leaves empty."""
    kept: Manifest = _without(manifest, frozenset(paths), ())
    return kept


def with_value(manifest: Manifest, path: Path, value: Any) -> Manifest:
    """A copy with another value at one field."""
    head, *rest = path
    below = manifest.get(head)
    changed = with_value(below if isinstance(below, dict) else {}, tuple(rest), value) if rest else value
    return {**manifest, head: changed}


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value and path not in _ATOMIC_MAPS:
        for key, below in value.items():
            yield from _walk(below, (*path, key))
    else:
        yield path, value


def _without(value: Any, paths: frozenset[Path], here: Path) -> Any:
    if isinstance(value, dict) and here not in _ATOMIC_MAPS:
        kept = {}
        for key, below in value.items():
            place = (*here, key)
            if place in paths:
                continue
            left = _without(below, paths, place)
            if left or not below:
                kept[key] = left
        return kept
    return value


def _holds_quantities(kind: str, path: Path) -> bool:
    place = _QUANTITIES.get(kind)
    return place is not None and path[: len(place)] == place


def _covers(wanted: Any, live: Any) -> bool:
    """Whether a live value is a wanted one with defaults in its maps; quantities are compared by value."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return all(key in live and _covers(value, live[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(map(_covers, wanted, live))
    return bool(wanted == live) or _canonical(wanted) == _canonical(live)


def _unordered(value: Any) -> Any:
    """A value of a NetworkPolicy with the items of its lists in order of their text: each list there is a set."""
    if isinstance(value, dict):
        return {key: _unordered(below) for key, below in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _canonical(value: Any) -> Any:
    """A value with every quantity in canonical form, so that equal quantities are equal."""
    if isinstance(value, dict):
        return {key: _canonical(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return _amount(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else value


@lru_cache(maxsize=4096)
def _amount(text: str) -> str:
    """A quantity in thousandths, to which the server rounds up; other texts stay as they are."""
    try:
        return f"{math.ceil(parse_quantity(text) * 1000)}m"
    except ValueError:
        return text
