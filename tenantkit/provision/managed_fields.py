"""Who owns which field of a live object, read from its managedFields.

The server keeps this record itself, so it is true after a killed run too. Turned down: an annotation with what was
applied last, as client-side `kubectl apply` keeps it, which two writers make disagree with the object.
Source: page "Server-Side Apply", sections "Field management" and "Managing fields".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest

MANAGER = "tenantkit"

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owners:
    """The fields that tenantkit applied, and the managers of each field that others own."""

    ours: frozenset[Path]
    others: Mapping[Path, tuple[str, ...]]

    def others_of(self, path: Path) -> tuple[str, ...]:
        """Who else owns a field, by manager's name; empty when nobody does."""
        return self.others.get(path, ())


def owners_of(live: Manifest) -> Owners:
    """Who owns the fields of an object, as the server recorded it.

    An entry of ours that is no Apply (a create or a JSON patch) counts for neither side: the server treats it as
    another manager, but nobody else stands behind it.

    Args:
        live: as the server sent it; without managedFields nobody owns anything.
    """
    ours: set[Path] = set()
    others: dict[Path, list[str]] = {}
    for entry in live.get("metadata", {}).get("managedFields") or ():
        fields = entry.get("fieldsV1")
        if not fields or entry.get("subresource"):
            continue
        manager = str(entry.get("manager") or "an unnamed manager")
        if manager == MANAGER:
            if entry.get("operation") == "Apply":
                ours.update(_leaves(fields))
            continue
        for path in _leaves(fields):
            names = others.setdefault(path, [])
            if manager not in names:
                names.append(manager)
    return Owners(frozenset(ours), {path: tuple(names) for path, names in others.items()})


def managers_of(live: Manifest) -> tuple[str, ...]:
    """The names of all field managers of an object but ours, in the server's order."""
    entries = live.get("metadata", {}).get("managedFields") or ()
    names = dict.fromkeys(str(entry["manager"]) for entry in entries if entry.get("manager"))
    return tuple(name for name in names if name != MANAGER)


def _leaves(fields: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """The owned fields of a FieldsV1; `.` marks a map or item itself, which is no value of its own."""
    for key, below in fields.items():
        if key == ".":
            continue
        path = (*prefix, _part(key))
        if below:
            yield from _leaves(below, path)
        else:
            yield path


def _part(key: str) -> str:
    """`f:labels` is a field; items of lists (`k:{"name":"x"}`, `v:"x"`) keep their mark, as tenantkit writes none."""
    return key.removeprefix("f:")
