"""A kind of the grammar: its path, and the valid and wrong values of its fields.

Fields are named by dotted paths. Every object has all of `needs`, some of `may`, and, if it is malformed by "value",
one of `wrong` instead. There are few values, so that objects of one name collide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values = "Mapping[str, Sequence[Any]]"
RUN = "RUN"  # stands in names for the name of the run


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
    fields: Sequence[str] = ()  # fields for selectors, besides metadata.name and metadata.namespace
    namespaced: bool = True
    weight: int = 2
    is_alone: bool = False  # whether a namespace has at most one of them

    def path(self, namespace: str, name: str = "") -> str:
        """The path of the collection, or of the object of that name."""
        where = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.api}{where}/{self.plural}" + (f"/{name}" if name else "")


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a dotted path; anything on the way that is not an object becomes one, lists too."""
    *way, last = path.split(".")
    place: Any = body
    for part in way:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[last] = value
