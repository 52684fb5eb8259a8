"""What owners try with routes: take hosts of others, catch every request, and configure the shared controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.product.isolation.attempt import Attempt, Request
from tests.contract.product.isolation.kinds import collection, every_way, ingress, manifest, new, resource
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base
    from tests.contract.product.isolation.place import Manifest, Place

_CLASS = "kubernetes.io/ingress.class"
_NGINX = "nginx.ingress.kubernetes.io/"
ANNOTATIONS = {
    "server-snippet": f"{_NGINX}server-snippet",
    "configuration-snippet": f"{_NGINX}configuration-snippet",
    "auth-snippet": f"{_NGINX}auth-snippet",
    "server-alias": f"{_NGINX}server-alias",
    "the class of another controller": _CLASS,
}


def _with_rules(change: Callable[[Place, Manifest], Manifest]) -> Callable[[Place], Manifest]:
    def made(place: Place) -> Manifest:
        found = ingress("base", place.host)
        return {**found, "spec": change(place, found["spec"])}

    return made


def _second(place: Place, spec: Manifest) -> Manifest:
    return {"rules": [*spec["rules"], {**spec["rules"][0], "host": place.other_host}]}


_BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
INGRESSES: dict[str, Callable[[Place], Manifest]] = {
    "another tenant's host": lambda place: ingress("base", place.other_host),
    "another tenant's host as a second rule": _with_rules(_second),
    "a host of nobody": lambda _: ingress("base", "free.example.ai"),
    "a host below the tenant's own": lambda place: ingress("base", f"more.{place.host}"),
    "a wildcard": lambda _: ingress("base", "*.example.ai"),
    "no host": lambda _: ingress("base", None),
    "no rules but a default backend": _with_rules(lambda _p, _s: {"defaultBackend": _BACKEND}),
    "a default backend beside the rules": _with_rules(lambda _, spec: {**spec, "defaultBackend": _BACKEND}),
    "another tenant's host in `tls`": lambda place: ingress("base", place.host, tls=place.other_host),
    "another ingress class": _with_rules(lambda _, spec: {**spec, "ingressClassName": "of-the-platform"}),
}


def _annotated(key: str) -> Callable[[Place], Manifest]:
    def made(place: Place) -> Manifest:
        found = ingress("base", place.host, annotations={key: "x"})
        if key == _CLASS:  # the server takes one of the two ways of choosing a class
            found["spec"].pop("ingressClassName")
        return found

    return made


def _route(**fields: Callable[[Place], object]) -> Callable[[Place], Manifest]:
    def made(place: Place) -> Manifest:
        rules = [{"backendRefs": [{"name": "web", "port": 80}]}]
        spec = {"parentRefs": [{"name": "shared", "namespace": "gateways"}], "hostnames": [place.host], "rules": rules}
        spec |= {key: value(place) for key, value in fields.items()}
        return manifest("HTTPRoute", "tried", {"spec": {key: value for key, value in spec.items() if value != []}})

    return made


HTTP_ROUTES: dict[str, Callable[[Place], Manifest]] = {
    "another tenant's host": _route(hostnames=lambda place: [place.other_host]),
    "a second host of another": _route(hostnames=lambda place: [place.host, place.other_host]),
    "a wildcard": _route(hostnames=lambda _: ["*.example.ai"]),
    "no host": _route(hostnames=lambda _: []),
    "a Gateway that is not the platform's": _route(
        parentRefs=lambda place: [{"name": "internal", "namespace": place.other}]
    ),
}


def _gateways(place: Place, _: Base) -> Iterator[Request]:
    listener = {"name": "http", "port": 80, "protocol": "HTTP", "hostname": place.other_host}
    gateway = {"spec": {"gatewayClassName": "shared", "listeners": [listener]}}
    yield Request("Gateway", "POST", collection("Gateway", place.mine), manifest("Gateway", "tried", gateway))
    grant = {
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": place.mine}],
            "to": [{"group": "", "kind": "Service"}],
        }
    }
    path = collection("ReferenceGrant", place.other)
    yield Request("ReferenceGrant", "POST", path, manifest("ReferenceGrant", "tried", grant))


def _status(place: Place, _: Base) -> Iterator[Request]:
    status = {"status": {"loadBalancer": {"ingress": [{"hostname": place.other_host}]}}}
    yield Request("status", "PATCH", f"{collection('Ingress', place.mine)}/base/status", status, MERGE_PATCH)


HOST_ROWS = [
    *(
        Attempt(
            f"make an Ingress with {what}",
            ("guardrail hosts",),
            every_way("Ingress", hostile),
            who=("owner",),
        )
        for what, hostile in INGRESSES.items()
    ),
    *(
        Attempt(
            f"set the annotation {what} on an Ingress",
            ("guardrail hosts",),
            every_way("Ingress", _annotated(key)),
            who=("owner",),
        )
        for what, key in ANNOTATIONS.items()
    ),
    *(
        Attempt(
            f"make an HTTPRoute with {what}",
            ("guardrail hosts",),
            new("HTTPRoute", hostile),
            who=("owner",),
            needs=resource("HTTPRoute"),
        )
        for what, hostile in HTTP_ROUTES.items()
    ),
    Attempt("make a Gateway, or a grant in another tenant", ("RBAC",), _gateways, needs=resource("HTTPRoute")),
    Attempt(
        "make an Ingress as an editor",
        ("RBAC",),
        every_way("Ingress", lambda p: ingress("base", p.host)),
        who=("editor",),
    ),
    Attempt("write the status of an Ingress", ("RBAC",), _status),
]
