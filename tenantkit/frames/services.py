"""Which services there are, and whether anything answers behind them.

A service without a ready endpoint is the usual reason for a 503; so its endpoints are counted, from the slices that the
cluster keeps of them. Where these may not be read, the numbers are `<NA>`.

Source: pages "Service", "EndpointSlices".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible, list_visible
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.schema import TIME, frame_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.namespace_owners import Owned
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

    # by namespace and service: how many there are, and how many of them are ready
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
def services(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """Services, where they are reached, and how many endpoints answer: one row per service.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team: string, <NA> for a namespace that is no tenant's or may not be read; namespace, name, type,
        cluster_ip (`None`: headless), external (addresses and names outside the cluster, joined by `, `), ports
        (`80/TCP`, with its node port `80:30080/TCP`), selector (`app=ai`, joined by `,`; <NA>: none): string;
        endpoints, endpoints_ready: Int64, <NA> where the slices may not be read; created: datetime64[ns, UTC]. Sorted
        by namespace and name. `attrs["scope"]` is `cluster`, or the tuple of namespaces that it covers;
        `attrs["unread"]` says why endpoints are not known.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list services and endpointslices, for the whole cluster or in each namespace; for tenant and team, list or get
    namespaces.
    Source: pages "Service", "EndpointSlices".

    Example:
        >>> services(cluster).query("endpoints_ready == 0")  # doctest: +SKIP
    """
    found, scope = list_visible(cluster, "Service", namespaces=namespaces)
    unread: dict[str, str] = {}
    slices: list[Manifest] | None = None
    try:
        slices = _slices(cluster, scope)
    except (PermissionDenied, NotFound) as refusal:
        unread["EndpointSlice"] = str(refusal)
    frame = services_frame(found, slices=slices, owned=read_owned(cluster, scope, unread))
    frame.attrs |= {"scope": scope, "unread": unread}
    return frame


def services_frame(
    services: Iterable[Manifest], *, slices: Iterable[Manifest] | None = None, owned: Owned | None = None
) -> pd.DataFrame:
    """The frame of `services`, of Services and EndpointSlices as the server answered them; no slices: not known."""
    endpoints = None if slices is None else _endpoints(slices)
    ordered = sorted(services, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))
    return frame_of_rows((_row(each, endpoints, owned or {}) for each in ordered), SERVICES)


def _slices(cluster: Cluster, scope: Scope) -> list[Manifest]:
    if not scope:
        return []
    namespaces = None if scope == "cluster" else scope
    found, covered = keep_visible(cluster, "EndpointSlice", lambda each: each, namespaces=namespaces)
    if covered != scope:
        raise PermissionDenied(
            f"may list EndpointSlices in {', '.join(covered)} only", status=403, kind="EndpointSlice"
        )
    return found


def _row(service: Manifest, endpoints: Endpoints | None, owned: Owned) -> tuple[Any, ...]:
    metadata, spec = service["metadata"], service.get("spec") or {}
    place = metadata["namespace"], metadata["name"]
    total, ready = (None, None) if endpoints is None else endpoints.get(place, (0, 0))
    if spec.get("type") == "ExternalName":
        total = ready = None  # what answers there is none of the cluster's
    return (
        *owned.get(place[0], NOBODYS),
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
    """Of two families of addresses, which tell of the same pods, the one with more."""
    counted: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for each in slices:
        metadata = each["metadata"]
        service = (metadata.get("labels") or {}).get(_OF_SERVICE)
        if service:
            families = counted.setdefault((metadata["namespace"], service), {})
            total, ready = families.get(each.get("addressType") or "", (0, 0))
            points = each.get("endpoints") or ()
            # not told is ready, as the API has it
            up = sum((point.get("conditions") or {}).get("ready") is not False for point in points)
            families[each.get("addressType") or ""] = total + len(points), ready + up
    return {place: max(families.values()) for place, families in counted.items()}
