"""Objects of any kind, with the columns of `kubectl get`: for kinds that have no frame of their own.

The server chooses the columns, so they differ from kind to kind, between the first and last columns that are always
there; the server's types decide the dtypes. The server sends dates as ages (`5d`), which are useless in a frame, so the
column Age is left out for `created`. The server's words for "nothing" (`<none>`) are `<NA>`.

Rejected alternative: flattened objects, whose columns nobody chose and which change with every version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.lists import list_table, served_kinds
from tenantkit.cluster.requests.discovery import kind_named
from tenantkit.cluster.requests.tables import Table
from tenantkit.cluster.requests.unreadable import ObjectList
from tenantkit.cluster.visible import each_visible
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.provision.stored.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.tables import Column
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

FIRST: Schema = {"tenant": "string", "team": "string", "namespace": "string", "name": "string"}
LAST: Schema = {"created": TIME}

_DTYPES = {"integer": "Int64", "number": "Float64", "boolean": "boolean"}
_OMITTED = frozenset({"name", "age"})
_NAME_LIMIT = 63  # of a column: the author of a kind may name it anything
_MISSING = frozenset({"<none>", "<unset>", "<unknown>"})
_BOOLEANS = {True: True, False: False, "true": True, "false": False, "True": True, "False": False}


@takes_cluster
def resources(
    cluster: Cluster,
    kind: str,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return the objects of any kind, with the columns of `kubectl get`: one row per object.

    Args:
        cluster: the connection, from `connect`.
        kind: as the server knows it: `Job`, `jobs`, a short name, `rayclusters.ray.io`, `batch/v1/Job`.
        tenant: only this tenant's, by name; ignored for kinds that are not in namespaces. Default: all tenants', and
            those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`; likewise ignored. Default: those of the connection; if it has
            none, all that you may list, else those of your tenants.
        label_selector: only objects whose labels match, in the API server's syntax: `app=ai,tier!=test`. Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace, name: string; the server's columns,
        also those of `kubectl get -o wide`, named in lower case with `_` (`up_to_date`): Int64, Float64, boolean or
        string, as the server types them; created: datetime64[us, UTC]. Sorted by namespace and name.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["kind"]`: the kind as
        `plural.group`. `attrs["incomplete"]`: by kind, why the columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: the server has no such kind (similar ones are suggested), tenant and namespaces are both
            given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: the kind may not be listed.
        ClusterUnavailable: the server did not answer.

    RBAC: list that kind, for the whole cluster or in each namespace; for tenant and team, list or get namespaces.
    Source: page "Kubernetes API Concepts", section "Receiving resources as Tables".

    Example:
        >>> config_maps = resources(cluster, "configmaps", tenant="speech")
        >>> config_maps.attrs["kind"]
        'configmaps'
    """
    filters = check_filters(tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    place = kind_named(kind, served_kinds(cluster))
    if place.namespaced:
        filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)

    def read(namespace: str | None) -> Table:
        return list_table(cluster, place, namespace=namespace, label_selector=filters.label_selector)

    tables, scope = each_visible(cluster, place, read, namespaces=filters.namespaces)
    incomplete: dict[str, str] = {}
    owned = read_namespace_owners(cluster, scope, incomplete) if place.namespaced else {}
    table = _joined(tables)
    note_unreadable(incomplete, ObjectList(unreadable=table.unreadable))
    frame = resources_frame(table, owned=owned)
    frame.attrs |= {"kind": place.qualified, "incomplete": incomplete}
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, place.qualified, scope, tenant=tenant, label_selector=label_selector)
    return frame


def resources_frame(table: Table, *, owned: NamespaceOwners | None = None) -> pd.DataFrame:
    """The frame of `resources`, from a table as the server returns it."""
    shown = [(number, name, each) for number, (name, each) in enumerate(_named(table.columns)) if name is not None]
    schema = {**FIRST, **{name: _DTYPES.get(column.type, "string") for _, name, column in shown}, **LAST}
    ordered = sorted(table.rows, key=lambda row: (row[1].get("namespace") or "", row[1].get("name") or ""))

    def row(cells: Sequence[Any], metadata: Manifest) -> tuple[Any, ...]:
        namespace = metadata.get("namespace") or None
        values = [_value(cells[at] if at < len(cells) else None, schema[name]) for at, name, _ in shown]
        owner = (owned or {}).get(namespace or "", NO_OWNER)
        return (*owner, namespace, metadata.get("name"), *values, metadata.get("creationTimestamp"))

    return frame_of_rows((row(cells, metadata) for cells, metadata in ordered), schema)


def _named(columns: Sequence[Column]) -> list[tuple[str | None, Column]]:
    """Each column's name in the frame, all different; None for a column that is left out."""
    taken = {*FIRST, *LAST}
    named: list[tuple[str | None, Column]] = []
    for column in columns:
        name: str | None = re.sub(r"\W+", "_", column.name.lower()).strip("_")[:_NAME_LIMIT] or "column"
        if name in _OMITTED:
            name = None
        while name in taken:
            name = f"{name}_"
        taken |= {name} if name is not None else set()
        named.append((name, column))
    return named


def _value(cell: Any, dtype: str) -> Any:
    """A cell in its column's dtype; None where the value does not have the column's type."""
    if cell is None or (isinstance(cell, str) and cell in _MISSING):
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
    unreadable = tuple(each for table in tables for each in table.unreadable)
    return Table(columns, [row for table in tables for row in table.rows], unreadable)
