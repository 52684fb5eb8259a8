"""Lists in pages of 500, as kubectl reads them: bounded answers, however many objects there are.

A list that takes longer than the server keeps old versions ends in 410. It starts over, since the two halves would be
of different moments. After a second 410, the third attempt requests all objects at once, as client-go does, which
cannot expire. The server sends items without apiVersion and kind, which are added again.
Source: page "Kubernetes API Concepts", section "Retrieving large results sets in chunks".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import collector_paused, parse_object
from tenantkit.cluster.http.session import JSON, Call
from tenantkit.cluster.http.transport import TOO_LARGE
from tenantkit.cluster.requests.page_parser import page_parser, without_odd_values
from tenantkit.cluster.requests.pages import read_pages
from tenantkit.cluster.requests.paths import collection_path, with_query
from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject, parse_each
from tenantkit.exceptions import ClusterUnavailable, Expired

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

_Item = TypeVar("_Item")

PAGE = 500
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
LIMITS = (PAGE, PAGE, None)  # of the first attempt, the second, the third
SMALL_PAGE = 50  # for objects so large that a full page is not accepted: even 50 of 3 MB each are


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects of a kind: in one namespace or all (None), with selectors in the API server's syntax.

    With `fields`, a TypedDict, only its fields are parsed, and apiVersion and kind are not added (see `page_parser`).
    With `metadata_only` the server sends only the objects' metadata. Without `managed_fields`, these are left out where
    they are nested too deeply to be parsed.
    """

    kind: Kind
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    fields: type | None = None
    metadata_only: bool = False
    managed_fields: bool = False

    @property
    def path(self) -> str:
        """Their collection."""
        return collection_path(self.kind, self.namespace)

    @property
    def query(self) -> dict[str, str | int | bool | None]:
        """The query with the selectors."""
        return {"labelSelector": self.label_selector or None, "fieldSelector": self.field_selector or None}


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Item]):
    """The objects of a selection at one moment, or their projections, and the version to watch them from."""

    items: ObjectList[_Item]
    resource_version: str


def list_all(session: Session, selection: Selection) -> Listed[Manifest]:
    """Every object of a selection, page by page.

    Raises:
        ClusterError: the server answered an error, or not at all.
    """
    return _attempt(session, selection, _whole)


def list_projected(session: Session, selection: Selection, projection: Callable[[Manifest], _Item]) -> Listed[_Item]:
    """The projections of a selection's objects, so that a large list is never in memory as a whole.

    The garbage collector is paused until the end, since it would find nothing: the objects are freed after each page.

    Args:
        session: where.
        selection: which.
        projection: called for each object, and again if the list has to start over.

    Raises:
        ClusterError: the server answered an error, or not at all.
    """
    with collector_paused():
        return _attempt(session, selection, projection)


def _whole(manifest: Manifest) -> Manifest:
    return manifest


def _attempt(session: Session, selection: Selection, projection: Callable[[Manifest], _Item]) -> Listed[_Item]:
    last: Expired | None = None
    for limit in LIMITS:
        try:
            return _list(session, selection, limit, projection)
        except Expired as expired:
            last = expired
        except ClusterUnavailable as error:
            if error.reason != TOO_LARGE:
                raise
            return _list(session, selection, SMALL_PAGE, projection)
    raise last or AssertionError


def _list(
    session: Session, selection: Selection, limit: int | None, projection: Callable[[Manifest], _Item]
) -> Listed[_Item]:
    operation = Operation("list", selection.kind.kind, namespace=selection.namespace)
    parse = _parser(selection)
    head = {"apiVersion": selection.kind.api_version, "kind": selection.kind.kind}
    accept = METADATA if selection.metadata_only else JSON

    def call_of(token: str | None) -> Call:
        path = with_query(selection.path, {**selection.query, "limit": limit, "continue": token})
        return Call("GET", path, operation, is_repeatable=True, accept=accept, parse=parse)

    items: list[_Item] = []
    unreadable: list[UnreadableObject] = []
    version = ""
    for page in read_pages(session, call_of):
        found = [item for item in page["items"] if type(item) is dict]
        unreadable += (item for item in page["items"] if type(item) is not dict)
        items += map(projection, found if selection.fields is not None else ({**head, **item} for item in found))
        version = str(page["metadata"].get("resourceVersion") or "")
    return Listed(ObjectList(items, unreadable=unreadable), version)


def _parser(selection: Selection) -> Callable[[bytes | bytearray], Manifest]:
    """A parser of the selection's pages: each has `metadata`, and `items` that are objects or UnreadableObjects."""
    fields, kind = selection.fields, selection.kind.kind
    parse_page = page_parser(fields) if fields is not None else parse_object
    is_object = _is_whole_object if fields is None else _is_part

    def parse(body: bytes | bytearray) -> Manifest:
        try:
            page = parse_page(body)
        except ValueError:
            page = parse_each(body, kind, metadata_without_managers=() if selection.managed_fields else ("metadata",))
            page = page if fields is None else without_odd_values(page, fields)
        items = [] if page.get("items") is None else page["items"]
        metadata = {} if page.get("metadata") is None else page["metadata"]
        if "items" not in page or not isinstance(items, list) or not isinstance(metadata, dict):
            raise ValueError(f"which is not a list of {kind} objects")
        return {"metadata": metadata, "items": [item if is_object(item) else _named(item, kind) for item in items]}

    return parse


def _is_whole_object(item: object) -> bool:
    metadata = item.get("metadata") if type(item) is dict else None
    return type(metadata) is dict and type(metadata.get("name")) is str


def _is_part(item: object) -> bool:
    return type(item) is dict and type(item.get("metadata", {})) is dict


def _named(item: object, kind: str) -> UnreadableObject:
    """What is known of an item that is not an object; a server never sends one."""
    return item if isinstance(item, UnreadableObject) else UnreadableObject(kind, None, None, "has no metadata")
