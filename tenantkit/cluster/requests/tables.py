"""Any kind as the server's table of it, with the columns that its authors chose, as kubectl prints it.

Pages have 500 rows, like those of lists. A list that expires half way starts over, at last as one page.
Source: page "Kubernetes API Concepts", section "Receiving resources as Tables".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.list import LIMITS
from tenantkit.cluster.requests.pages import read_pages
from tenantkit.cluster.requests.paths import collection_path, with_query
from tenantkit.exceptions import Expired

if TYPE_CHECKING:
    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the server: its name, and its OpenAPI type, such as `integer` or `date`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """The columns, and for each object its cells in their order and its metadata.

    A server without tables of a kind, such as some aggregated ones, answers with a list: then there are no columns.
    """

    columns: tuple[Column, ...]
    rows: list[tuple[list[Any], Manifest]]


def list_table(session: Session, kind: Kind, namespace: str | None, *, label_selector: str | None = None) -> Table:
    """All objects of a kind, in one namespace or all (None).

    Raises:
        ClusterError: the server answered an error, or not at all.
    """
    last: Expired | None = None
    for limit in LIMITS:
        try:
            return _list(session, kind, namespace, {"labelSelector": label_selector or None, "limit": limit})
        except Expired as expired:
            last = expired
    raise last or AssertionError


def _list(session: Session, kind: Kind, namespace: str | None, query: dict[str, str | int | bool | None]) -> Table:
    path, operation = collection_path(kind, namespace), Operation("list", kind.kind, namespace=namespace)
    columns: tuple[Column, ...] = ()
    rows: list[tuple[list[Any], Manifest]] = []

    def call_of(token: str | None) -> Call:
        return Call("GET", with_query(path, {**query, "continue": token}), operation, is_repeatable=True, accept=TABLE)

    for page in read_pages(session, call_of):
        if page.get("kind") == "Table":
            # An empty page has no definitions; those of the first page hold for all.
            definitions = page.get("columnDefinitions") or ()
            columns = columns or tuple(Column(str(each.get("name")), str(each.get("type"))) for each in definitions)
            rows += [
                (row.get("cells") or [], (row.get("object") or {}).get("metadata") or {})
                for row in page.get("rows") or ()
            ]
        else:
            rows += [([], item.get("metadata") or {}) for item in page.get("items") or ()]
    return Table(columns, rows)
