"""A second matcher of routes, by walking a request's labels and segments, and the routes that tests draw.

It shares no code with `tenantkit.rules.routes`: it asks for each route whether one request is for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tenantkit.rules.routes.entry import Attachment, RouteOwner
from tenantkit.rules.routes.from_http_route import http_route_entries
from tenantkit.rules.routes.from_ingress import ingress_entries
from tenantkit.rules.routes.hosts import EVERY_HOST
from tenantkit.rules.routes.listeners import Listener, Listeners, ParentKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.entry import Entry

EDGE = Attachment("infra/edge", "web", 80, "gateway.envoyproxy.io/gatewayclass-controller")
LISTENERS = Listeners(
    {
        ParentKey("Gateway", "infra", "edge"): [
            Listener("web", EVERY_HOST, EDGE, {"namespaces": {"from": "All"}}, "infra")
        ]
    }
)


@dataclass(frozen=True)
class Asked:
    """One rule of an Ingress or HTTPRoute.

    Args:
        kind: of the object.
        host: as in the manifest; None: every host.
        path: likewise.
        path_type: `Prefix` or `Exact`.
        tenant: whose it is; None: it does not belong to a tenant.
        number: makes the object's name.
        since: when it was made.
    """

    kind: str = "Ingress"
    host: str | None = "shop.example.ai"
    path: str = "/"
    path_type: str = "Prefix"
    tenant: str | None = "a"
    number: int = 0
    since: str = "2026-11-25T12:00:00Z"

    @property
    def namespace(self) -> str:
        return self.tenant or f"ops-{self.number}"

    @property
    def manifest(self) -> Manifest:
        metadata = {"name": f"r{self.number}", "namespace": self.namespace, "creationTimestamp": self.since}
        if self.kind == "Ingress":
            rule = {"host": self.host, "http": {"paths": [{"path": self.path, "pathType": self.path_type}]}}
            return {"kind": self.kind, "metadata": metadata, "spec": {"rules": [rule]}}
        path_type = "PathPrefix" if self.path_type == "Prefix" else self.path_type
        spec: Manifest = {
            "parentRefs": [{"name": "edge", "namespace": "infra"}],
            "rules": [{"matches": [{"path": {"type": path_type, "value": self.path}}]}],
        }
        return {
            "kind": self.kind,
            "metadata": metadata,
            "spec": spec | ({"hostnames": [self.host]} if self.host else {}),
        }

    @property
    def entry(self) -> Entry:
        [entry] = entries_of(self.manifest, self.tenant)
        return entry

    def is_for(self, host: str, path: str) -> bool:
        """Whether a request is for this rule."""
        return self._has_host(host.split(".")) and self._has_path(path)

    def _has_host(self, labels: list[str]) -> bool:
        if not self.host:
            return True
        own = [label for label in self.host.lower().split(".") if label]
        if own[0] != "*":
            return labels == own
        more = len(labels) - len(own) + 1
        is_long_enough = more == 1 if self.kind == "Ingress" else more >= 1
        return is_long_enough and labels[more:] == own[1:]

    def _has_path(self, path: str) -> bool:
        if self.path_type == "Exact":
            return path == self.path
        own = [segment for segment in self.path.split("/") if segment]
        return path.split("/")[1 : len(own) + 1] == own


def entries_of(manifest: Manifest, tenant: str | None, listeners: Listeners = LISTENERS) -> list[Entry]:
    """The entries of an object."""
    owner = RouteOwner(tenant)
    if manifest["kind"] == "Ingress":
        return list(ingress_entries(manifest, owner, classes=None, default_class=None))
    return list(http_route_entries(manifest, owner, listeners, {}))


def requests_of(*routes: Asked) -> Iterator[tuple[str, str]]:
    """Requests, of which at least one is for all of some routes if any request is."""
    hosts, paths = {"w", "w.w"}, {"/"}
    for route in routes:
        name = (route.host or "").lower().rstrip(".")
        hosts |= {name.replace("*", "w"), name.replace("*", "w.w")} - {""}
        paths |= {route.path, route.path.rstrip("/") or "/", f"{route.path.rstrip('/')}/"}
    for host in hosts:
        for path in paths:
            yield host, path


def ask_for_the_same(one: Asked, other: Asked) -> bool:
    """Whether some request is for both."""
    return any(one.is_for(*request) and other.is_for(*request) for request in requests_of(one, other))


# few names, so that many of them meet
_LABELS = st.sampled_from(("a", "b", "w"))
_NAMES = st.lists(_LABELS, min_size=1, max_size=3).map(".".join)
_HOSTS = st.one_of(
    st.none(),
    _NAMES,
    _NAMES.map(lambda name: f"*.{name}"),
    _NAMES.map(lambda name: f"{name.upper()}."),
)
_PATHS = st.builds(
    lambda segments, end: "/" + "/".join(segments) + (end if segments else ""),
    st.lists(st.sampled_from(("ai", "ai-service", "v1")), max_size=3),
    st.sampled_from(("", "/")),
)
asked_routes = st.builds(
    Asked,
    st.sampled_from(("Ingress", "HTTPRoute")),
    _HOSTS,
    _PATHS,
    st.sampled_from(("Prefix", "Exact")),
    st.sampled_from(("a", "b", "c")),
    st.integers(0, 4),
    st.sampled_from(("2026-11-25T12:00:00Z", "2026-11-26T12:00:00Z")),
)
