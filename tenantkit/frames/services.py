"""Services, and whether anything answers behind them.

A service without a ready endpoint is the usual reason for a 503, so its endpoints are counted, from the cluster's
EndpointSlices. Where these may not be read, the counts are `<NA>`.

Source: pages "Service", "EndpointSlices".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible, project_visible
from tenantkit.exceptions import NotFound, PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in, note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.provision.stored.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

    # by namespace and service: how many endpoints, and how many of them are ready
    Endpoints: TypeAlias = "Mapping[tuple[str, str], tuple[int, int]]"

SERVICES: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "name": "string",
    "type": "string",
    "cluster_ip": "string",
    "external": "string",
    "ports": "string",
    "selector": "string",
    "endpoints": "Int64",
    "endpoints_ready": "Int64",
    "created": TIME,
}

_OF_SERVICE = "kubernetes.io/service-name"


@takes_cluster
def services(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return the services, their addresses and how many endpoints are ready: one row per service.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only services whose labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace, name, type, cluster_ip (`None`:
        headless), external (addresses and names outside the cluster, joined by `, `), ports (`80/TCP`, with its node
        port `80:30080/TCP`), selector (`app=ai`, joined by `,`; <NA>: none): string; endpoints, endpoints_ready: Int64,
        <NA> where EndpointSlices may not be read; created: datetime64[us, UTC]. Sorted by namespace and name.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by kind, why the
        columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: services may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list services and endpointslices, for the whole cluster or in each namespace; for tenant and team, list or get
    namespaces.
    Source: pages "Service", "EndpointSlices".

    Example:
        >>> unanswered = services(cluster, tenant="speech").query("endpoints_ready == 0")
        >>> list(unanswered.columns[:5])
        ['tenant', 'team', 'namespace', 'name', 'type']
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    found, scope = list_visible(
        cluster, "Service", namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    incomplete: dict[str, str] = {}
    slices: list[Manifest] | None = None
    try:
        slices = _slices(cluster, scope)
    except (PermissionDenied, NotFound) as refusal:
        incomplete["EndpointSlice"] = Worded.of(refusal)
    note_unreadable(incomplete, found, slices or ())
    frame = services_frame(found, slices=slices, owned=read_namespace_owners(cluster, scope, incomplete))
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "Services", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def services_frame(
    services: Iterable[Manifest], *, slices: Iterable[Manifest] | None = None, owned: NamespaceOwners | None = None
) -> pd.DataFrame:
    """The frame of `services`, from Services and EndpointSlices as the server returns them; None: unknown."""
    endpoints = None if slices is None else _endpoints(as_read("EndpointSlice", slices))
    found = as_read("Service", services)
    ordered = sorted(found, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))
    return frame_of_rows((_row(each, endpoints, owned or {}) for each in ordered), SERVICES)


def _slices(cluster: Cluster, scope: Scope) -> list[Manifest]:
    if not scope:
        return []
    namespaces = None if scope == "cluster" else scope
    found, covered = project_visible(cluster, "EndpointSlice", lambda each: each, namespaces=namespaces)
    if (gap := gap_in("EndpointSlice", covered, scope)) is not None:
        raise PermissionDenied(gap, status=403, kind="EndpointSlice")
    return found


def _row(service: Manifest, endpoints: Endpoints | None, owned: NamespaceOwners) -> tuple[Any, ...]:
    metadata, spec = service["metadata"], service.get("spec") or {}
    place = metadata["namespace"], metadata["name"]
    total, ready = (None, None) if endpoints is None else endpoints.get(place, (0, 0))
    if spec.get("type") == "ExternalName":
        total = ready = None  # its endpoints are outside the cluster
    return (
        *owned.get(place[0], NO_OWNER),
        *place,
        spec.get("type") or None,
        spec.get("clusterIP") or None,
        ", ".join(_external(service)) or None,
        ", ".join(map(_port, spec.get("ports") or ())) or None,
        ",".join(f"{key}={value}" for key, value in sorted((spec.get("selector") or {}).items())) or None,
        total,
        ready,
        metadata.get("creationTimestamp"),
    )


def _external(service: Manifest) -> Iterator[str]:
    spec = service.get("spec") or {}
    for point in ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        if text := point.get("ip") or point.get("hostname"):
            yield text
    yield from spec.get("externalIPs") or ()
    if spec.get("externalName"):
        yield spec["externalName"]


def _port(port: Manifest) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}/{port.get('protocol') or 'TCP'}"


def _endpoints(slices: Iterable[Manifest]) -> Endpoints:
    """Endpoints by service. IPv4 and IPv6 slices list the same pods, so the family with more of them counts."""
    counted: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for each in slices:
        metadata = each["metadata"]
        service = (metadata.get("labels") or {}).get(_OF_SERVICE)
        if service:
            families = counted.setdefault((metadata["namespace"], service), {})
            total, ready = families.get(each.get("addressType") or "", (0, 0))
            points = each.get("endpoints") or ()
            # the API defines a missing value as ready
            up = sum((point.get("conditions") or {}).get("ready") is not False for point in points)
            families[each.get("addressType") or ""] = total + len(points), ready + up
    return {place: max(families.values()) for place, families in counted.items()}
