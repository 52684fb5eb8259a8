"""Which tenants there are, and what they were granted.

Everything is read from the tenants' Namespaces: the labels, and the grant in its annotation. A grant that this version
can't read leaves `<NA>` where it would have spoken, and its reason in `attrs["unreadable"]`: one broken tenant must
not hide the others. Whether a tenant has drifted takes a plan of each, so it is told only to those who ask.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.manifests.labels import (
    HOSTS_ANNOTATION,
    TEAM_LABEL,
    TENANT_LABEL,
)
from tenantkit.provision.stored import TENANT_NAMESPACES, stored_tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

TENANTS: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "phase": "string",
    "size": "string",
    "owners": "string",
    "hosts": "string",
    "created": TIME,
    "expires": TIME,
    "protected": "boolean",
    "drift": "boolean",
}


_LATEST = datetime(2262, 1, 1, tzinfo=UTC)


@takes_cluster
def tenants(cluster: Cluster, *, namespaces: Sequence[str] | None = None, drift: bool = False) -> pd.DataFrame:
    """The tenants and what they were granted: one row per tenant.

    Args:
        cluster: where.
        namespaces: only the tenants in these. Default: those of the connection; where it names none, all that you may
            list, else its one namespace.
        drift: whether to find out which tenants are not as their stored spec wants them. Default: no, since it reads
            every kind of object of theirs.

    Returns:
        tenant, team, namespace: string; phase: `Active`, or `Terminating` while it is being deleted; size: <NA> for a
        tenant with a quota of its own; owners, and hosts (all that are granted), each joined by `, `; created, expires
        (<NA>: never): datetime64[ns, UTC]; protected: boolean; drift: boolean, <NA> where not asked or not to be found
        out. Sorted by namespace. `attrs["scope"]` is `cluster`, or the tuple of namespaces that it covers;
        `attrs["unreadable"]` says by namespace why its grant or its drift can't be told, in which case the cells that
        depend on it are <NA>. An expiry beyond 2262, the end of this kind of column, is shown as 2262.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list namespaces, else get those that are yours. With `drift`, what `plan` needs.
    Source: page "Namespaces".

    Example:
        >>> tenants(cluster, drift=True).query("drift")  # doctest: +SKIP
    """
    found, scope = list_visible(cluster, "Namespace", namespaces=namespaces, label_selector=TENANT_NAMESPACES)
    frame = tenants_frame(found)
    if drift:
        from tenantkit.frames.kit.drift import add_drift, read_drift

        frame = add_drift(frame, read_drift(cluster, found))
    frame.attrs["scope"] = scope
    return frame


def tenants_frame(namespaces: Iterable[Manifest]) -> pd.DataFrame:
    """The frame of `tenants`, of tenants' Namespaces as the server answered them; drift is not known from them."""
    rows: list[tuple[Any, ...]] = []
    unreadable: dict[str, str] = {}
    for namespace in sorted(namespaces, key=lambda manifest: str(manifest["metadata"]["name"])):
        granted: tuple[Any, ...] = (None, None, None, None)
        try:
            granted = _granted(stored_tenant(namespace))
        except (InvalidSpecError, SpecVersionError) as error:
            unreadable[namespace["metadata"]["name"]] = str(error)
        rows.append(_row(namespace, *granted))
    frame = frame_of_rows(rows, TENANTS)
    frame.attrs["unreadable"] = unreadable
    return frame


def _granted(tenant: Tenant) -> tuple[Any, ...]:
    expires = min(tenant.expires, _LATEST).isoformat() if tenant.expires is not None else None
    return tenant.size, ", ".join(tenant.owners), expires, tenant.protected


def _row(namespace: Manifest, size: str | None, owners: str | None, expires: str | None, protected: Any) -> Any:
    metadata = namespace["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    hosts: str | None = (metadata.get("annotations") or {}).get(HOSTS_ANNOTATION)
    return (
        labels.get(TENANT_LABEL),
        labels.get(TEAM_LABEL),
        metadata["name"],
        (namespace.get("status") or {}).get("phase"),
        size,
        owners,
        ", ".join(hosts.split(",")) if hosts is not None else None,
        metadata.get("creationTimestamp"),
        expires,
        protected,
        None,
    )
