"""Owners' routes by a Gateway, what others have made, and the Gateway itself; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound
from tenantkit.frames.host_owner import host_owner
from tenantkit.frames.routes import routes
from tenantkit.provision.apply import apply
from tenantkit.provision.install import plan_platform
from tenantkit.provision.life.adopt import adopt
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.routes import add_route, plan_add_route, remove_route
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tests.contract import namespaces
from tests.contract.tenants import ROUTE, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

GROUP = "gateway.networking.k8s.io"
DOCS = Route(service="docs", port=80, path="/docs")


def http_route(namespace: str, name: str, *hosts: str) -> dict[str, Any]:
    """An HTTPRoute that somebody makes by hand."""
    spec = {"parentRefs": [{"name": "edge", "namespace": "infra"}], "hostnames": list(hosts)}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{GROUP}/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def objects(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    """Kind and name of the objects of routes."""
    return [
        (kind, it["metadata"]["name"]) for kind in ("Ingress", "HTTPRoute") for it in cluster.list(kind, namespace=name)
    ]


def test_an_owner_adds_and_removes_both_objects_of_a_route_during_a_migration(
    cluster: Cluster, owner: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("both")

    added = add_route(owner, name, DOCS.with_(name="docs"), progress=False)
    again = add_route(owner, name, DOCS, progress=False)
    between = objects(cluster, name)
    removed = remove_route(owner, name, f"https://{name}.example.ai/docs", progress=False)

    assert added.summary == "2 applied"
    assert added.urls == {name: [f"http://{name}.example.ai/docs", f"https://{name}.example.ai/docs"]}
    assert again.summary == "2 unchanged"
    assert between == [("Ingress", "ai"), ("Ingress", "docs"), ("HTTPRoute", "docs")]
    assert removed.summary == "2 applied"
    assert objects(cluster, name) == [("Ingress", "ai")]


def test_a_route_that_is_set_again_moves_to_the_gateway(
    cluster: Cluster, owner: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")

    report = add_route(owner, name, ROUTE.with_(service="other"), replace=True, progress=False)

    assert [(it.ref.kind, it.action) for it in report.applied] == [("HTTPRoute", "create"), ("Ingress", "delete")]
    assert objects(cluster, name) == [("HTTPRoute", "ai")]
    assert get_tenant(owner, name).routes == (ROUTE.with_(service="other"),)


def test_a_route_that_an_http_route_cannot_express_is_refused_at_its_field(
    owner: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")

    with pytest.raises(InvalidSpecError) as caught:
        plan_add_route(owner, name, Route(service="web", port="http", path_type="ImplementationSpecific"))

    assert str(caught.value).splitlines()[-2:] == [
        f"{name}.routes[0].port='http': an HTTPRoute needs the port's number, for example 80",
        f"{name}.routes[0].path_type='ImplementationSpecific': an HTTPRoute needs 'Prefix' or 'Exact'",
    ]


def test_an_http_route_of_somebody_else_stays_and_is_shown(
    cluster: Cluster, owner: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")
    cluster.create(http_route(name, "by-hand", "other.example.com"))

    planned = plan(cluster, tenant(name, routes=[]))
    apply(cluster, planned, progress=False)

    [row] = [row for row in planned.rows if row.action == "foreign" and row.ref.kind == "HTTPRoute"]
    assert str(row.why) == ("it is not one of the tenant's routes, and the tenant was not granted 'other.example.com'")
    assert objects(cluster, name) == [("HTTPRoute", "by-hand")]
    shown = routes(owner, name).iloc[0]
    assert shown[["kind", "host", "gateway"]].tolist() == ["HTTPRoute", "other.example.com", "infra/edge"]
    assert shown[["tls", "url"]].isna().all()


def test_a_host_that_an_http_route_has_is_taken(cluster: Cluster, name: str) -> None:
    with namespaces.own_namespace(cluster, namespaces.fresh_name()) as place:
        cluster.create(http_route(place, "stranger", f"{name}.example.com"))

        [row] = host_owner(cluster, f"{name}.example.com").to_dict("records")

    assert row["state"] == "taken"
    assert row["next_steps"].startswith(f"HTTPRoute 'stranger' in namespace '{place}' has it")


def test_a_released_tenant_keeps_its_http_routes_and_an_adoption_finds_them(
    cluster: Cluster, name: str, route_by: Callable[..., None]
) -> None:
    route_by("gateway")
    apply(cluster, plan(cluster, tenant(name)), progress=False)

    planned = plan_release(cluster, [name])
    release(cluster, [name], progress=False)
    kept = objects(cluster, name)
    adopt(cluster, [tenant(name, routes=None)], progress=False)

    assert [row.code for row in planned.rows if row.ref.kind == "HTTPRoute"] == ["stays"]
    assert kept == [("HTTPRoute", "ai")]
    assert get_tenant(cluster, name).routes == (ROUTE,)


def test_a_plan_of_the_platform_says_what_the_gateway_lacks(cluster: Cluster, gateway_kinds: None) -> None:  # noqa: ARG001
    with namespaces.own_namespace(cluster, namespaces.fresh_name()) as place:
        before = _notices(cluster, place, section="https", tls=True)
        listeners = [
            {"name": "http", "protocol": "HTTP", "port": 80},
            {"name": "web", "protocol": "HTTP", "port": 81, "allowedRoutes": {"namespaces": {"from": "All"}}},
        ]
        spec = {"gatewayClassName": "edge", "listeners": listeners}
        metadata = {"name": "edge", "namespace": place}
        cluster.create({"apiVersion": f"{GROUP}/v1", "kind": "Gateway", "metadata": metadata, "spec": spec})
        what = f"Gateway 'edge' in namespace '{place}'"

        assert before == [f"{what} does not exist, so no route answers until it does"]
        assert _notices(cluster, place, section="https") == [
            f"{what} has no listener 'https', so no route answers; its listeners are 'http', 'web'"
        ]
        assert _notices(cluster, place, section="http", tls=True) == [
            f"{what} accepts only routes of its own namespace: set allowedRoutes.namespaces of its listener",
            f"{what} serves HTTP, and not HTTPS: set routing.gateway.tls to False, else the URLs of routes are wrong",
        ]
        assert _notices(cluster, place) == _notices(cluster, place, section="web") == []


def test_a_platform_of_ingresses_needs_no_gateway_api(bare: Cluster) -> None:
    report = apply(bare, plan(bare, tenant("vision")), progress=False)

    assert report.urls == {"vision": ["http://vision.example.ai/ai-service"]}
    assert routes(bare)["kind"].tolist() == ["Ingress"]
    assert get_tenant(bare, "vision").routes == (ROUTE,)
    assert add_route(bare, "vision", DOCS, progress=False).summary == "1 applied"
    assert remove_route(bare, "vision", "/docs", progress=False).summary == "1 applied"
    assert host_owner(bare, "new.example.ai")["state"].item() == "free"


def test_routing_by_a_gateway_without_the_gateway_api_is_one_error(bare: Cluster) -> None:
    platform = Platform(routing=Routing(by="both", gateway=Gateway(name="edge", namespace="infra")))
    text = (
        "this cluster has no HTTPRoutes, which routing.by 'both' needs: the CustomResourceDefinitions of the Gateway "
        "API are not installed. Nothing was written; install a controller of the Gateway API with its definitions, or "
        "set routing.by to 'ingress'"
    )

    planned: tuple[Callable[[], object], ...] = (
        lambda: plan_platform(bare, platform),
        lambda: plan(bare, tenant("speech"), platform=platform),
    )
    for refused in planned:
        with pytest.raises(NotFound) as caught:
            refused()
        assert str(caught.value) == text
    assert not plan(bare, tenant("speech", routes=[]), platform=platform).summary.startswith("nothing")


def _notices(cluster: Cluster, namespace: str, **fields: Any) -> list[str]:
    gateway = Gateway(name="edge", namespace=namespace, **fields)
    planned = plan_platform(cluster, Platform(routing=Routing(by="gateway", gateway=gateway)))
    return [str(notice) for notice in planned.notices if notice.code.startswith("gateway-")]
