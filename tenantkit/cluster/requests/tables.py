"""Any kind as the server's table of it, with the columns that its authors chose, as kubectl prints it.

Pages have 500 rows, like those of lists. A list that expires half way starts over, at last as one page.
Source: page "Kubernetes API Concepts", section "Receiving resources as Tables".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import parse_object
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.list import LIMITS
from tenantkit.cluster.requests.pages import read_pages
from tenantkit.cluster.requests.paths import collection_path, with_query
from tenantkit.cluster.requests.unreadable import UnreadableObject, parse_each
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
    unreadable: tuple[UnreadableObject, ...] = ()


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
    unreadable: list[UnreadableObject] = []

    def call_of(token: str | None) -> Call:
        full_path = with_query(path, {**query, "continue": token})
        return Call("GET", full_path, operation, is_repeatable=True, accept=TABLE, parse=lambda body: _page(body, kind))

    for page in read_pages(session, call_of):
        # An empty page has no definitions; those of the first page hold for all.
        columns = columns or tuple(Column(str(each.get("name")), str(each.get("type"))) for each in page["columns"])
        for row in page["rows"]:
            if isinstance(row, UnreadableObject):
                unreadable.append(row)
            else:
                rows.append(row)
    return Table(columns, rows, tuple(unreadable))


def _page(body: bytes | bytearray, kind: Kind) -> Manifest:
    """A page of a Table, or of a list: `metadata`, `columns`, and `rows` of cells and metadata."""
    try:
        page = parse_object(body)
    except ValueError:
        key = "rows" if b'"rows"' in body else "items"
        path = ("object", "metadata") if key == "rows" else ("metadata",)
        page = parse_each(body, kind.kind, key=key, metadata_without_managers=path)
    key = "rows" if page.get("kind") == "Table" else "items"
    rows, columns, metadata = (page.get(name) or () for name in (key, "columnDefinitions", "metadata"))
    is_valid = isinstance(rows, list | tuple) and isinstance(metadata, dict | tuple) and _are_columns(columns)
    if key not in page or not is_valid:
        raise ValueError(f"which is not a table of {kind.kind} objects")
    return {
        "metadata": dict(metadata),
        "columns": columns,
        "rows": [_row(row, kind, is_table=key == "rows") for row in rows],
    }


def _are_columns(columns: object) -> bool:
    return isinstance(columns, list | tuple) and all(isinstance(each, dict) for each in columns)


def _row(row: object, kind: Kind, *, is_table: bool) -> tuple[list[Any], Manifest] | UnreadableObject:
    if isinstance(row, UnreadableObject):
        return row
    fields = row if isinstance(row, dict) else {}
    cells, shown = (fields.get("cells"), fields.get("object")) if is_table else ([], row)
    metadata = (shown.get("metadata") if isinstance(shown, dict) else None) or {}
    if not isinstance(row, dict) or not isinstance(cells or [], list) or not isinstance(metadata, dict):
        return UnreadableObject(kind.kind, None, None, "is not a row of a table")
    return cells or [], metadata
