"""Hosts where a part of the cluster may not be read, is missing, or is odd."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.hosts import HOSTS, hosts, hosts_frame
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.route_objects import RouteObjects
from tenantkit.manifests.labels import HOSTS_ANNOTATION, TENANT_LABEL
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.routes.listeners import read_listeners
from tests.unit.cluster.seam import cluster, status
from tests.unit.frames.test_partly_readable import ByPath, in_namespace, listed
from tests.unit.odd_objects import FEW, INGRESSES, variants

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

DENIED, NO_KIND = status(403, "Forbidden", "forbidden"), status(404, "NotFound", "none")
NAMESPACES = "/api/v1/namespaces"
INGRESSES_PATH = "/apis/networking.k8s.io/v1/ingresses"
CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
GATEWAY_API = "/apis/gateway.networking.k8s.io/v1"
ROUTES = f"{GATEWAY_API}/httproutes"


def namespace(tenant: str, *granted: str) -> Manifest:
    metadata = {
        "name": tenant,
        "labels": {TENANT_LABEL: tenant},
        "annotations": {HOSTS_ANNOTATION: ",".join(granted)},
    }
    return {"kind": "Namespace", "metadata": metadata}


def ingress(tenant: str, host: str, *, name: str = "ai", **spec: Any) -> Manifest:
    rule = {"host": host, "http": {"paths": [{"path": "/ai", "pathType": "Prefix"}]}}
    return {"kind": "Ingress", "metadata": {"name": name, "namespace": tenant}, "spec": {"rules": [rule], **spec}}


def route(tenant: str, *hostnames: str) -> Manifest:
    parent = {"name": "edge", "namespace": "infra"}
    spec = {"hostnames": list(hostnames), "parentRefs": [parent], "rules": [{"matches": [{"path": {"value": "/ai"}}]}]}
    return {"kind": "HTTPRoute", "metadata": {"name": "ai", "namespace": tenant}, "spec": spec}


def listener(**fields: Any) -> Manifest:
    return {"name": "web", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}, **fields}


GATEWAY: Manifest = {
    "kind": "Gateway",
    "metadata": {"name": "edge", "namespace": "infra"},
    "spec": {
        "gatewayClassName": "eg",
        "listeners": [listener()],
        "allowedListeners": {"namespaces": {"from": "All"}},
    },
}
VISION, SPEECH = namespace("vision", "a.ai"), namespace("speech", "b.ai")
ALL: dict[str, Any] = {
    NAMESPACES: listed(VISION, SPEECH, {"kind": "Namespace", "metadata": {"name": "infra"}}),
    INGRESSES_PATH: listed(ingress("vision", "a.ai"), ingress("speech", "b.ai")),
}


def of(answers: dict[str, Any], **options: Any) -> Cluster:
    return cluster(ByPath({**ALL, **answers}), **options)


def states(frame: pd.DataFrame) -> dict[str, str]:
    return {f"{row['namespace']}/{row['kind']}": row["state"] for _, row in frame.iterrows()}


def listener_set(tenant: str, **fields: Any) -> Manifest:
    spec = {"parentRef": {"name": "edge", "namespace": "infra"}, "listeners": [listener(**fields)]}
    return {"kind": "ListenerSet", "metadata": {"name": "own", "namespace": tenant}, "spec": spec}


def test_with_all_permissions_nothing_is_unknown() -> None:
    frame = hosts(of({}))

    assert states(frame) == {"vision/Ingress": "owned", "speech/Ingress": "owned"}
    assert frame.attrs == {"scope": "cluster", "incomplete": {}}


def test_a_server_without_the_gateway_api_is_complete() -> None:
    kinds = ("httproutes", "gateways", "listenersets", "gatewayclasses")

    frame = hosts(of({f"{GATEWAY_API}/{kind}": NO_KIND for kind in kinds}))

    assert states(frame) == {"vision/Ingress": "owned", "speech/Ingress": "owned"}
    assert frame.attrs["incomplete"] == {}


def test_without_the_routes_of_all_namespaces_nothing_is_owned() -> None:
    own = in_namespace(ROUTES, "vision")
    frame = hosts(of({ROUTES: DENIED, own: listed(route("vision", "a.ai"))}, namespace="vision"))

    assert states(frame) == {
        "vision/HTTPRoute": "not attached",
        "vision/Ingress": "unknown",
        "speech/Ingress": "unknown",
    }
    assert frame.attrs["incomplete"]["HTTPRoute"] == "you may list HTTPRoute only in vision"


def test_without_any_ingress_there_is_no_answer() -> None:
    with pytest.raises(PermissionDenied):
        hosts(of({INGRESSES_PATH: DENIED, in_namespace(INGRESSES_PATH, "vision"): DENIED}, namespace="vision"))


def test_routes_whose_gateways_may_not_be_read_make_others_unknown_that_they_may_meet() -> None:
    answers = {
        ROUTES: listed(route("speech", "a.ai")),
        f"{GATEWAY_API}/gateways": DENIED,
    }
    frame = hosts(of(answers))

    assert states(frame) == {
        "speech/HTTPRoute": "outside grant",
        "vision/Ingress": "unknown",
        "speech/Ingress": "unknown",
    }
    assert frame[frame["shared_with"].notna()]["name"].tolist() == ["ai"]
    assert [*frame.attrs["incomplete"]] == ["Gateway"]


def test_without_namespaces_no_owner_is_known() -> None:
    frame = hosts(of({NAMESPACES: DENIED, f"{NAMESPACES}/default": DENIED}))

    assert set(frame["state"]) == {"unknown"}
    assert frame["tenant"].isna().all()
    assert [*frame.attrs["incomplete"]] == ["Namespace"]


def test_an_odd_ingress_costs_no_other_row() -> None:
    broken = {"kind": "Ingress", "metadata": {"name": "odd", "namespace": "speech"}, "spec": "not an object"}
    frame = hosts(of({INGRESSES_PATH: listed(ingress("vision", "a.ai"), broken)}))

    assert states(frame) == {"vision/Ingress": "owned"}
    assert frame.dtypes.astype(str).to_dict() == HOSTS


def test_a_class_is_missing_only_where_all_classes_are_known() -> None:
    named = {INGRESSES_PATH: listed(ingress("vision", "a.ai", ingressClassName="lost"))}

    assert states(hosts(of(named))) == {"vision/Ingress": "no such class"}
    frame = hosts(of({**named, CLASSES: DENIED}))
    assert (frame["state"].tolist(), [*frame.attrs["incomplete"]]) == (["owned"], ["IngressClass"])


def test_the_default_class_is_shown() -> None:
    metadata = {"name": "shared", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}

    assert set(hosts(of({CLASSES: listed({"metadata": metadata})}))["ingress_class"]) == {"shared"}


def test_a_listener_set_of_a_tenant_takes_a_host_without_a_route() -> None:
    answers = {
        f"{GATEWAY_API}/gateways": listed(GATEWAY),
        f"{GATEWAY_API}/listenersets": listed(listener_set("speech", hostname="a.ai")),
        ROUTES: listed(route("vision", "a.ai")),
        INGRESSES_PATH: listed(),
    }
    frame = hosts(of(answers)).set_index("kind")

    assert frame["state"].to_dict() == {"ListenerSet": "collides", "HTTPRoute": "collides"}
    assert frame["shared_with"].to_dict() == {
        "ListenerSet": "HTTPRoute/ai in vision",
        "HTTPRoute": "ListenerSet/own in speech",
    }
    assert frame["winner"].isna().all()


def test_a_tenants_own_listener_set_shares_nothing_with_its_route() -> None:
    answers = {
        f"{GATEWAY_API}/gateways": listed(GATEWAY),
        f"{GATEWAY_API}/listenersets": listed(listener_set("vision", hostname="a.ai"), listener_set("speech")),
        ROUTES: listed(route("vision", "a.ai")),
        INGRESSES_PATH: listed(),
    }
    alone = {**answers, f"{GATEWAY_API}/listenersets": listed(listener_set("vision", hostname="a.ai"))}

    assert states(hosts(of(alone))) == {"vision/ListenerSet": "owned", "vision/HTTPRoute": "owned"}
    assert set(states(hosts(of(answers))).values()) == {"collides"}  # a listener without a host takes all


def test_rows_of_some_namespaces_know_of_all_others() -> None:
    answers = {INGRESSES_PATH: listed(ingress("vision", "a.ai"), ingress("speech", "a.ai"))}
    frame = hosts(of(answers), namespaces=["vision"])

    assert frame["namespace"].tolist() == ["vision"]
    assert frame["shared_with"].tolist() == ["Ingress/ai in speech"]
    assert frame.attrs["scope"] == ("vision",)


def test_more_than_five_others_are_not_all_named() -> None:
    many = [ingress("vision", "a.ai"), *(ingress(f"ops-{number}", "a.ai") for number in range(9))]
    names = [{"kind": "Namespace", "metadata": {"name": f"ops-{number}"}} for number in range(9)]
    frame = hosts(of({INGRESSES_PATH: listed(*many), NAMESPACES: listed(VISION, *names)}))

    assert frame["shared_with"].str.endswith(", and more").all()
    assert frame["shared_with"].str.count(",").eq(5).all()


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute", "Gateway", "ListenerSet"])
def test_odd_values_cost_no_other_row(kind: str) -> None:
    good: dict[str, Manifest] = {
        "Ingress": INGRESSES[0],
        "HTTPRoute": route("vision", "a.ai"),
        "Gateway": GATEWAY,
        "ListenerSet": listener_set("vision", hostname="a.ai"),
    }
    for what, odd in variants(copy.deepcopy(good[kind]), FEW):
        found = {each: as_read(each, [odd if each == kind else manifest]) for each, manifest in good.items()}
        listeners = read_listeners(found["Gateway"], found["ListenerSet"], {}, {"vision": {}})
        objects = RouteObjects(
            found["Ingress"],
            found["HTTPRoute"],
            [("ListenerSet", each) for each in found["ListenerSet"]],
            {"vision": VISION, "speech": SPEECH},
            listeners,
        )
        frame = hosts_frame(objects)
        assert frame.dtypes.astype(str).to_dict() == HOSTS, what


class Unparsed:
    """A cluster one of whose objects cannot be parsed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def projected(self, _: object, kind: Any, projection: Any, **__: Any) -> ObjectList[Any]:
        found = {"Ingress": [ingress("vision", "a.ai")], "Namespace": [VISION]}.get(kind.kind, [])
        odd = [UnreadableObject(kind.kind, "speech", "odd", "is nested too deeply")] if kind.kind == self.kind else []
        return ObjectList(map(projection, found), unreadable=odd)


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute", "ListenerSet"])
def test_an_object_that_cannot_be_parsed_may_have_any_host(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unparsed = Unparsed(kind)
    monkeypatch.setattr("tenantkit.cluster.visible.list_projected", unparsed.projected)
    mine = of({})
    monkeypatch.setattr(mine, "list", lambda kind: unparsed.projected(mine, kind_of(kind), lambda each: each))

    frame = hosts(mine)

    assert frame["state"].tolist() == ["unknown"]
    assert "is nested too deeply" in frame.attrs["incomplete"][kind]
