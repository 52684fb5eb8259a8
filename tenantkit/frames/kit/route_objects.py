"""The objects that decide who has a host, as far as the user may read them.

They are read for the whole cluster where that is allowed, also for the rows of one tenant: another one may ask for its
hosts.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import ObjectList, unreadable_in
from tenantkit.cluster.visible import chosen_namespaces, list_visible
from tenantkit.exceptions import NotFound, PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in, note_unreadable
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.manifests.namespace import hosts_of
from tenantkit.rules.routes.entry import RouteOwner
from tenantkit.rules.routes.hosts import canonical_host
from tenantkit.rules.routes.listeners import Listeners, read_listeners

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest

_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_UNKNOWN = RouteOwner(None, is_known=False)
_UNSEEN = "others may ask for the same hosts; only those who may list the routes of all namespaces can see that"
# those after the Ingresses, whose scope they share
_KINDS = ("HTTPRoute", "Namespace", "IngressClass", "Gateway", "ListenerSet", "GatewayClass")
_BY_NAMESPACE = ("HTTPRoute", "Namespace")  # others are the platform's, and read for the whole cluster or not at all
_PARENTS = ("Gateway", "ListenerSet")


@dataclass(frozen=True, slots=True)
class RouteObjects:
    """What was read.

    Args:
        ingresses: as the server returns them.
        http_routes: likewise; none if the server does not have the Gateway API.
        parents: Gateways and ListenerSets, each with its kind.
        namespaces: by name.
        listeners: of Gateways and ListenerSets.
        classes: the names of IngressClasses; None: not known.
        default_class: of Ingresses that name none.
        scope: what the Ingresses cover.
        is_complete: whether these are all routes.
        incomplete: by kind, why objects are missing.
    """

    ingresses: Sequence[Manifest] = ()
    http_routes: Sequence[Manifest] = ()
    parents: Sequence[tuple[str, Manifest]] = ()
    namespaces: Mapping[str, Manifest] = field(default_factory=dict)
    listeners: Listeners = field(default_factory=Listeners)
    classes: frozenset[str] | None = None
    default_class: str | None = None
    scope: Scope = "cluster"
    is_complete: bool = True
    incomplete: dict[str, str] = field(default_factory=dict)

    def owner(self, namespace: str) -> RouteOwner:
        """Whose a namespace is."""
        found = self.namespaces.get(namespace)
        return _UNKNOWN if found is None else RouteOwner(_labels(found).get(TENANT_LABEL))

    def labels(self, namespace: str) -> Mapping[str, str] | None:
        """The labels of a namespace; None: not known."""
        found = self.namespaces.get(namespace)
        return None if found is None else _labels(found)

    @property
    def granted(self) -> dict[str, set[str]]:
        """The hosts of each tenant, as DNS compares them."""
        found: dict[str, set[str]] = {}
        for namespace in self.namespaces.values():
            tenant = _labels(namespace).get(TENANT_LABEL)
            if tenant is not None:
                found.setdefault(tenant, set()).update(map(canonical_host, hosts_of(namespace)))
        return found


def read_route_objects(cluster: Cluster, namespaces: Sequence[str] | None) -> RouteObjects:
    """Read what decides who has a host.

    Args:
        cluster: the connection.
        namespaces: those to read if the whole cluster may not be listed. Default: as for `list_visible`.

    Raises:
        PermissionDenied: Ingresses may not be listed anywhere.
        ClusterUnavailable: the server did not answer.

    RBAC: list ingresses, httproutes, gateways, listenersets, gatewayclasses, ingressclasses and namespaces; or list
    ingresses and httproutes in each namespace, and get it.
    """
    found, scope = _widest(cluster, "Ingress", namespaces)
    places = None if scope == "cluster" else scope
    answers = dict(zip(_KINDS, side_by_side(lambda kind: _read(cluster, kind, places), _KINDS), strict=True))
    ingresses, routes = as_read("Ingress", found), as_read("HTTPRoute", answers["HTTPRoute"].found)
    known = {each["metadata"]["name"]: each for each in as_read("Namespace", answers["Namespace"].found)}
    used = _used(scope, ingresses, routes)
    incomplete = {kind: text for kind in used if (text := answers[kind].gap(kind, scope)) is not None}
    if scope != "cluster":
        incomplete["Ingress"] = _UNSEEN
    note_unreadable(incomplete, found, *(answer.found for answer in answers.values()))
    classes = answers["IngressClass"]
    asking = [answers[kind] for kind in ("HTTPRoute", *_PARENTS)]
    return RouteObjects(
        ingresses,
        routes,
        [(kind, each) for kind in _PARENTS for each in as_read(kind, answers[kind].found)],
        known,
        _listeners(answers, known),
        None if classes.refusal else frozenset(each["metadata"]["name"] for each in classes.found),
        _default_class(classes.found),
        scope,
        _Answer(found, scope).is_complete and all(answer.is_complete for answer in asking),
        incomplete,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The objects of a kind, what they cover, and why there are no others."""

    found: ObjectList[Any]
    scope: Scope
    refusal: PermissionDenied | None = None

    @property
    def is_complete(self) -> bool:
        """Whether these are all of the cluster."""
        return self.scope == "cluster" and not unreadable_in(self.found)

    def gap(self, kind: str, scope: Scope) -> str | None:
        """Why objects are missing; None: none are."""
        return Worded.of(self.refusal) if self.refusal is not None else gap_in(kind, self.scope, scope)


def _widest(cluster: Cluster, kind: str, namespaces: Sequence[str] | None) -> tuple[ObjectList[Manifest], Scope]:
    """All objects of a kind, also if only some namespaces are asked for; else those that may be read."""
    if chosen_namespaces(cluster, namespaces):
        with suppress(PermissionDenied):
            return cluster.list(kind), "cluster"
    return list_visible(cluster, kind, namespaces=namespaces)


def _read(cluster: Cluster, kind: str, namespaces: Sequence[str] | None) -> _Answer:
    """The objects of a kind; of one that the server does not have, none are missing."""
    try:
        if kind not in _BY_NAMESPACE:
            return _Answer(cluster.list(kind), "cluster")
        if namespaces is None:
            return _Answer(*_widest(cluster, kind, None))
        return _Answer(*list_visible(cluster, kind, namespaces=namespaces))
    except NotFound:
        return _Answer(ObjectList(), "cluster")
    except PermissionDenied as refusal:
        return _Answer(ObjectList(), (), refusal)


def _used(scope: Scope, ingresses: Iterable[Manifest], routes: Sequence[Manifest]) -> list[str]:
    """The kinds that a row depends on."""
    used = ["HTTPRoute", "Namespace"]
    if any((each.get("spec") or {}).get("ingressClassName") for each in ingresses):
        used.append("IngressClass")
    if routes or scope == "cluster":  # else what is missing of others is told once
        used += _PARENTS
    return [*used, "GatewayClass"] if routes else used


def _listeners(answers: Mapping[str, _Answer], namespaces: Mapping[str, Manifest]) -> Listeners:
    gateways, sets = answers["Gateway"], answers["ListenerSet"]
    controllers = {
        each["metadata"]["name"]: (each.get("spec") or {}).get("controllerName") or ""
        for each in as_read("GatewayClass", answers["GatewayClass"].found)
    }
    is_complete = all(answer.is_complete for answer in (gateways, sets, answers["Namespace"]))
    return read_listeners(
        as_read("Gateway", gateways.found),
        as_read("ListenerSet", sets.found),
        controllers,
        {name: _labels(each) for name, each in namespaces.items()},
        is_complete=is_complete,
    )


def _default_class(classes: Iterable[Manifest]) -> str | None:
    """The newest of the default classes, as the API server chooses it."""
    found = [
        (each["metadata"].get("creationTimestamp") or "", each["metadata"]["name"])
        for each in classes
        if (each["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _labels(namespace: Manifest) -> Mapping[str, str]:
    return namespace["metadata"].get("labels") or {}
