"""Routes: where tenants' services are exposed.

Every Ingress and HTTPRoute in a tenant's namespace is shown, also one that tenantkit did not create. The tenant comes
from the namespace's labels, which only the platform writes; an object's own label counts only where its Namespace may
not be read. Rejected alternative: listing by label, which would show only what tenantkit created.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.requests.unreadable import ObjectList
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import read_owners_of
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.stored.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.filters import Filters
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

ROUTES: Schema = {
    "kind": "string",
    "tenant": "string",
    "namespace": "string",
    "name": "string",
    "host": "string",
    "path": "string",
    "path_type": "string",
    "service": "string",
    "port": "string",
    "tls": "boolean",
    "ingress_class": "string",
    "gateway": "string",
    "address": "string",
    "url": "string",
}

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"  # deprecated since 1.18, still in use


@takes_cluster
def routes(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return where tenants' services are exposed: one row per object, host and path.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants'.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only objects whose labels match, in the API server's syntax. Default: all.

    Returns:
        kind (`Ingress` or `HTTPRoute`), tenant, namespace, name (the object's), host (<NA>: any), path (<NA>: any),
        path_type, service (<NA>: the backend is not a service; with its namespace in front, if that is another one),
        port (number or name, as text), ingress_class (<NA>: the cluster's default), gateway (of an HTTPRoute:
        `NAMESPACE/NAME`, with `/LISTENER` if it names one, joined by `, `), address (from an Ingress's controller,
        joined by `, `; <NA>: none yet), url (<NA>: the host is not a single one, or it is not known whether it has
        TLS): string; tls: boolean (<NA>: an HTTPRoute that tenantkit did not create). Sorted by namespace, name, kind,
        host and path. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        kind, why the columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: Ingresses may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list ingresses, httproutes (if the cluster has them) and namespaces; or list ingresses and httproutes in each
    namespace, and get it. Source: pages "Ingress" and "Gateway API".

    Example:
        >>> exposed = routes(cluster, tenant="speech")[["tenant", "url", "service"]]
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    ingresses, scope = list_visible(
        cluster, "Ingress", namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    incomplete: dict[str, str] = {}
    http_routes = _http_routes(cluster, filters, incomplete)
    found = ObjectList([*ingresses, *http_routes], unreadable=[*ingresses.unreadable, *http_routes.unreadable])
    frame = routes_frame(found, tenants=read_owners_of(found, cluster, scope, incomplete, _tenant_of))
    note_unreadable(incomplete, found)
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "routes", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def routes_frame(objects: Iterable[Manifest], *, tenants: Mapping[str, str | None] | None = None) -> pd.DataFrame:
    """The frame of `routes`, from Ingresses and HTTPRoutes as the server returns them.

    Args:
        objects: of any namespaces.
        tenants: the tenant of each namespace; None: it has no tenant, and its routes are left out. For a namespace
            that is missing, the object's own label counts.
    """
    known = tenants or {}
    listed = list(objects)
    rows: list[tuple[Any, ...]] = []
    for kind in ROUTE_KINDS:
        for manifest in as_read(kind, [it for it in listed if it.get("kind") == kind]):
            metadata = manifest["metadata"]
            labelled = (metadata.get("labels") or {}).get(TENANT_LABEL)
            if known.get(metadata["namespace"], "") is not None:
                rows += _rows(kind, manifest, known.get(metadata["namespace"], labelled))
    return frame_of_rows(sorted(rows, key=_place), ROUTES)


def _http_routes(cluster: Cluster, filters: Filters, incomplete: dict[str, str]) -> ObjectList[Manifest]:
    """The HTTPRoutes; none of a cluster without the Gateway API."""
    try:
        found, _ = list_visible(
            cluster, "HTTPRoute", namespaces=filters.namespaces, label_selector=filters.label_selector
        )
    except NotFound:
        return ObjectList()
    except PermissionDenied as error:
        incomplete["HTTPRoute"] = error.what
        return ObjectList()
    return found


def _tenant_of(namespace: Manifest) -> str:
    tenant: str = namespace["metadata"]["labels"][TENANT_LABEL]
    return tenant


def _place(row: Sequence[Any]) -> tuple[str, ...]:
    kind, _, namespace, name, host, path, path_type, *_ = row
    return namespace, name, kind, host or "", path or "", path_type or ""


def _rows(kind: str, manifest: Manifest, tenant: str | None) -> Iterator[tuple[Any, ...]]:
    metadata, spec = manifest["metadata"], manifest.get("spec") or {}
    controller = spec.get("ingressClassName") or (metadata.get("annotations") or {}).get(_CLASS_ANNOTATION)
    behind = (controller if kind == "Ingress" else None, _gateways(manifest), _address(manifest))
    for served in served_paths({**manifest, "kind": kind}):
        port = None if served.port is None else str(served.port)
        exposed = (served.host, served.path, served.path_type, served.service, port, served.has_tls)
        yield (kind, tenant, metadata["namespace"], metadata["name"], *exposed, *behind, served.url)


def _gateways(manifest: Manifest) -> str | None:
    """The Gateways of an HTTPRoute, not the Services of a mesh; one without a namespace is in the route's own."""
    found = []
    for parent in (manifest.get("spec") or {}).get("parentRefs") or ():
        if parent.get("kind", "Gateway") != "Gateway":
            continue
        place = parent.get("namespace") or manifest["metadata"]["namespace"]
        found.append("/".join(filter(None, (place, parent["name"], parent.get("sectionName")))))
    return ", ".join(found) or None


def _address(manifest: Manifest) -> str | None:
    points = ((manifest.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = [text for point in points if (text := point.get("ip") or point.get("hostname"))]
    return ", ".join(found) or None
