"""Where tenants' services are exposed.

Every Ingress in a tenant's namespace counts, also one that somebody made by hand: what is exposed is exposed. Whose a
namespace is, its own labels say, which only the platform writes; an Ingress's label is believed only where the
Namespace may not be read. Turned down: listing by the label, which would show no more than tenantkit itself has made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored import TENANT_NAMESPACES

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
    "class": "string",
    "address": "string",
    "url": "string",
}

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"  # deprecated since 1.18, and still written


@takes_cluster
def routes(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """Where tenants' services are exposed: one row per host and path.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        kind (`Ingress`), tenant, namespace, name (the object's), host (<NA>: any), path (<NA>: any), path_type,
        service (<NA> where something else is behind it), port (number or name, as text), class (<NA>: the cluster's
        default), address (what the controller says it is reached at, joined by `, `; <NA>: not yet), url (<NA> where
        there is no one host): string; tls: boolean. Sorted by namespace, name, host and path. `attrs["scope"]` is
        `cluster`, or the tuple of namespaces that it covers.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list ingresses and namespaces; or list ingresses in each namespace, and get it. Source: page "Ingress".

    Example:
        >>> routes(cluster)[["tenant", "url", "service"]]  # doctest: +SKIP
    """
    ingresses, scope = list_visible(cluster, "Ingress", namespaces=namespaces)
    frame = routes_frame(ingresses, tenants=_tenants(cluster, namespaces, ingresses))
    frame.attrs["scope"] = scope
    return frame


def routes_frame(ingresses: Iterable[Manifest], *, tenants: Mapping[str, str | None] | None = None) -> pd.DataFrame:
    """The frame of `routes`, of Ingresses as the server answered them.

    Args:
        ingresses: of any namespaces.
        tenants: whose each namespace is; those that are None are nobody's, and left out. For namespaces that are not
            there the Ingress's own label counts.
    """
    known = tenants or {}
    rows: list[tuple[Any, ...]] = []
    for ingress in ingresses:
        metadata = ingress["metadata"]
        labelled = (metadata.get("labels") or {}).get(TENANT_LABEL)
        if known.get(metadata["namespace"], "") is not None:
            rows += _rows(ingress, known.get(metadata["namespace"], labelled))
    return frame_of_rows(sorted(rows, key=_place), ROUTES)


def _tenants(
    cluster: Cluster, namespaces: Sequence[str] | None, ingresses: Iterable[Manifest]
) -> dict[str, str | None]:
    """Whose the namespaces of these Ingresses are, as far as that may be read."""
    try:
        found, scope = list_visible(cluster, "Namespace", namespaces=namespaces, label_selector=TENANT_NAMESPACES)
    except PermissionDenied:
        return {}
    tenants = {each["metadata"]["name"]: each["metadata"]["labels"][TENANT_LABEL] for each in found}
    asked = {ingress["metadata"]["namespace"] for ingress in ingresses}
    return {name: tenants.get(name) for name in asked if scope == "cluster" or name in scope}


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
    """Host, path, its type and what is behind it; what no rule takes goes to the default backend."""
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
    """Whether a certificate is named for the host; a TLS section without hosts is for all."""
    for section in spec.get("tls") or ():
        hosts = section.get("hosts") or ()
        if not hosts or host in hosts or (host and f"*.{host.partition('.')[2]}" in hosts):
            return True
    return False


def _address(ingress: Manifest) -> str | None:
    points = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = [text for point in points if (text := point.get("ip") or point.get("hostname"))]
    return ", ".join(found) or None
