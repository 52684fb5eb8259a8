"""The objects of routes, and what they serve, read back in the same words."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.manifests.routes import make_routes
from tenantkit.manifests.served_paths import ServedPath, served_paths
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tenantkit.spec.tenant import Tenant

LABELS = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"}
EDGE = Gateway(name="edge", namespace="infra", section="https", tls=True)
AI = Route(name="ai", service="ai-service", port=80, path="/ai")
EXACT = Route(name="status", service="web", port=8080, path="/status", path_type="Exact")
NAMED = Route(name="named", service="web", port="http", path="/named")


def made(*routes: Route, by: Any = "gateway", gateway: Gateway = EDGE, **routing: Any) -> list[Any]:
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small", routes=routes)
    return make_routes(tenant, Platform(routing=Routing(by=by, gateway=gateway, **routing)))


def http_route(**spec: Any) -> dict[str, Any]:
    return {"kind": "HTTPRoute", "metadata": {"name": "ai", "namespace": "vision"}, "spec": spec}


def test_an_http_route_attaches_to_the_platforms_gateway_and_names_every_default() -> None:
    assert made(AI) == [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {
                "name": "ai",
                "namespace": "vision",
                "labels": LABELS,
                "annotations": {"tenantkit.dev/scheme": "https"},
            },
            "spec": {
                "parentRefs": [
                    {
                        "group": "gateway.networking.k8s.io",
                        "kind": "Gateway",
                        "namespace": "infra",
                        "name": "edge",
                        "sectionName": "https",
                    }
                ],
                "hostnames": ["vision.example.ai"],
                "rules": [
                    {
                        "matches": [{"path": {"type": "PathPrefix", "value": "/ai"}}],
                        "backendRefs": [
                            {"group": "", "kind": "Service", "name": "ai-service", "port": 80, "weight": 1}
                        ],
                    }
                ],
            },
        }
    ]


def test_without_a_section_any_listener_may_take_the_route() -> None:
    [route] = made(EXACT, gateway=Gateway(name="edge", namespace="infra"))

    assert "sectionName" not in route["spec"]["parentRefs"][0]
    assert route["metadata"]["annotations"] == {"tenantkit.dev/scheme": "http"}
    assert route["spec"]["rules"][0]["matches"] == [{"path": {"type": "Exact", "value": "/status"}}]


def test_annotations_and_certificates_of_ingresses_are_not_those_of_http_routes() -> None:
    [ingress, route] = made(AI, by="both", tls_secret="{name}-tls", annotations={"example.org/issuer": "ca"})

    assert ingress["metadata"]["annotations"] == {"example.org/issuer": "ca"}
    assert ingress["spec"]["tls"] == [{"hosts": ["vision.example.ai"], "secretName": "vision-tls"}]
    assert route["metadata"]["annotations"] == {"tenantkit.dev/scheme": "https"}
    assert "tls" not in route["spec"]


def test_both_objects_of_a_route_have_one_name_and_all_ingresses_come_first() -> None:
    assert [(it["kind"], it["metadata"]["name"]) for it in made(AI, EXACT, by="both")] == [
        ("Ingress", "ai"),
        ("Ingress", "status"),
        ("HTTPRoute", "ai"),
        ("HTTPRoute", "status"),
    ]


def test_a_route_that_an_http_route_cannot_express_stays_an_ingress() -> None:
    assert [(it["kind"], it["metadata"]["name"]) for it in made(NAMED, AI)] == [
        ("Ingress", "named"),
        ("HTTPRoute", "ai"),
    ]


@pytest.mark.parametrize("route", [AI, EXACT])
def test_what_is_made_is_read_back_alike_of_both_kinds(route: Route) -> None:
    [ingress, http] = made(route, by="both", tls_secret="a")
    expected = ServedPath("vision.example.ai", route.path, route.path_type, route.service, route.port, has_tls=True)

    assert served_paths(ingress) == served_paths(http) == [expected]
    assert expected.url == f"https://vision.example.ai{route.path}"


def test_each_host_match_and_backend_of_an_http_route_counts() -> None:
    route = http_route(
        hostnames=["a.example.ai", "*.example.ai"],
        rules=[
            {
                "matches": [{"path": {"type": "RegularExpression", "value": "/a.*"}}, {"headers": []}],
                "backendRefs": [{"name": "web", "port": 80}, {"name": "ai", "namespace": "other", "port": 81}],
            }
        ],
    )

    assert [(it.host, it.path, it.path_type, it.service, it.port, it.url) for it in served_paths(route)[:4]] == [
        ("a.example.ai", "/a.*", "RegularExpression", "web", 80, None),
        ("a.example.ai", "/a.*", "RegularExpression", "other/ai", 81, None),
        ("a.example.ai", "/", "Prefix", "web", 80, None),
        ("a.example.ai", "/", "Prefix", "other/ai", 81, None),
    ]
    assert {it.host for it in served_paths(route)[4:]} == {"*.example.ai"}


def test_an_http_route_without_hosts_rules_or_a_service_serves_every_host_and_no_service() -> None:
    redirect = http_route(rules=[{"filters": [{"type": "RequestRedirect"}]}])
    other = http_route(rules=[{"backendRefs": [{"group": "example.org", "kind": "Function", "name": "f"}]}])
    nothing = ServedPath(None, "/", "Prefix", None, None, None)

    assert served_paths(redirect) == served_paths(other) == served_paths(http_route()) == [nothing]
    assert (nothing.place, nothing.backend) == ("every host/", "no Service")


@pytest.mark.parametrize("odd", [None, {}, {"kind": "Ingress"}, {"kind": "Ingress", "spec": {"rules": [None, "x"]}}])
def test_an_odd_object_serves_nothing(odd: Any) -> None:
    assert served_paths(odd) == []
