"""The hosts and paths of an Ingress.

Source: page "Ingress", sections "Ingress rules", "DefaultBackend" and "Deprecated annotation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.routes.entry import Entry
from tenantkit.rules.routes.hosts import EVERY_HOST, ingress_host
from tenantkit.rules.routes.paths import EVERY_PATH, route_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.entry import RouteOwner

CLASS_ANNOTATION = "kubernetes.io/ingress.class"  # deprecated since 1.18, still in use


def ingress_entries(
    ingress: Manifest, owner: RouteOwner, *, classes: Collection[str] | None, default_class: str | None
) -> Iterator[Entry]:
    """Each host and path that an Ingress asks for, once.

    Args:
        ingress: as a server returns it.
        owner: of its namespace.
        classes: the names of all IngressClasses; None: not known.
        default_class: of Ingresses that name none.
    """
    metadata, spec = ingress["metadata"], ingress.get("spec") or {}
    named = spec.get("ingressClassName")
    legacy = (metadata.get("annotations") or {}).get(CLASS_ANNOTATION)  # needs no IngressClass of that name
    is_missing = named is not None and classes is not None and named not in classes
    common: dict[str, Any] = {
        "kind": "Ingress",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "owner": owner,
        "since": metadata.get("creationTimestamp") or "",
        "ingress_class": named or legacy or default_class,
        "problem": "no such class" if is_missing else None,
        "reason": f"there is no IngressClass {named!r}" if is_missing else "",
    }
    found: dict[Entry, None] = {}
    no_path: Manifest = {}
    for rule in spec.get("rules") or ():
        host = ingress_host(rule.get("host"))
        # without paths, all requests for the host go to the default backend
        for path in (rule.get("http") or {}).get("paths") or (no_path,):
            route, is_certain = route_path(path.get("path"), path.get("pathType"))
            entry = Entry(
                asked=host.text,
                host=host,
                path=route,
                path_text=path.get("path") or None,
                path_type=path.get("pathType"),
                is_certain=is_certain and owner.is_known,
                **common,
            )
            found[entry] = None
    yield from found
    if spec.get("defaultBackend"):
        is_certain = owner.is_known
        yield Entry(asked="", host=EVERY_HOST, path=EVERY_PATH, is_default=True, is_certain=is_certain, **common)
