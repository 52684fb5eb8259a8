"""From Ingresses to a Gateway and back: in two plans, in one, and where an HTTPRoute is refused; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError
from tenantkit.frames.routes import routes
from tenantkit.provision.apply import apply
from tenantkit.provision.install import plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Routing
from tests.contract.product.routing.conftest import EDGE
from tests.contract.tenants import ROUTE, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.report import ApplyOutcome, Report

GROUP = "gateway.networking.k8s.io"


def kinds(cluster: Cluster, name: str) -> list[str]:
    """The kinds of the objects of the tenant's routes."""
    return [kind for kind in ("HTTPRoute", "Ingress") for _ in cluster.list(kind, namespace=name)]


def applied(cluster: Cluster, name: str, **fields: object) -> tuple[Report, list[tuple[str, str]], list[list[str]]]:
    """The report of a plan, its writes to routes in their order, and which kinds were there after each."""
    written: list[tuple[str, str]] = []
    seen: list[list[str]] = []

    def note(outcome: ApplyOutcome) -> None:
        if outcome.ref.kind in ("Ingress", "HTTPRoute"):
            written.append((outcome.action, outcome.ref.kind))
            seen.append(kinds(cluster, name))

    wanted = get_tenant(cluster, name).with_(**{"routes": None} | fields)
    return apply(cluster, plan(cluster, wanted), progress=False, on_progress=note), written, seen


def test_a_route_by_a_gateway_is_an_http_route_that_no_second_plan_changes(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")
    wanted = tenant(name, routes=[ROUTE, Route(service="web", port=8080, path="/status", path_type="Exact")])

    report = apply(cluster, plan(cluster, wanted), progress=False)

    live = cluster.get("HTTPRoute", "ai", name)
    parent = {"group": GROUP, "kind": "Gateway", "namespace": "infra", "name": "edge", "sectionName": "https"}
    assert live["spec"] == {
        "parentRefs": [parent],
        "hostnames": [f"{name}.example.ai"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/ai-service"}}],
                "backendRefs": [{"group": "", "kind": "Service", "name": "ai-service", "port": 80, "weight": 1}],
            }
        ],
    }
    assert report.urls == {name: [f"https://{name}.example.ai/ai-service", f"https://{name}.example.ai/status"]}
    assert not plan(cluster, wanted).has_changes
    assert get_tenant(cluster, name).routes == wanted.routes
    assert kinds(cluster, name) == ["HTTPRoute", "HTTPRoute"]


def test_in_two_plans_http_routes_come_beside_ingresses_and_then_ingresses_go(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("both")
    first = applied(cluster, name)
    between = routes(cluster, name)
    route_by("gateway")
    second = applied(cluster, name)

    assert first[1:] == ([("create", "HTTPRoute")], [["HTTPRoute", "Ingress"]])
    assert between[["kind", "gateway", "url"]].fillna("").to_numpy().tolist() == [
        ["HTTPRoute", "infra/edge/https", f"https://{name}.example.ai/ai-service"],
        ["Ingress", "", f"http://{name}.example.ai/ai-service"],
    ]
    assert second[1:] == ([("delete", "Ingress")], [["HTTPRoute"]])
    assert not plan(cluster, get_tenant(cluster, name)).has_changes


def test_in_one_plan_http_routes_are_made_before_ingresses_go(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")

    _, written, seen = applied(cluster, name)

    assert written == [("create", "HTTPRoute"), ("delete", "Ingress")]
    assert seen == [["HTTPRoute", "Ingress"], ["HTTPRoute"]]


def test_the_way_back_is_the_same(cluster: Cluster, name: str, route_by: Callable[..., None]) -> None:
    route_by("gateway")
    applied(cluster, name)
    route_by("ingress")

    _, written, seen = applied(cluster, name)

    assert written == [("create", "Ingress"), ("delete", "HTTPRoute")]
    assert seen == [["HTTPRoute", "Ingress"], ["Ingress"]]
    assert get_tenant(cluster, name).routes == (ROUTE,)


def test_an_ingress_stays_while_its_http_route_is_refused(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    small = Quota(requests_cpu=1, requests_memory="1Gi", storage="1Gi", pods=1, ingresses=1)
    applied(cluster, name, size=None, quota=small)
    other = {"parentRefs": [{"name": "edge", "namespace": "infra"}], "hostnames": [f"{name}.example.ai"]}
    body = {"apiVersion": f"{GROUP}/v1", "kind": "HTTPRoute", "metadata": {"name": "other", "namespace": name}}
    cluster.create({**body, "spec": other})
    route_by("gateway")

    with pytest.raises(PartialApplyError) as caught:
        applied(cluster, name)

    report = caught.value.report
    assert [(it.ref.kind, it.action) for it in report.failed] == [("HTTPRoute", "create")]
    assert [(it.ref.kind, it.action) for it in report.not_attempted] == [("Ingress", "delete")]
    assert str(report.not_attempted[0].why) == (
        "it stays until the object that takes its place is written, so that its URL still answers"
    )
    assert [it["metadata"]["name"] for it in cluster.list("Ingress", namespace=name)] == ["ai"]


def test_a_plan_says_which_urls_stay_and_by_what_they_are_served(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("ingress", tls_secret="{name}-tls")
    applied(cluster, name)
    url, leave = f"https://{name}.example.ai/ai-service", get_tenant(cluster, name).with_(routes=None)

    route_by("gateway", tls_secret="{name}-tls")
    at_once = plan(cluster, leave)
    route_by("both", tls_secret="{name}-tls")
    beside = plan(cluster, leave)
    apply(cluster, beside, progress=False)
    route_by("gateway", tls_secret="{name}-tls")
    after = plan(cluster, leave)

    assert at_once.headlines == (f"{name}: {url} is served by an HTTPRoute instead of an Ingress",)
    assert beside.headlines == (f"{name}: {url} is also served by an HTTPRoute",)
    assert after.headlines == (f"{name}: {url} is no longer served by an Ingress",)


def test_a_route_that_cannot_move_stays_an_ingress_and_the_plan_says_so(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    named = Route(name="named", service="web", port="http", path="/named")
    applied(cluster, name, routes=[ROUTE, named])
    route_by("gateway")

    moved = plan(cluster, get_tenant(cluster, name).with_(routes=None))
    apply(cluster, moved, progress=False)
    whole = plan(cluster, get_tenant(cluster, name))

    [notice] = [it for it in moved.notices if it.code == "route-not-moved"]
    assert str(notice) == (
        f"route {name}.example.ai/named stays an Ingress, since port 'http' is a name: an HTTPRoute needs a number, "
        f"and Prefix or Exact"
    )
    assert [it["metadata"]["name"] for it in cluster.list("Ingress", namespace=name)] == ["named"]
    assert [it["metadata"]["name"] for it in cluster.list("HTTPRoute", namespace=name)] == ["ai"]
    assert [change.action for change in whole.changes] == ["blocked"]
    assert "routes[1].port='http': an HTTPRoute needs the port's number, for example 80" in str(whole)


def test_a_platform_that_moves_all_at_once_is_told_of_the_gentle_way(
    cluster: Cluster,
    name: str,  # noqa: ARG001 (a tenant to move)
) -> None:
    gateway, both = (Platform(routing=Routing(by=by, gateway=EDGE)) for by in ("gateway", "both"))

    at_once = [str(notice) for notice in plan_platform(cluster, gateway).notices if notice.code == "routes-move"]
    gently = [notice for notice in plan_platform(cluster, both).notices if notice.code == "routes-move"]

    [notice] = at_once
    assert notice == (
        "the next plan of each tenant creates HTTPRoutes and then deletes its Ingresses, and a controller may need "
        "some seconds to take up the new ones: to check them first, use routing.by 'both'"
    )
    assert gently == []
