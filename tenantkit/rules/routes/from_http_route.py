"""The hosts and paths of an HTTPRoute, at the listeners that serve it.

Source: Gateway API, types `HTTPRoute` and `RouteParentStatus`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tenantkit.rules.routes.entry import Entry
from tenantkit.rules.routes.hosts import common_host, gateway_host
from tenantkit.rules.routes.listeners import parent_key
from tenantkit.rules.routes.paths import route_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.entry import Attachment, RouteOwner
    from tenantkit.rules.routes.hosts import Host
    from tenantkit.rules.routes.listeners import Listener, Listeners
    from tenantkit.rules.routes.paths import RoutePath

_NO_PARENT = "it names no Gateway and no ListenerSet"


class _Match(NamedTuple):
    """A path as the route has it; several matches of one path differ in their conditions only."""

    path: RoutePath
    is_certain: bool
    text: str | None
    kind: str | None


class _Served(NamedTuple):
    """A host of the route, and the hosts of it that are served."""

    asked: str
    host: Host


def http_route_entries(
    route: Manifest, owner: RouteOwner, listeners: Listeners, labels: Mapping[str, str] | None
) -> Iterator[Entry]:
    """Each host and path that an HTTPRoute asks for, once.

    Args:
        route: as a server returns it.
        owner: of its namespace.
        listeners: of the cluster.
        labels: of its namespace; None: not known.
    """
    metadata, spec = route["metadata"], route.get("spec") or {}
    asked = [gateway_host(text) for text in spec.get("hostnames") or (None,)]
    served, reasons, is_known = _attached(route, asked, listeners, labels)
    common: dict[str, Any] = {
        "kind": "HTTPRoute",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "owner": owner,
        "since": metadata.get("creationTimestamp") or "",
    }
    if not served and is_known:
        common |= {"problem": "not attached", "reason": "; ".join(dict.fromkeys(reasons)) or _NO_PARENT}
    places: Mapping[_Served, frozenset[Attachment]] = served or {
        _Served(host.text, host): frozenset() for host in asked
    }
    for (text, host), attachments in places.items():
        for match, has_conditions in _matches(spec).items():
            yield Entry(
                asked=text,
                host=host,
                path=match.path,
                path_text=match.text,
                path_type=match.kind,
                is_certain=match.is_certain and owner.is_known and is_known,
                has_conditions=has_conditions,
                attachments=attachments,
                **common,
            )


def _attached(
    route: Manifest, asked: Sequence[Host], listeners: Listeners, labels: Mapping[str, str] | None
) -> tuple[dict[_Served, frozenset[Attachment]], list[str], bool]:
    """The hosts that are served, why others are not, and whether both are known."""
    if labels is None or not listeners.is_complete:
        return {}, [], False
    namespace = route["metadata"]["namespace"]
    found: dict[_Served, set[Attachment]] = {}
    reasons: list[str] = []
    for reference in (route.get("spec") or {}).get("parentRefs") or ():
        key = parent_key(reference, namespace)
        if key is None:
            continue
        refusal = _refusal(route, reference)
        if key not in listeners.by_parent:
            reasons.append(f"there is no {key.words}")
        elif refusal:
            reasons.append(f"{key.words} does not accept it: {refusal}")
        else:
            chosen = list(_chosen(reference, listeners.by_parent[key]))
            open_ones = [it for it in chosen if it.accepts(namespace, labels or {})]
            pairs = [(host, it, common_host(host, it.host)) for host in asked for it in open_ones]
            for host, listener, common in pairs:
                if common is not None:
                    found.setdefault(_Served(host.text, common), set()).add(listener.attachment)
            if not any(common is not None for _, _, common in pairs):
                reasons.append(f"no listener of {key.words} {_lacking(chosen, open_ones)}")
    return {place: frozenset(attachments) for place, attachments in found.items()}, reasons, True


def _lacking(chosen: Sequence[Listener], open_ones: Sequence[Listener]) -> str:
    if open_ones:
        return "accepts its hostnames"
    return "accepts routes of its namespace" if chosen else "has the section and port that it names"


def _chosen(reference: Manifest, listeners: Sequence[Listener]) -> Iterator[Listener]:
    section, port = reference.get("sectionName"), reference.get("port")
    for listener in listeners:
        if section in (None, listener.section) and port in (None, listener.attachment.port):
            yield listener


def _refusal(route: Manifest, reference: Manifest) -> str:
    """Why a controller has not accepted the route at a parent; "": it has, or has not looked at this version."""
    namespace, generation = route["metadata"]["namespace"], route["metadata"].get("generation")
    fields = ("name", "sectionName", "port")
    for parent in (route.get("status") or {}).get("parents") or ():
        its = parent.get("parentRef") or {}
        is_same = parent_key(its, namespace) == parent_key(reference, namespace)
        if not is_same or any(its.get(name) != reference.get(name) for name in fields):
            continue
        for condition in parent.get("conditions") or ():
            is_current = condition.get("observedGeneration") in (None, generation)
            if condition.get("type") == "Accepted" and condition.get("status") == "False" and is_current:
                return condition.get("message") or condition.get("reason") or "the controller does not say why"
    return ""


def _matches(spec: Manifest) -> dict[_Match, bool]:
    """The paths of a route, and whether requests also have to meet conditions."""
    found: dict[_Match, bool] = {}
    nothing: Manifest = {}
    for rule in spec.get("rules") or (nothing,):
        for match in rule.get("matches") or (nothing,):
            path = match.get("path") or {}
            text, kind = path.get("value") or "/", path.get("type") or "PathPrefix"
            found_path, is_certain = route_path(text, kind)
            key = _Match(found_path, is_certain, text, kind)
            has_conditions = any(match.get(name) for name in ("headers", "queryParams", "method"))
            found[key] = found.get(key, False) or has_conditions
    return found
