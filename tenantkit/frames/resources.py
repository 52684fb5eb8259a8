"""Any kind that the server has, by the columns that `kubectl get` prints: for those that have no frame of their own.

The columns are the server's, so they differ from kind to kind; around them stand the same ones always. Its types decide
the dtypes. Dates come from it as ages (`5d`), which are of no use in a frame: when an object was made stands in
`created`, and the column Age is left out. What it writes for "nothing" (`<none>`) is `<NA>` here.

Turned down: flattened objects, whose columns nobody chose and which change with every version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.lists import list_table, served_kinds
from tenantkit.cluster.requests.discovery import kind_named
from tenantkit.cluster.requests.tables import Table
from tenantkit.cluster.visible import each_visible
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.schema import TIME, frame_of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.tables import Column
    from tenantkit.frames.kit.namespace_owners import Owned
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

FIRST: Schema = {"tenant": "string", "team": "string", "namespace": "string", "name": "string"}
LAST: Schema = {"created": TIME}

_DTYPES = {"integer": "Int64", "number": "Float64", "boolean": "boolean"}
_LEFT_OUT = frozenset({"name", "age"})
_NAME_LIMIT = 63  # of a column: who defines a kind may call it anything
_NOTHING = frozenset({"<none>", "<unset>", "<unknown>"})
_BOOLEANS = {True: True, False: False, "true": True, "false": False, "True": True, "False": False}


@takes_cluster
def resources(
    cluster: Cluster, kind: str, *, namespaces: Sequence[str] | None = None, label_selector: str | None = None
) -> pd.DataFrame:
    """The objects of any kind, by the columns that `kubectl get` prints of them: one row per object.

    Args:
        cluster: where.
        kind: as the server knows it: `Job`, `jobs`, a short name, `rayclusters.ray.io`, `batch/v1/Job`.
        namespaces: only these; for kinds that live in none, not looked at. Default: those of the connection; where it
            names none, all that you may list, else its one namespace.
        label_selector: as the API server writes it: `app=ai,tier!=test`.

    Returns:
        tenant, team (<NA> for a namespace that is no tenant's, for kinds that live in none, or where it is not known),
        namespace, name: string; the server's columns, also those of `kubectl get -o wide`, their names in small letters
        with `_` (`up_to_date`): Int64, Float64, boolean or string, as the server types them; created: datetime64[ns,
        UTC]. Sorted by namespace and name. `attrs["scope"]` is `cluster`, or the tuple of namespaces that it covers;
        `attrs["kind"]` is the kind as `plural.group`; `attrs["unread"]` says by kind what else could not be read.

    Raises:
        InvalidSpecError: the server has no such kind; those that are spelled nearly so are named.
        PermissionDenied: it may not be listed.
        ClusterUnavailable: the server gave no answer.

    RBAC: list that kind, for the whole cluster or in each namespace; for tenant and team, list or get namespaces.
    Source: page "Kubernetes API Concepts", section "Receiving resources as Tables".

    Example:
        >>> resources(cluster, "rayclusters.ray.io")  # doctest: +SKIP
    """
    place = kind_named(kind, served_kinds(cluster))

    def read(namespace: str | None) -> Table:
        return list_table(cluster, place, namespace=namespace, label_selector=label_selector)

    tables, scope = each_visible(cluster, place, read, namespaces=namespaces)
    unread: dict[str, str] = {}
    owned = read_owned(cluster, scope, unread) if place.namespaced else {}
    frame = resources_frame(_joined(tables), owned=owned)
    frame.attrs |= {"scope": scope, "kind": place.qualified, "unread": unread}
    return frame


def resources_frame(table: Table, *, owned: Owned | None = None) -> pd.DataFrame:
    """The frame of `resources`, of a table as the server answered it."""
    shown = [(number, name, each) for number, (name, each) in enumerate(_named(table.columns)) if name is not None]
    schema = {**FIRST, **{name: _DTYPES.get(column.type, "string") for _, name, column in shown}, **LAST}
    ordered = sorted(table.rows, key=lambda row: (row[1].get("namespace") or "", row[1].get("name") or ""))

    def row(cells: Sequence[Any], metadata: Manifest) -> tuple[Any, ...]:
        namespace = metadata.get("namespace") or None
        values = [_value(cells[at] if at < len(cells) else None, schema[name]) for at, name, _ in shown]
        whose = (owned or {}).get(namespace or "", NOBODYS)
        return (*whose, namespace, metadata.get("name"), *values, metadata.get("creationTimestamp"))

    return frame_of_rows((row(cells, metadata) for cells, metadata in ordered), schema)


def _named(columns: Sequence[Column]) -> list[tuple[str | None, Column]]:
    """Each column's name in a frame, no two alike; None for what is left out."""
    taken = {*FIRST, *LAST}
    named: list[tuple[str | None, Column]] = []
    for column in columns:
        name: str | None = re.sub(r"\W+", "_", column.name.lower()).strip("_")[:_NAME_LIMIT] or "column"
        if name in _LEFT_OUT:
            name = None
        while name in taken:
            name = f"{name}_"
        taken |= {name} if name is not None else set()
        named.append((name, column))
    return named


def _value(cell: Any, dtype: str) -> Any:
    """A cell in its column's dtype; what a server says beside its own type is not made up: None."""
    if cell is None or (isinstance(cell, str) and cell in _NOTHING):
        return None
    if dtype == "string":
        return cell if isinstance(cell, str) else str(cell)
    if dtype == "boolean":
        return _BOOLEANS.get(cell) if isinstance(cell, bool | str) else None
    if isinstance(cell, bool):
        return None
    try:
        return int(cell) if dtype == "Int64" else float(cell)
    except (TypeError, ValueError):
        return None


def _joined(tables: Sequence[Table]) -> Table:
    columns = next((table.columns for table in tables if table.columns), ())
    return Table(columns, [row for table in tables for row in table.rows])
