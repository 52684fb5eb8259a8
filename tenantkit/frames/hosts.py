"""Hosts: who asks for which host and path, and who else asks for the same requests.

Every Ingress and HTTPRoute counts, whether a tenant's or not: a controller serves the older one, or merges both, and
tells nobody. The matching is in `rules.routes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import chosen_namespaces
from tenantkit.frames.kit.coverage import note_scope
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.route_objects import read_route_objects
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.routes.collisions import STATES, verdicts
from tenantkit.rules.routes.from_http_route import http_route_entries
from tenantkit.rules.routes.from_ingress import ingress_entries
from tenantkit.rules.routes.from_listeners import listener_entries
from tenantkit.rules.selectors.label_selectors import parse_label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.route_objects import RouteObjects
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.collisions import Verdict
    from tenantkit.rules.routes.entry import Entry

HOSTS: Schema = {
    "host": "string",
    "path": "string",
    "path_type": "string",
    "state": "string",
    "tenant": "string",
    "namespace": "string",
    "kind": "string",
    "name": "string",
    "ingress_class": "string",
    "gateway": "string",
    "since": TIME,
    "shared_with": "string",
    "winner": "string",
    "reason": "string",
}

_RANK = {state: rank for rank, state in enumerate(STATES)}


@takes_cluster
def hosts(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return who has which host and path, and who else asks for them: one row per host and path of an object.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's rows, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only the rows of these, in place of `tenant`. Default: those of the connection; if it has none, all
            that you may list, else those of your tenants.
        label_selector: only objects whose labels match, in the API server's syntax. Default: all.

    Returns:
        host (in lower case and ASCII form; <NA>: every host), path (<NA>: every path), path_type (both as in the
        object), state, tenant (<NA>: not a tenant's namespace, or not readable), namespace, kind (`Ingress`,
        `HTTPRoute`, or the `ListenerSet` or `Gateway` of a tenant, whose listeners take hosts), name, ingress_class
        (<NA>: none is named, and the cluster has no default), gateway (`namespace/name`, joined by `, `; <NA>: an
        Ingress, or not known), since: datetime64[us, UTC], when the object was made; shared_with (who asks for the same
        requests, as `Ingress/ai in speech`, joined by `, `; at most five), winner (who gets these requests today; <NA>:
        not known, since only Envoy Gateway was tested to have one), reason (of the state; <NA>: the other columns say
        it). All others: string.
        States, of which the first that is true is shown: `collides` (a request is for this and for another owner's
        route, whatever their class or Gateway); `outside grant` (the tenant was not granted that host); `no such
        class` (there is no IngressClass of that name); `not attached` (no listener of a Gateway or ListenerSet serves
        it); `unknown` (you may not see all routes, or only the controller decides); `shared within tenant` (with
        another object of the tenant); `owned`. Sorted by state, host and path, what needs attention first.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by kind, why the
        columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: Ingresses may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list ingresses, httproutes, gateways, listenersets, gatewayclasses, ingressclasses and namespaces; or list
    ingresses and httproutes in each namespace, and get it: then no row is `owned`, since others may have its host.
    Source: page "Ingress"; Gateway API, type HTTPRoute.

    Example:
        >>> hosts(cluster, tenant="speech")[["host", "path", "state"]].to_dict("records")
        [{'host': 'speech.example.ai', 'path': '/transcribe', 'state': 'owned'}]
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    chosen = chosen_namespaces(cluster, filters.namespaces)
    found = read_route_objects(cluster, filters.namespaces)
    selector = parse_label_selector(filters.label_selector or "")

    def is_wanted(manifest: Manifest) -> bool:
        metadata = manifest["metadata"]
        return (not chosen or metadata["namespace"] in chosen) and selector.matches(metadata.get("labels") or {})

    frame = hosts_frame(found, is_wanted=is_wanted)
    scope = chosen if chosen and found.scope == "cluster" else found.scope
    frame.attrs["incomplete"] = found.incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "hosts", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def hosts_frame(found: RouteObjects, *, is_wanted: Callable[[Manifest], bool] = lambda _: True) -> pd.DataFrame:
    """The frame of `hosts`.

    Args:
        found: all objects that are known.
        is_wanted: whether an object has rows. Default: each.
    """
    entries = dict(_entries(found))
    judged = verdicts(entries, found.granted, is_complete=found.is_complete)
    wanted = ((entry, judged[entry]) for entry, manifest in entries.items() if is_wanted(manifest))
    return frame_of_rows((_row(*each) for each in sorted(wanted, key=_place)), HOSTS)


def _entries(found: RouteObjects) -> Iterator[tuple[Entry, Manifest]]:
    for ingress in found.ingresses:
        owner = found.owner(ingress["metadata"]["namespace"])
        for entry in ingress_entries(ingress, owner, classes=found.classes, default_class=found.default_class):
            yield entry, ingress
    for route in found.http_routes:
        namespace = route["metadata"]["namespace"]
        for entry in http_route_entries(route, found.owner(namespace), found.listeners, found.labels(namespace)):
            yield entry, route
    for kind, parent in found.parents:
        for entry in listener_entries(kind, parent, found.owner(parent["metadata"]["namespace"]), found.listeners):
            yield entry, parent


def _place(judged: tuple[Entry, Verdict]) -> tuple[Any, ...]:
    entry, verdict = judged
    return _RANK[verdict.state], entry.host.text, entry.path.text, *entry.order


def _row(entry: Entry, verdict: Verdict) -> tuple[Any, ...]:
    shared = [each.object for each in verdict.others]
    return (
        entry.host.text or None,
        entry.path_text,
        entry.path_type,
        verdict.state,
        entry.owner.tenant,
        entry.namespace,
        entry.kind,
        entry.name,
        entry.ingress_class,
        ", ".join(sorted({each.gateway for each in entry.attachments})) or None,
        entry.since or None,
        ", ".join([*dict.fromkeys(shared), *(["and more"] if verdict.has_more else [])]) or None,
        verdict.winner.object if verdict.winner is not None else None,
        verdict.reason or None,
    )
