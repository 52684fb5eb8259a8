"""The owners of the fields of a live object, from its managedFields.

The server keeps this record, so it is right even after a killed process. Rejected alternative: an annotation with the
last applied manifest, as client-side `kubectl apply` keeps it, which two writers make disagree with the object.
Source: page "Server-Side Apply", sections "Field management" and "Managing fields".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.requests.write import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest

Path: TypeAlias = tuple[str, ...]

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Owners:
    """The owners of the fields of an object.

    Args:
        ours: the fields that tenantkit applied.
        others: the other managers, by field.
        named_as_ours: the fields that somebody wrote under tenantkit's name, but not by an apply.
    """

    ours: frozenset[Path]
    others: Mapping[Path, tuple[str, ...]]
    named_as_ours: frozenset[Path] = frozenset()

    def others_of(self, path: Path) -> tuple[str, ...]:
        """The names of the other managers of a field; empty if there are none."""
        return self.others.get(path, ())


def owners_of(live: Manifest) -> Owners:
    """The owners of the fields of an object, as the server recorded them.

    An entry of tenantkit's that is not an Apply (a create or a JSON patch) counts for neither side: the server treats
    it as another manager, but no other user stands behind it.

    Args:
        live: as the server sent it; without managedFields no field has an owner.
    """
    ours: set[Path] = set()
    named: set[Path] = set()
    others: dict[Path, list[str]] = {}
    for entry in live.get("metadata", {}).get("managedFields") or ():
        fields = entry.get("fieldsV1")
        if not fields or entry.get("subresource"):
            continue
        manager = str(entry.get("manager") or "an unnamed manager")
        if manager == FIELD_MANAGER:
            (ours if entry.get("operation") == "Apply" else named).update(_leaves(fields))
            continue
        for path in _leaves(fields):
            names = others.setdefault(path, [])
            if manager not in names:
                names.append(manager)
    return Owners(frozenset(ours), {path: tuple(names) for path, names in others.items()}, frozenset(named))


def managers_of(live: Manifest) -> tuple[str, ...]:
    """The names of all field managers of an object except tenantkit, in the server's order."""
    entries = live.get("metadata", {}).get("managedFields") or ()
    names = dict.fromkeys(str(entry["manager"]) for entry in entries if entry.get("manager"))
    return tuple(name for name in names if name != FIELD_MANAGER)


def _leaves(fields: Mapping[str, Any]) -> Iterator[Path]:
    """The owned fields of a FieldsV1; `.` marks a map or an item itself, which has no value.

    Whoever may write an object may nest them as deeply as JSON can be read, so this neither recurses nor looks deeper
    than any field that tenantkit sets.
    """
    pending: list[tuple[Path, Any]] = [((), fields)]
    while pending:
        prefix, below = pending.pop()
        if isinstance(below, dict) and below and len(prefix) < _DEEPEST:
            pending += [((*prefix, _part(key)), value) for key, value in below.items() if key != "."]
        elif prefix:
            yield prefix


def _part(key: str) -> str:
    """`f:labels` is the field `labels`; items of lists (`k:{"name":"x"}`, `v:"x"`) stay as they are."""
    return key.removeprefix("f:")
