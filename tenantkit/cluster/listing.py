"""Lists in pages of 500, as kubectl reads them: bounded answers, however many objects there are.

A list that takes longer than the server keeps old versions ends in 410: it is begun again, since the two halves would
be of different moments. Should that happen again, the third attempt asks for all at once, as client-go does, which
can't expire. Items come without apiVersion and kind: they are put back.
Source: page "Kubernetes API Concepts", section "Retrieving large results sets in chunks".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.door import Call
from tenantkit.cluster.errors import Doing
from tenantkit.cluster.paths import collection_path, with_query
from tenantkit.exceptions import Expired

if TYPE_CHECKING:
    from tenantkit.cluster.door import Door
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

PAGE = 500
_LIMITS = (PAGE, PAGE, None)  # of the first attempt, the second, the third


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind: in one namespace or all (None), by labels and fields as the API server writes them."""

    kind: Kind
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None

    @property
    def path(self) -> str:
        """Where they lie."""
        return collection_path(self.kind, self.namespace)

    @property
    def query(self) -> dict[str, str | int | bool | None]:
        """What selects them."""
        return {"labelSelector": self.label_selector or None, "fieldSelector": self.field_selector or None}


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects of a selection at one moment, and the resource version to watch them from."""

    items: list[Manifest]
    resource_version: str


def list_all(door: Door, selection: Selection) -> Listed:
    """Every object of a selection, page by page.

    Raises:
        ClusterError: the server says no, or gives no answer.
    """
    last: Expired | None = None
    for limit in _LIMITS:
        try:
            return _list(door, selection, limit)
        except Expired as expired:
            last = expired
    raise last or AssertionError


def _list(door: Door, selection: Selection, limit: int | None) -> Listed:
    doing = Doing("list", selection.kind.kind, namespace=selection.namespace)
    head = {"apiVersion": selection.kind.api_version, "kind": selection.kind.kind}
    items: list[Manifest] = []
    token: str | None = None
    while True:
        path = with_query(selection.path, {**selection.query, "limit": limit, "continue": token})
        page = door.ask(Call("GET", path, doing, is_repeatable=True))
        items += [{**head, **item} for item in page.get("items") or ()]
        metadata = page.get("metadata") or {}
        token = metadata.get("continue")
        if not token:
            return Listed(items, str(metadata.get("resourceVersion") or ""))
