"""Routing: by Ingresses, by a Gateway, or by both."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tenantkit.spec.tenant import Tenant

EDGE = Gateway(name="edge", namespace="infra")


def tenant(*routes: Route) -> Tenant:
    return Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small", routes=routes)


def problems(make: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSpecError) as caught:
        make()
    return [(problem.field, problem.reason) for problem in caught.value.problems]


@pytest.mark.parametrize("by", ["gateway", "both"])
def test_routing_by_a_gateway_needs_the_gateway(by: Any) -> None:
    reason = f"by={by!r} needs the Gateway, for example Gateway(name='edge', namespace='infra')"

    assert problems(lambda: Routing(by=by)) == [("gateway", reason)]


def test_a_gateway_that_nothing_uses_is_refused() -> None:
    reason = "Ingresses do not use it: leave it out, or use by='gateway' or by='both'"

    assert problems(lambda: Routing(gateway=EDGE)) == [("gateway", reason)]


def test_a_wrong_gateway_is_one_error_at_its_field() -> None:
    assert [field for field, _ in problems(lambda: Routing(by="gateway", gateway={"name": "Edge"}))] == [
        "gateway.name",
        "gateway.namespace",
    ]


def test_what_is_only_for_ingresses_may_stay_after_a_migration() -> None:
    routing = Routing(by="both", gateway=EDGE, tls_secret="{name}-tls", ingress_class="contour")

    assert routing.with_(by="gateway").kinds == ("HTTPRoute",)


@pytest.mark.parametrize("by", ["gateway", "both"])
def test_a_route_that_an_http_route_cannot_express_is_named_with_the_right_form(by: Any) -> None:
    platform = Platform(routing=Routing(by=by, gateway=EDGE))
    routes = (
        Route(service="web", port=80),
        Route(service="ai", port="http", path="/ai", path_type="ImplementationSpecific"),
    )

    assert problems(lambda: platform.check([tenant(*routes)])) == [
        ("vision.routes[1].port", "an HTTPRoute needs the port's number, for example 80"),
        ("vision.routes[1].path_type", "an HTTPRoute needs 'Prefix' or 'Exact'"),
    ]


def test_an_ingress_takes_every_port_and_path_type() -> None:
    Platform().check([tenant(Route(service="ai", port="http", path_type="ImplementationSpecific"))])
