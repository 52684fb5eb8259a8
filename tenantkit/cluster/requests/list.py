"""Lists in pages of 500, as kubectl reads them: bounded answers, however many objects there are.

A list that takes longer than the server keeps old versions ends in 410: it is begun again, since the two halves would
be of different moments. Should that happen again, the third attempt asks for all at once, as client-go does, which
can't expire. Items come without apiVersion and kind: they are put back.
Source: page "Kubernetes API Concepts", section "Retrieving large results sets in chunks".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import collector_paused, parse_object
from tenantkit.cluster.http.session import JSON, Call
from tenantkit.cluster.requests.page_parser import page_parser
from tenantkit.cluster.requests.pages import read_pages
from tenantkit.cluster.requests.paths import collection_path, with_query
from tenantkit.exceptions import Expired

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

_Kept = TypeVar("_Kept")

PAGE = 500
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
LIMITS = (PAGE, PAGE, None)  # of the first attempt, the second, the third


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind: in one namespace or all (None), by labels and fields as the API server writes them.

    With `parts`, a TypedDict, what it names is read of each object, and nothing is put back (see `page_parser`). With
    `metadata_only` the server is asked to send no more than that, which spares it and the wire the rest.
    """

    kind: Kind
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    parts: type | None = None
    metadata_only: bool = False

    @property
    def path(self) -> str:
        """Where they lie."""
        return collection_path(self.kind, self.namespace)

    @property
    def query(self) -> dict[str, str | int | bool | None]:
        """What selects them."""
        return {"labelSelector": self.label_selector or None, "fieldSelector": self.field_selector or None}


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Kept]):
    """All objects of a selection at one moment, or what was kept of them, and the version to watch them from."""

    items: list[_Kept]
    resource_version: str


def list_all(session: Session, selection: Selection) -> Listed[Manifest]:
    """Every object of a selection, page by page.

    Raises:
        ClusterError: the server says no, or gives no answer.
    """
    return _attempt(session, selection, _whole)


def list_kept(session: Session, selection: Selection, keep: Callable[[Manifest], _Kept]) -> Listed[_Kept]:
    """The same, keeping of each object only what is needed: a large list is never in memory as a whole.

    The collector is paused until the end, since it would find nothing: the objects are gone after each page.

    Args:
        session: where.
        selection: which.
        keep: what to keep of an object; called once more for each where the list is begun again.

    Raises:
        ClusterError: the server says no, or gives no answer.
    """
    with collector_paused():
        return _attempt(session, selection, keep)


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _attempt(session: Session, selection: Selection, keep: Callable[[Manifest], _Kept]) -> Listed[_Kept]:
    last: Expired | None = None
    for limit in LIMITS:
        try:
            return _list(session, selection, limit, keep)
        except Expired as expired:
            last = expired
    raise last or AssertionError


def _list(
    session: Session, selection: Selection, limit: int | None, keep: Callable[[Manifest], _Kept]
) -> Listed[_Kept]:
    operation = Operation("list", selection.kind.kind, namespace=selection.namespace)
    parse = page_parser(selection.parts) if selection.parts is not None else parse_object
    head = {"apiVersion": selection.kind.api_version, "kind": selection.kind.kind}
    accept = METADATA if selection.metadata_only else JSON

    def call_of(token: str | None) -> Call:
        path = with_query(selection.path, {**selection.query, "limit": limit, "continue": token})
        return Call("GET", path, operation, is_repeatable=True, accept=accept, parse=parse)

    items: list[_Kept] = []
    version = ""
    for page in read_pages(session, call_of):
        found = page.get("items") or ()
        items += map(keep, found if selection.parts is not None else ({**head, **item} for item in found))
        version = str((page.get("metadata") or {}).get("resourceVersion") or "")
    return Listed(items, version)
