"""The frame of routes, from Ingresses as a server answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.frames.routes import ROUTES, routes_frame
from tenantkit.manifests.routes import make_routes
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Gateway, Routing
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def path(path: str | None = "/", service: str = "web", port: int | str = 80, path_type: str = "Prefix") -> Manifest:
    behind = {"service": {"name": service, "port": {"number" if isinstance(port, int) else "name": port}}}
    return {"pathType": path_type, "backend": behind} | ({"path": path} if path is not None else {})


def ingress(*rules: Manifest, namespace: str = "vision", name: str = "ai", **spec: Any) -> Manifest:
    return {
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "labels": {"tenantkit.dev/tenant": namespace}},
        "spec": {"rules": list(rules), **spec},
        "status": {"loadBalancer": {}},
    }


def rule(host: str | None, *paths: Manifest) -> Manifest:
    return {"http": {"paths": list(paths or (path(),))}} | ({"host": host} if host else {})


def test_a_tenants_route_is_one_row() -> None:
    tenant = Tenant(
        name="vision",
        team="cv",
        owners=["dana@example.com"],
        size="small",
        routes=[Route(service="ai-service", port=80, path="/ai-service", name="ai")],
    )

    frame = routes_frame(make_routes(tenant, Platform()))

    expected = pd.DataFrame(
        {
            "kind": ["Ingress"],
            "tenant": ["vision"],
            "namespace": ["vision"],
            "name": ["ai"],
            "host": ["vision.example.ai"],
            "path": ["/ai-service"],
            "path_type": ["Prefix"],
            "service": ["ai-service"],
            "port": ["80"],
            "tls": [False],
            "ingress_class": [None],
            "gateway": [None],
            "address": [None],
            "url": ["http://vision.example.ai/ai-service"],
        }
    ).astype(ROUTES)
    pd.testing.assert_frame_equal(frame, expected)


def test_a_route_has_its_class_tls_and_address() -> None:
    platform = Platform(routing=Routing(ingress_class="contour", tls_secret="{name}-tls"))
    route = Route(service="web", port="http", path="/v1", path_type="Exact", name="web")
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small", routes=[route])
    [made] = make_routes(tenant, platform)
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}, {"hostname": "lb.example.com"}]}}

    row = routes_frame([made]).iloc[0]

    assert row[["path_type", "port", "tls", "ingress_class", "address", "url"]].tolist() == [
        "Exact",
        "http",
        True,
        "contour",
        "203.0.113.7, lb.example.com",
        "https://vision.example.ai/v1",
    ]


def test_an_http_route_has_its_gateway_and_the_scheme_of_its_listener() -> None:
    gateway = Gateway(name="edge", namespace="infra", section="https", tls=True)
    route = Route(service="web", port=80, path="/v1", name="web")
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small", routes=[route])
    made = make_routes(tenant, Platform(routing=Routing(by="both", gateway=gateway, ingress_class="contour")))

    frame = routes_frame(made)

    assert frame[["kind", "name", "path_type", "service", "port"]].to_numpy().tolist() == [
        ["HTTPRoute", "web", "Prefix", "web", "80"],
        ["Ingress", "web", "Prefix", "web", "80"],
    ]
    assert frame[["tls", "gateway", "url"]].iloc[0].tolist() == [
        True,
        "infra/edge/https",
        "https://vision.example.ai/v1",
    ]
    assert frame[["ingress_class", "address"]].iloc[0].isna().all()
    assert frame["gateway"].isna().tolist() == [False, True]


def test_whether_the_http_route_of_somebody_else_has_tls_is_not_known() -> None:
    spec = {"parentRefs": [{"name": "own"}, {"name": "edge", "namespace": "infra"}], "hostnames": ["a.example.ai"]}
    by_hand = {"kind": "HTTPRoute", "metadata": {"name": "web", "namespace": "vision"}, "spec": spec}

    row = routes_frame([by_hand]).iloc[0]

    assert row[["host", "path", "gateway"]].tolist() == ["a.example.ai", "/", "vision/own, infra/edge"]
    assert row[["tls", "url", "service"]].isna().all()


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    nothing = pd.DataFrame({name: [] for name in ROUTES}).astype(ROUTES)

    for ingresses in ([], [ingress()], [{"metadata": {"name": "ai", "namespace": "vision"}}]):
        pd.testing.assert_frame_equal(routes_frame(ingresses), nothing)


def test_each_host_and_path_is_a_row_in_a_stable_order() -> None:
    frame = routes_frame(
        [
            ingress(rule("b.example.ai", path("/z"), path("/a")), rule("a.example.ai"), namespace="speech"),
            ingress(rule("c.example.ai"), namespace="audio", name="z"),
            ingress(rule("c.example.ai"), namespace="audio", name="a"),
        ]
    )

    assert frame[["namespace", "name", "host", "path"]].to_numpy().tolist() == [
        ["audio", "a", "c.example.ai", "/"],
        ["audio", "z", "c.example.ai", "/"],
        ["speech", "ai", "a.example.ai", "/"],
        ["speech", "ai", "b.example.ai", "/a"],
        ["speech", "ai", "b.example.ai", "/z"],
    ]


def test_the_tenant_of_the_namespace_counts_before_the_ingress_s_own_label() -> None:
    ingresses = [
        ingress(rule("a.example.ai"), namespace="vision"),
        ingress(rule("b.example.ai"), namespace="foreign"),
        ingress(rule("c.example.ai"), namespace="unread"),
    ]
    ingresses[0]["metadata"]["labels"] = {"tenantkit.dev/tenant": "somebody-else"}

    frame = routes_frame(ingresses, tenants={"vision": "eyes", "foreign": None})

    assert frame[["namespace", "tenant"]].to_numpy().tolist() == [["unread", "unread"], ["vision", "eyes"]]


def test_an_ingress_that_tenantkit_did_not_create_is_a_route() -> None:
    by_hand = ingress(rule("a.example.ai"))
    del by_hand["metadata"]["labels"]

    assert routes_frame([by_hand], tenants={"vision": "vision"})["tenant"].tolist() == ["vision"]
    assert routes_frame([by_hand])["tenant"].isna().tolist() == [True]


def test_the_default_backend_is_a_route_for_any_host_and_path() -> None:
    behind = path(service="fallback", port=8080)["backend"]

    row = routes_frame([ingress(defaultBackend=behind)]).iloc[0]

    assert row[["service", "port", "tls"]].tolist() == ["fallback", "8080", False]
    assert row[["host", "path", "path_type", "url"]].isna().all()


def test_a_backend_that_is_not_a_service_is_missing() -> None:
    bucket = {"pathType": "Prefix", "path": "/", "backend": {"resource": {"kind": "Bucket", "name": "assets"}}}

    row = routes_frame([ingress(rule("a.example.ai", bucket))]).iloc[0]

    assert row[["service", "port"]].isna().all()
    assert row["url"] == "http://a.example.ai/"


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("a.example.ai", None, False),
        ("a.example.ai", [{"hosts": ["a.example.ai"]}], True),
        ("a.example.ai", [{"hosts": ["b.example.ai"]}, {"hosts": ["a.example.ai"]}], True),
        ("a.example.ai", [{"hosts": ["b.example.ai"]}], False),
        ("a.example.ai", [{"hosts": ["*.example.ai"]}], True),
        ("a.b.example.ai", [{"hosts": ["*.example.ai"]}], False),
        ("*.example.ai", [{"hosts": ["*.example.ai"]}], True),
        ("a.example.ai", [{"secretName": "cert"}], True),
        (None, [{"hosts": ["a.example.ai"]}], False),
        (None, [{}], True),
    ],
)
def test_tls_is_decided_per_host(host: str | None, tls: list[Manifest] | None, expected: bool) -> None:  # noqa: FBT001
    [row] = routes_frame([ingress(rule(host), tls=tls)]).to_dict("records")

    assert row["tls"] is expected


@pytest.mark.parametrize(
    ("host", "at", "url"),
    [
        ("a.example.ai", "/x", "http://a.example.ai/x"),
        ("a.example.ai", None, "http://a.example.ai/"),
        ("*.example.ai", "/x", pd.NA),
        (None, "/x", pd.NA),
    ],
)
def test_only_a_single_host_has_a_url(host: str | None, at: str | None, url: object) -> None:
    assert routes_frame([ingress(rule(host, path(at)))])["url"].tolist() == [url]


def test_the_deprecated_class_annotation_is_read_too() -> None:
    old = ingress(rule("a.example.ai"))
    old["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "nginx"}

    assert routes_frame([old])["ingress_class"].tolist() == ["nginx"]


def test_hostile_texts_are_kept_as_data() -> None:
    hostile = "<script>alert(1)</script>\x1b[31m"

    row = routes_frame([ingress(rule("a.example.ai", path(f"/{hostile}", service=hostile)))]).iloc[0]

    assert row[["path", "service", "url"]].tolist() == [f"/{hostile}", hostile, f"http://a.example.ai/{hostile}"]


def test_a_parent_that_is_a_service_is_no_gateway() -> None:
    route: Manifest = {
        "kind": "HTTPRoute",
        "metadata": {"name": "ai", "namespace": "forecast"},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "x"}], "hostnames": ["x.example.ai"]},
    }
    assert routes_frame([route])["gateway"].isna().all()

    route["spec"]["parentRefs"].append({"name": "edge", "namespace": "infra", "sectionName": "https"})
    assert routes_frame([route])["gateway"].tolist() == ["infra/edge/https"]
