"""Adding and removing routes by owners, by URL, path, name or Route; on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, PartialApplyError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.routes import add_route, plan_add_route, plan_remove_route, remove_route
from tenantkit.spec.route import Route
from tests.contract.tenants import ROUTE, tenant, versions

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

DEMO = Route(service="demo", port="http", path="/demo")


def test_an_owner_adds_routes_beside_the_others(owner: Cluster, cluster: Cluster, name: str) -> None:
    report = add_route(owner, name, [DEMO, Route(service="docs", port=80)], progress=False)

    assert (report.summary, report.urls) == (
        "2 applied",
        {name: [f"http://{name}.example.ai/demo", f"http://{name}.example.ai/"]},
    )
    assert get_tenant(cluster, name).routes == (Route(service="docs", port=80), ROUTE, DEMO)


def test_a_plan_of_the_whole_tenant_finds_nothing_to_do_afterwards(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_route(owner, name, DEMO, progress=False)

    assert not plan(cluster, tenant(name, routes=[ROUTE, DEMO])).has_changes


def test_adding_a_route_again_writes_nothing(owner: Cluster, cluster: Cluster, name: str) -> None:
    before = versions(cluster, name)

    assert add_route(owner, name, ROUTE, progress=False).summary == "1 unchanged"
    assert add_route(owner, name, ROUTE.with_(name=None), progress=False).summary == "1 unchanged"

    assert versions(cluster, name) == before


def test_a_place_that_leads_elsewhere_is_changed_only_if_asked(owner: Cluster, cluster: Cluster, name: str) -> None:
    other = Route(service="other", port=81, path="/ai-service/")

    with pytest.raises(InvalidSpecError) as caught:
        add_route(owner, name, other, progress=False)
    report = add_route(owner, name, other, replace=True, progress=False)

    assert str(caught.value) == (
        f"route='other:81': {name}.example.ai/ai-service already leads to ai-service:80: choose another path, or pass "
        f"replace=True"
    )
    assert report.summary == "1 applied"
    assert get_tenant(cluster, name).routes == (other.with_(name="ai"),)


def test_owners_who_add_routes_at_the_same_moment_keep_each_others(owner: Cluster, cluster: Cluster, name: str) -> None:
    paths = [f"/p{number}" for number in range(6)]
    start = threading.Barrier(len(paths))

    def add(path: str) -> str:
        start.wait(timeout=30)
        return add_route(owner, name, Route(service="s", port=80, path=path), progress=False).summary

    with ThreadPoolExecutor(len(paths)) as pool:
        assert list(pool.map(add, paths)) == ["1 applied"] * len(paths)

    assert [route.path for route in get_tenant(cluster, name).routes or ()] == ["/ai-service", *paths]


@pytest.mark.parametrize("written", ["/demo", "/demo/", "http://{host}/demo", "{host}/demo", "object", "route"])
def test_a_route_is_removed_by_its_url_its_path_its_name_or_as_a_route(
    owner: Cluster, cluster: Cluster, name: str, written: str
) -> None:
    add_route(cluster, name, DEMO, progress=False)
    host = f"{name}.example.ai"
    texts: dict[str, str | Route] = {"object": DEMO.object_name(host), "route": DEMO}

    report = remove_route(owner, name, texts.get(written, written.format(host=host)), progress=False)

    assert report.summary == "1 applied"
    assert get_tenant(cluster, name).routes == (ROUTE,)


def test_a_route_that_does_not_exist_is_refused_with_those_that_do(owner: Cluster, cluster: Cluster, name: str) -> None:
    before = versions(cluster, name)

    with pytest.raises(NotFound) as caught:
        remove_route(owner, name, f"{name}.example.ai/ai-servise", progress=False)

    assert str(caught.value) == (
        f"tenant {name!r} has no route '{name}.example.ai/ai-servise'; nothing was written; its routes are "
        f"{name}.example.ai/ai-service"
    )
    assert versions(cluster, name) == before


def test_a_reviewed_removal_keeps_what_was_added_since(owner: Cluster, cluster: Cluster, name: str) -> None:
    planned = plan_remove_route(owner, name, "ai")
    add_route(cluster, name, DEMO, progress=False)

    assert apply(owner, planned, progress=False).summary == "1 applied"

    assert get_tenant(cluster, name).routes == (DEMO,)


def test_a_host_that_is_not_granted_is_refused(owner: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        add_route(owner, name, DEMO.with_(host="elsewhere.example.ai"), progress=False)

    problem, letter = str(caught.value).split("\n\n", 1)
    assert problem == (
        f"{name}.routes[0].host='elsewhere.example.ai': not granted to {name!r} (hosts: {name}.example.ai): ask the "
        "platform team for it with the text below, also from "
        f'tk.request_host(cluster, "{name}", "elsewhere.example.ai")'
    )
    asked = plan(owner, get_tenant(owner, name).with_(hosts=["elsewhere.example.ai"])).request
    assert letter.splitlines()[:7] == asked.splitlines()[:7]
    assert letter.splitlines()[1] == "From: owner@example.com"
    assert "- additional hosts: none → elsewhere.example.ai" in letter.splitlines()
    assert "hosts:\n- elsewhere.example.ai" in letter


def test_whoever_grants_hosts_gets_the_code_and_no_letter(cluster: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        plan_add_route(cluster, name, DEMO.with_(host="elsewhere.example.ai"))

    code = f'(it := tk.get_tenant(cluster, "{name}")).with_(hosts=[*it.hosts, "elsewhere.example.ai"])'
    assert str(caught.value).endswith(f"you may grant it: apply the plan from tk.plan(cluster, {code})")


def test_an_ingress_of_somebody_else_stays(owner: Cluster, cluster: Cluster, name: str) -> None:
    rule = {"host": f"{name}.example.ai", "http": {"paths": []}}
    rule["http"] = {
        "paths": [{"path": "/x", "pathType": "Prefix", "backend": {"service": {"name": "x", "port": {"number": 80}}}}]
    }
    cluster.create(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "theirs", "namespace": name},
            "spec": {"rules": [rule]},
        }
    )

    with pytest.raises(NotFound, match="has no route 'theirs'"):
        remove_route(owner, name, "theirs", progress=False)
    with pytest.raises(PartialApplyError, match="it exists and belongs to"):
        add_route(owner, name, DEMO.with_(name="theirs"), progress=False)

    assert cluster.get("Ingress", "theirs", name)["spec"]["rules"] == [rule]


@pytest.mark.parametrize("user", ["editor", "viewer"])
def test_a_user_who_is_not_an_owner_is_shown_whom_to_ask(
    user: str, request: pytest.FixtureRequest, cluster: Cluster, name: str
) -> None:
    member: Cluster = request.getfixturevalue(user)
    before = versions(cluster, name)

    with pytest.raises(PermissionDenied, match=r"you may not change the routes of tenant .* ask an owner"):
        add_route(member, name, DEMO, progress=False)
    with pytest.raises(PermissionDenied, match=r"you may not change the routes of tenant .* ask an owner"):
        remove_route(member, name, "/ai-service", progress=False)

    assert [row.action for row in plan_add_route(member, name, DEMO).rows] == ["not yours"]
    assert versions(cluster, name) == before


@pytest.mark.parametrize("route", ["/ai", {"service": "ai"}, [], None])
def test_something_else_than_a_route_is_refused(owner: Cluster, name: str, route: object) -> None:
    with pytest.raises(InvalidSpecError, match=r"^route=.*pass a Route, or a list of Routes"):
        add_route(owner, name, route, progress=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["/demo", "route"])
def test_every_object_of_a_route_is_removed_that_has_two(
    owner: Cluster, cluster: Cluster, name: str, written: str
) -> None:
    plans = [plan_add_route(owner, name, DEMO.with_(name=each)) for each in ("first", "second")]
    for each in plans:
        owner.apply(each.changes[0].wanted or {})  # without the second look of an apply, as an older version wrote

    report = remove_route(owner, name, DEMO if written == "route" else written, progress=False)

    assert [outcome.ref.name for outcome in report.applied] == ["first", "second"]
    assert get_tenant(cluster, name).routes == (ROUTE,)


def test_one_of_two_objects_of_a_route_is_removed_by_its_name(owner: Cluster, cluster: Cluster, name: str) -> None:
    plans = [plan_add_route(owner, name, DEMO.with_(name=each)) for each in ("first", "second")]
    for each in plans:
        owner.apply(each.changes[0].wanted or {})

    assert remove_route(owner, name, "second", progress=False).summary == "1 applied"

    assert get_tenant(cluster, name).routes == (ROUTE, DEMO.with_(name="first"))


def test_a_path_that_does_not_exist_is_refused_with_the_routes_that_do(owner: Cluster, name: str) -> None:
    with pytest.raises(NotFound, match=f"its routes are {name}.example.ai/ai-service"):
        remove_route(owner, name, "/ai-service2", progress=False)
