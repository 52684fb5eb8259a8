"""What Ingresses and HTTPRoutes ask for, as it is read from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.routes.entry import RouteOwner
from tenantkit.rules.routes.from_http_route import http_route_entries
from tenantkit.rules.routes.from_ingress import CLASS_ANNOTATION, ingress_entries
from tenantkit.rules.routes.hosts import EVERY_HOST, Host, canonical_host, gateway_host
from tenantkit.rules.routes.listeners import Listeners, read_listeners
from tenantkit.rules.routes.paths import EVERY_PATH, RoutePath, route_path

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.entry import Entry

VISION = RouteOwner("vision")
LABELS = {"vision": {"team": "cv"}, "infra": {}}


def ingress(*rules: Manifest, annotations: Manifest | None = None, **spec: Any) -> Manifest:
    metadata = {"name": "ai", "namespace": "vision", "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"rules": list(rules), **spec}}


def read(manifest: Manifest, classes: set[str] | None = None, default_class: str | None = None) -> list[Entry]:
    return list(ingress_entries(manifest, VISION, classes=classes, default_class=default_class))


def rule(host: str | None, path: str = "/ai", path_type: str = "Prefix") -> Manifest:
    return {"host": host, "http": {"paths": [{"path": path, "pathType": path_type}]}}


def gateway(*listeners: Manifest, **spec: Any) -> Manifest:
    found = listeners or ({"name": "web", "port": 80, "protocol": "HTTP"},)
    metadata = {"name": "edge", "namespace": "infra"}
    return {"metadata": metadata, "spec": {"gatewayClassName": "eg", "listeners": list(found), **spec}}


def listener(name: str = "web", **fields: Any) -> Manifest:
    return {"name": name, "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}} | fields


def listener_set(*listeners: Manifest, namespace: str = "vision") -> Manifest:
    spec = {"parentRef": {"name": "edge", "namespace": "infra"}, "listeners": list(listeners)}
    return {"metadata": {"name": "own", "namespace": namespace}, "spec": spec}


def listeners_of(gateways: list[Manifest], sets: list[Manifest] | None = None) -> Listeners:
    return read_listeners(gateways, sets or [], {"eg": "example.com/controller"}, LABELS)


def route(*hostnames: str, parent: Manifest | None = None, **fields: Any) -> Manifest:
    metadata = {"name": "ai", "namespace": "vision", "generation": 2}
    spec = {"hostnames": list(hostnames), "parentRefs": [{"name": "edge", "namespace": "infra"} | (parent or {})]}
    return {"metadata": metadata, "spec": spec} | fields


def attached(manifest: Manifest, found: Listeners) -> list[tuple[str, str, str]]:
    """Host, Gateway and reason of each entry."""
    entries = http_route_entries(manifest, VISION, found, LABELS["vision"])
    return [(it.host.text, ",".join(sorted(at.listener for at in it.attachments)), it.reason) for it in entries]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Vision.Example.AI", "vision.example.ai"),
        ("vision.example.ai.", "vision.example.ai"),
        (" vision.example.ai ", "vision.example.ai"),
        ("Müller.example.ai", "xn--mller-kva.example.ai"),
        ("*.MÜLLER.ai.", "*.xn--mller-kva.ai"),
        ("XN--MLLER-KVA.example.ai", "xn--mller-kva.example.ai"),
        ("ü" * 70, "ü" * 70),
        (".", ""),
        ("", ""),
    ],
)
def test_hosts_are_compared_as_dns_compares_them(text: str, canonical: str) -> None:
    assert canonical_host(text) == canonical


@pytest.mark.parametrize("text", ["", None, "*", "."])
def test_a_missing_host_is_every_host(text: str | None) -> None:
    assert gateway_host(text) == EVERY_HOST


@pytest.mark.parametrize(
    ("text", "path_type", "path", "is_certain"),
    [
        ("/ai/", "Prefix", RoutePath("prefix", "/ai"), True),
        ("/", "PathPrefix", EVERY_PATH, True),
        (None, None, EVERY_PATH, True),
        ("/ai/", "Exact", RoutePath("exact", "/ai/"), True),
        ("/", "Exact", RoutePath("exact", "/"), True),
        ("/ai", "ImplementationSpecific", RoutePath("prefix", "/ai"), True),
        ("/ai(/|$)(.*)", "ImplementationSpecific", EVERY_PATH, False),
        ("/ai/[a-z]+", "RegularExpression", EVERY_PATH, False),
        ("ai", "ImplementationSpecific", RoutePath("prefix", "/ai"), True),
    ],
)
def test_a_path_is_read_by_its_type(text: str, path_type: str, path: RoutePath, is_certain: bool) -> None:  # noqa: FBT001
    assert route_path(text, path_type) == (path, is_certain)


def test_an_ingress_asks_for_each_host_and_path_once() -> None:
    found = read(ingress(rule("a.example.ai"), rule("A.example.ai."), rule(None, "/", "Exact")))

    assert [(it.asked, it.host, it.path) for it in found] == [
        ("a.example.ai", Host("exact", "a.example.ai"), RoutePath("prefix", "/ai")),
        ("", EVERY_HOST, RoutePath("exact", "/")),
    ]


def test_a_rule_without_paths_asks_for_all_paths() -> None:
    [entry] = read(ingress({"host": "a.example.ai"}))

    assert (entry.path, entry.path_text, entry.path_type) == (EVERY_PATH, None, None)


def test_a_default_backend_is_read_beside_the_rules() -> None:
    found = read(ingress(rule("a.example.ai"), defaultBackend={"service": {"name": "ai"}}))

    assert [(it.asked, it.is_default) for it in found] == [("a.example.ai", False), ("", True)]


@pytest.mark.parametrize(
    ("named", "annotation", "classes", "default", "expected"),
    [
        (None, None, {"shared"}, None, (None, None)),
        (None, None, {"shared"}, "shared", ("shared", None)),
        ("shared", None, {"shared"}, None, ("shared", None)),
        ("typo", None, {"shared"}, "shared", ("typo", "no such class")),
        ("typo", None, None, None, ("typo", None)),
        (None, "legacy", {"shared"}, "shared", ("legacy", None)),
    ],
)
def test_the_class_is_the_named_one_else_that_of_the_annotation_else_the_default(
    named: str | None, annotation: str | None, classes: set[str] | None, default: str | None, expected: object
) -> None:
    annotations = {CLASS_ANNOTATION: annotation} if annotation else {}
    manifest = ingress(rule("a.example.ai"), annotations=annotations, ingressClassName=named)

    [entry] = read(manifest, classes, default)

    assert (entry.ingress_class, entry.problem) == expected


@pytest.mark.parametrize(
    ("asked", "accepted", "common"),
    [
        (["a.example.ai"], None, ["a.example.ai"]),
        (["a.example.ai"], "*.example.ai", ["a.example.ai"]),
        (["a.b.example.ai"], "*.example.ai", ["a.b.example.ai"]),
        (["*.example.ai"], "a.example.ai", ["a.example.ai"]),
        (["*.b.example.ai"], "*.example.ai", ["*.b.example.ai"]),
        ([], "*.example.ai", ["*.example.ai"]),
        ([], None, [""]),
        (["a.example.ai", "a.other.ai"], "*.example.ai", ["a.example.ai"]),
    ],
)
def test_a_listener_serves_the_hosts_that_both_have(asked: list[str], accepted: str, common: list[str]) -> None:
    found = attached(route(*asked), listeners_of([gateway(listener(hostname=accepted))]))

    assert [host for host, *_ in found] == common


@pytest.mark.parametrize(
    ("parent", "listeners", "reason"),
    [
        ({"name": "no"}, [listener()], "there is no Gateway no in infra"),
        ({"sectionName": "no"}, [listener()], "has the section and port that it names"),
        ({"port": 8080}, [listener()], "has the section and port that it names"),
        ({}, [listener(hostname="*.other.ai")], "accepts its hostnames"),
        ({}, [listener(allowedRoutes={})], "accepts routes of its namespace"),
        ({}, [listener(allowedRoutes={"namespaces": {"from": "Same"}})], "accepts routes of its namespace"),
        ({}, [listener(protocol="TLS")], "has the section and port that it names"),
        ({"kind": "ListenerSet"}, [listener()], "there is no ListenerSet edge in infra"),
        ({"kind": "Service", "group": ""}, [listener()], "it names no Gateway and no ListenerSet"),
        (
            {},
            [listener(allowedRoutes={"namespaces": {"from": "All"}, "kinds": [{"kind": "GRPCRoute"}]})],
            "accepts routes of its namespace",
        ),
        (
            {},
            [listener(allowedRoutes={"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "x"}}}})],
            "accepts routes of its namespace",
        ),
    ],
)
def test_a_route_that_no_listener_serves_is_not_attached(
    parent: Manifest, listeners: list[Manifest], reason: str
) -> None:
    manifest = route("a.example.ai", parent=parent)

    [entry] = http_route_entries(manifest, VISION, listeners_of([gateway(*listeners)]), LABELS["vision"])

    assert (entry.problem, entry.asked, entry.attachments) == ("not attached", "a.example.ai", frozenset())
    assert reason in entry.reason


def test_a_listener_may_choose_namespaces_by_label() -> None:
    chosen = listener(allowedRoutes={"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "cv"}}}})

    assert attached(route("a.example.ai"), listeners_of([gateway(chosen)])) == [("a.example.ai", "web", "")]


@pytest.mark.parametrize(
    ("allowed", "is_served"),
    [
        ({}, False),
        ({"namespaces": {"from": "None"}}, False),
        ({"namespaces": {"from": "Same"}}, False),
        ({"namespaces": {"from": "All"}}, True),
        ({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "cv"}}}}, True),
        ({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "x"}}}}, False),
    ],
)
def test_a_listener_set_counts_where_its_gateway_allows_it(allowed: Manifest, is_served: bool) -> None:  # noqa: FBT001
    found = listeners_of(
        [gateway(listener(hostname="*.gw.ai"), allowedListeners=allowed)],
        [listener_set({"name": "own", "port": 443, "protocol": "HTTPS", "hostname": "a.example.ai"})],
    )
    parent = {"kind": "ListenerSet", "name": "own", "namespace": "vision"}

    [(host, at, reason)] = attached(route("a.example.ai", parent=parent), found)

    assert (host, at, not reason) == ("a.example.ai", "vision/own/own" if is_served else "", is_served)


def test_a_route_at_the_gateway_is_not_served_by_its_listener_sets() -> None:
    found = listeners_of(
        [gateway(listener(hostname="*.gw.ai"), allowedListeners={"namespaces": {"from": "All"}})],
        [listener_set(listener("own", hostname="a.example.ai"))],
    )

    [(_, at, reason)] = attached(route("a.example.ai"), found)

    assert (at, reason) == ("", "no listener of Gateway edge in infra accepts its hostnames")


@pytest.mark.parametrize(
    ("status", "generation", "is_attached"), [("False", 2, False), ("False", 1, True), ("True", 2, True)]
)
def test_a_controller_may_refuse_a_route(status: str, generation: int, is_attached: bool) -> None:  # noqa: FBT001
    condition = {"type": "Accepted", "status": status, "observedGeneration": generation, "message": "not here"}
    parent = {"parentRef": {"name": "edge", "namespace": "infra"}, "conditions": [condition]}
    manifest = route("a.example.ai", status={"parents": [parent]})

    [(_, at, reason)] = attached(manifest, listeners_of([gateway(listener())]))

    assert bool(at) is is_attached
    assert reason == ("" if is_attached else "Gateway edge in infra does not accept it: not here")


def test_a_route_without_rules_asks_for_all_paths_and_conditions_are_noted() -> None:
    found = listeners_of([gateway(listener())])
    plain = route("a.example.ai")
    chosen = route("a.example.ai")
    chosen["spec"]["rules"] = [{"matches": [{"path": {"value": "/ai"}, "method": "GET"}, {"path": {"value": "/ai"}}]}]

    [every] = http_route_entries(plain, VISION, found, LABELS["vision"])
    [one] = http_route_entries(chosen, VISION, found, LABELS["vision"])

    assert (every.path, every.has_conditions) == (EVERY_PATH, False)
    assert (one.path, one.path_type, one.has_conditions) == (RoutePath("prefix", "/ai"), "PathPrefix", True)


def test_without_gateways_that_may_be_read_a_route_is_not_certain() -> None:
    [entry] = http_route_entries(route("a.example.ai"), VISION, Listeners(is_complete=False), LABELS["vision"])

    assert (entry.problem, entry.is_certain, entry.host) == (None, False, Host("exact", "a.example.ai"))
