"""Routes of the tests, as manifests, and the namespaces, classes and Gateways that they use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tenantkit.manifests.labels import HOSTS_ANNOTATION, TENANT_LABEL, own_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest

    Where: TypeAlias = Literal["a", "b", "ops"]

GATEWAY_API = "gateway.networking.k8s.io/v1"
ENVOY_GATEWAY = "gateway.envoyproxy.io/gatewayclass-controller"
BACKEND = {"service": {"name": "ai", "port": {"number": 80}}}


@dataclass(frozen=True)
class Places:
    """The namespaces of two tenants, one of no tenant, and one with Gateways; `run` makes all names unique."""

    run: str

    def namespace(self, where: Where) -> str:
        return f"{where}-{self.run}"

    @property
    def infra(self) -> str:
        return f"infra-{self.run}"

    @property
    def domain(self) -> str:
        return f"{self.run}.ai"

    def host(self, text: str | None) -> str | None:
        """A host of the tests: `shop` or `*.shop` below the domain, `@` for the domain itself, None for every host."""
        return text and (self.domain if text == "@" else f"{text}.{self.domain}")


@dataclass(frozen=True)
class Wanted:
    """An Ingress or HTTPRoute.

    Args:
        kind: of the object.
        host: as in `Places.host`.
        path: None: no path.
        path_type: as in the object.
        at: of an HTTPRoute, `GATEWAY` or `GATEWAY/SECTION`; of an Ingress, its class or "".
        is_default: whether an Ingress has only a default backend.
        more: further fields of the spec.
    """

    kind: str
    host: str | None
    path: str | None = "/"
    path_type: str = "Prefix"
    at: str = ""
    is_default: bool = False
    match: Manifest = field(default_factory=dict)

    def manifest(self, places: Places, where: Where, name: str) -> Manifest:
        metadata = {"name": name, "namespace": places.namespace(where)}
        if self.kind == "Ingress":
            return {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": metadata,
                "spec": self._ingress(places),
            }
        gateway, _, section = self.at.partition("/")
        parent: Manifest = {"name": gateway, "namespace": places.infra} | ({"sectionName": section} if section else {})
        host = places.host(self.host)
        spec: dict[str, Any] = {"parentRefs": [parent], **({"hostnames": [host]} if host else {})}
        if self.path is not None:
            spec["rules"] = [{"matches": [{"path": {"type": self.path_type, "value": self.path}} | self.match]}]
        return {"apiVersion": GATEWAY_API, "kind": "HTTPRoute", "metadata": metadata, "spec": spec}

    def _ingress(self, places: Places) -> Manifest:
        spec: Manifest = {"ingressClassName": f"{self.at}-{places.run}"} if self.at else {}
        if self.is_default:
            return spec | {"defaultBackend": BACKEND}
        host = places.host(self.host)
        rule: Manifest = {"host": host} if host else {}
        if self.path is not None:
            path = {"path": self.path, "pathType": self.path_type, "backend": BACKEND}
            rule["http"] = {"paths": [path]}
        return spec | {"rules": [rule]} if rule else spec


def namespaces(places: Places, granted: tuple[str, ...]) -> Iterator[Manifest]:
    """The namespaces; both tenants have all hosts, so that a route that collides with nobody is theirs."""
    hosts = ",".join(filter(None, map(places.host, granted)))
    for where in ("a", "b", "ops"):
        name = places.namespace(where)
        of_tenant = {"labels": own_labels(name), "annotations": {HOSTS_ANNOTATION: hosts}} if where != "ops" else {}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **of_tenant}}
        assert where == "ops" or TENANT_LABEL in of_tenant["labels"]
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": places.infra}}


def ingress_class(places: Places) -> Manifest:
    """The only class of Ingresses that exists."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": f"shared-{places.run}"},
        "spec": {"controller": "example.com/ingress"},
    }


def gateways(places: Places) -> Iterator[Manifest]:
    """A Gateway of Envoy Gateway with three listeners, one of another controller, and one that takes no routes."""
    everyone = {"namespaces": {"from": "All"}}
    web: Manifest = {"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": everyone}
    other = web | {"name": "other", "port": 8080}
    own = web | {"name": "own", "port": 9090, "hostname": f"*.gw.{places.domain}"}
    for name, controller, listeners in (
        ("edge", ENVOY_GATEWAY, [web, other, own]),
        ("far", "example.com/gateway", [web]),
        ("closed", ENVOY_GATEWAY, [web | {"allowedRoutes": {"namespaces": {"from": "Same"}}}]),
    ):
        gateway_class = f"{name}-{places.run}"
        yield {
            "apiVersion": GATEWAY_API,
            "kind": "GatewayClass",
            "metadata": {"name": gateway_class},
            "spec": {"controllerName": controller},
        }
        yield {
            "apiVersion": GATEWAY_API,
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": places.infra},
            "spec": {"gatewayClassName": gateway_class, "listeners": listeners},
        }
