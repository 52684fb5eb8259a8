"""Routes: where tenants' services are exposed.

Every Ingress in a tenant's namespace is shown, also one that tenantkit did not create. The tenant comes from the
namespace's labels, which only the platform writes; an Ingress's own label counts only where its Namespace may not be
read. Rejected alternative: listing Ingresses by label, which would show only those that tenantkit created.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import read_owners_of
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
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
    """Return where tenants' services are exposed: one row per host and path.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants'.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only Ingresses whose labels match, in the API server's syntax. Default: all.

    Returns:
        kind (`Ingress`), tenant, namespace, name (the object's), host (<NA>: any), path (<NA>: any), path_type, service
        (<NA>: the backend is not a service), port (number or name, as text), ingress_class (<NA>: the cluster's
        default), address (from the controller, joined by `, `; <NA>: none yet), url (<NA>: the host is not a single
        one): string; tls: boolean. Sorted by namespace, name, host and path.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        kind, why the columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: Ingresses may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list ingresses and namespaces; or list ingresses in each namespace, and get it. Source: page "Ingress".

    Example:
        >>> exposed = routes(cluster, tenant="speech")[["tenant", "url", "service"]]
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    ingresses, scope = list_visible(
        cluster, "Ingress", namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    incomplete: dict[str, str] = {}
    frame = routes_frame(ingresses, tenants=read_owners_of(ingresses, cluster, scope, incomplete, _tenant_of))
    note_unreadable(incomplete, ingresses)
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "routes", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def routes_frame(ingresses: Iterable[Manifest], *, tenants: Mapping[str, str | None] | None = None) -> pd.DataFrame:
    """The frame of `routes`, from Ingresses as the server returns them.

    Args:
        ingresses: of any namespaces.
        tenants: the tenant of each namespace; None: it has no tenant, and its Ingresses are left out. For a namespace
            that is missing, the Ingress's own label counts.
    """
    known = tenants or {}
    rows: list[tuple[Any, ...]] = []
    for ingress in as_read("Ingress", ingresses):
        metadata = ingress["metadata"]
        labelled = (metadata.get("labels") or {}).get(TENANT_LABEL)
        if known.get(metadata["namespace"], "") is not None:
            rows += _rows(ingress, known.get(metadata["namespace"], labelled))
    return frame_of_rows(sorted(rows, key=_place), ROUTES)


def _tenant_of(namespace: Manifest) -> str:
    tenant: str = namespace["metadata"]["labels"][TENANT_LABEL]
    return tenant


def _place(row: Sequence[Any]) -> tuple[str, ...]:
    _, _, namespace, name, host, path, path_type, *_ = row
    return namespace, name, host or "", path or "", path_type or ""


def _rows(ingress: Manifest, tenant: str | None) -> Iterator[tuple[Any, ...]]:
    metadata, spec = ingress["metadata"], ingress.get("spec") or {}
    controller = spec.get("ingressClassName") or (metadata.get("annotations") or {}).get(_CLASS_ANNOTATION)
    address = _address(ingress)
    for host, path, path_type, backend in _paths(spec):
        service, port = _service(backend)
        tls = _has_tls(host, spec)
        url = f"{'https' if tls else 'http'}://{host}{path or '/'}" if host and "*" not in host else None
        exposed = (host, path, path_type, service, port, tls, controller, address, url)
        yield ("Ingress", tenant, metadata["namespace"], metadata["name"], *exposed)


def _paths(spec: Manifest) -> Iterator[tuple[str | None, str | None, str | None, Manifest]]:
    """Host, path, path type and backend; the default backend has no host and no path."""
    if spec.get("defaultBackend"):
        yield None, None, None, spec["defaultBackend"]
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield rule.get("host") or None, path.get("path") or None, path.get("pathType"), path.get("backend") or {}


def _service(backend: Manifest) -> tuple[str | None, str | None]:
    service = backend.get("service") or {}
    port = service.get("port") or {}
    number = port.get("number")
    return service.get("name"), str(number) if number else port.get("name")


def _has_tls(host: str | None, spec: Manifest) -> bool:
    """Whether the host has a certificate; a TLS section without hosts covers all."""
    for section in spec.get("tls") or ():
        hosts = section.get("hosts") or ()
        if not hosts or host in hosts or (host and f"*.{host.partition('.')[2]}" in hosts):
            return True
    return False


def _address(ingress: Manifest) -> str | None:
    points = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = [text for point in points if (text := point.get("ip") or point.get("hostname"))]
    return ", ".join(found) or None
