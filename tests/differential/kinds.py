"""What a kind of the grammar is: its path, and which values each of its fields may take, good and bad.

Fields are named by dotted paths. Every object has all of `needs`, some of `may`, and, when it is to be malformed in the
sort "value", one of `wrong` in its place. Values are few, so that objects of one name collide with each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values = "Mapping[str, Sequence[Any]]"
RUN = "RUN"  # stands in names for what makes the objects of a run its own


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind that is written, patched, read and deleted."""

    api: str  # the path before `namespaces/`
    api_version: str
    kind: str
    plural: str
    needs: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    may: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    wrong: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    status: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # written through the subresource `status`
    fields: Sequence[str] = ()  # that a field selector may name, beside metadata.name and metadata.namespace
    namespaced: bool = True
    weight: int = 2
    is_alone: bool = False  # whether a namespace has at most one of them

    def path(self, namespace: str, name: str = "") -> str:
        """Of the collection, or of the object of that name."""
        where = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.api}{where}/{self.plural}" + (f"/{name}" if name else "")


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a dotted path; what is no object on the way there is made one, lists too."""
    *way, last = path.split(".")
    place: Any = body
    for part in way:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[last] = value
