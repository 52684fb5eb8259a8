"""Two owners who have both planned before either writes: no lost change, no second role and no second route."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tenantkit.exceptions import ClusterUnavailable, InvalidSpecError, PartialApplyError, TenantKitError
from tenantkit.manifests.access import binding_name
from tenantkit.provision import apply as apply_module
from tenantkit.provision.apply import apply
from tenantkit.provision.edits import same_moment
from tenantkit.provision.edits.remake import read_state
from tenantkit.provision.plan import replan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team import carry_out
from tenantkit.provision.team.members import add_member, remove_member
from tenantkit.provision.team.routes import add_route, plan_add_route, remove_route
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, role_name
from tenantkit.spec.route import Route
from tests.contract.tenants import path_of
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TenantState
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tests.contract.wire import Wire

Together: TypeAlias = "Callable[..., list[Report | TenantKitError]]"
Meanwhile: TypeAlias = "Callable[[Callable[[], object]], None]"
SAM = "sam@example.com"


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Together:
    """Run changes side by side: each has read the tenant for the last time before any of them writes."""

    def run(*calls: Callable[[], Report]) -> list[Report | TenantKitError]:
        start, seen = threading.Barrier(len(calls)), threading.local()

        def replan_together(client: ClusterApi, planned: Plan) -> Plan:
            made = replan(client, planned)
            if not hasattr(seen, "once"):  # an attempt after the first one is on its own
                seen.once = True
                start.wait(timeout=60)
            return made

        def answer(call: Callable[[], Report]) -> Report | TenantKitError:
            try:
                return call()
            except TenantKitError as error:
                return error

        monkeypatch.setattr(carry_out, "replan", replan_together)
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(answer, calls))

    return run


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Do something once the next change has read the tenant for the last time, and before it writes."""

    def arrange(action: Callable[[], object]) -> None:
        def replan_late(client: ClusterApi, planned: Plan) -> Plan:
            made = replan(client, planned)
            for module in (carry_out, apply_module):
                monkeypatch.setattr(module, "replan", replan)
            action()
            return made

        for module in (carry_out, apply_module):
            monkeypatch.setattr(module, "replan", replan_late)

    return arrange


def bindings(cluster: Cluster, name: str, person: str) -> list[str]:
    """The roles of a person, one for each RoleBinding."""
    found = cluster.list("RoleBinding", namespace=name)
    return [it["roleRef"]["name"] for it in found for subject in it["subjects"] if subject["name"] == person]


def indexed(cluster: Cluster, name: str) -> set[str]:
    return {it["name"] for it in cluster.get("RoleBinding", role_name(name), INDEX_NAMESPACE)["subjects"]}


def test_one_person_gets_one_role(together: Together, owner: Cluster, cluster: Cluster, name: str) -> None:
    reports = together(
        lambda: add_member(owner, name, SAM, role="viewer", progress=False),
        lambda: add_member(cluster, name, SAM, role="editor", progress=False),
    )

    assert [isinstance(it, TenantKitError) for it in reports] == [False, False], reports
    assert len(bindings(cluster, name, SAM)) == 1
    assert SAM in indexed(cluster, name)


def test_one_person_with_one_role_is_added_once(
    together: Together, owner: Cluster, cluster: Cluster, name: str
) -> None:
    reports = together(
        lambda: add_member(owner, name, SAM, progress=False), lambda: add_member(cluster, name, SAM, progress=False)
    )

    assert [isinstance(it, TenantKitError) for it in reports] == [False, False], reports
    assert bindings(cluster, name, SAM) == ["tenantkit-viewer"]


def test_who_is_removed_and_added_is_in_the_index_exactly_with_a_role(
    together: Together, owner: Cluster, cluster: Cluster, name: str
) -> None:
    add_member(owner, name, SAM, progress=False)

    reports = together(
        lambda: add_member(owner, name, SAM, role="editor", progress=False),
        lambda: remove_member(cluster, name, SAM, progress=False),
    )

    assert [isinstance(it, TenantKitError) for it in reports] == [False, False], reports
    assert bindings(cluster, name, SAM) == ["tenantkit-editor"]
    assert SAM in indexed(cluster, name)


@pytest.mark.parametrize("names", [(None, None), ("first", "second")])
def test_one_place_leads_to_one_service(
    together: Together, owner: Cluster, cluster: Cluster, name: str, names: tuple[str | None, str | None]
) -> None:
    before = len(get_tenant(cluster, name).routes or ())
    routes = [Route(service=it, port=80, path="/api", name=name) for it, name in zip("ab", names, strict=True)]

    reports = together(
        lambda: add_route(owner, name, routes[0], progress=False),
        lambda: add_route(cluster, name, routes[1], progress=False),
    )

    [lost] = [it for it in reports if isinstance(it, TenantKitError)]
    kept = next(service for service, report in zip("ab", reports, strict=True) if report is not lost)
    assert isinstance(lost, InvalidSpecError)
    assert f"/api already leads to {kept}:80" in str(lost)
    assert [it.service for it in get_tenant(cluster, name).routes or () if it.path == "/api"] == [kept]
    assert len(cluster.list("Ingress", namespace=name)) == before + 1


def test_one_route_is_added_once_and_both_succeed(
    together: Together, owner: Cluster, cluster: Cluster, name: str
) -> None:
    before = len(cluster.list("Ingress", namespace=name))

    reports = together(
        lambda: add_route(owner, name, Route(service="a", port=80, path="/api", name="first"), progress=False),
        lambda: add_route(cluster, name, Route(service="a", port=80, path="/api", name="second"), progress=False),
    )

    assert [isinstance(it, TenantKitError) for it in reports] == [False, False], reports
    assert len(cluster.list("Ingress", namespace=name)) == before + 1


def test_a_reviewed_plan_of_a_place_that_was_taken_meanwhile_fails_and_keeps_the_other_route(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan_add_route(owner, name, Route(service="a", port=80, path="/api"))

    def after_another_owner(client: ClusterApi, made: Plan) -> Plan:
        current = replan(client, made)
        monkeypatch.undo()
        add_route(cluster, name, Route(service="b", port=80, path="/api"), progress=False)
        return current

    monkeypatch.setattr("tenantkit.provision.apply.replan", after_another_owner)
    with pytest.raises(PartialApplyError, match="someone else created it at the same time"):
        apply(owner, planned, progress=False)

    assert [it.service for it in get_tenant(cluster, name).routes or () if it.path == "/api"] == ["b"]


def test_two_who_remove_one_route_both_succeed(together: Together, owner: Cluster, cluster: Cluster, name: str) -> None:
    reports = together(
        lambda: remove_route(owner, name, "/ai-service", progress=False),
        lambda: remove_route(cluster, name, "/ai-service", progress=False),
    )

    assert [isinstance(it, TenantKitError) for it in reports] == [False, False], reports
    assert get_tenant(cluster, name).routes == ()


def test_a_route_that_is_gone_in_between_counts_as_removed(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_route(owner, name, Route(service="a", port=80, path="/api"), progress=False)

    def after_another_owner(client: ClusterApi, planned: Plan) -> Plan:
        monkeypatch.setattr(carry_out, "replan", replan)
        remove_route(cluster, name, "/api", progress=False)
        add_route(cluster, name, Route(service="b", port=80, path="/ai-service"), replace=True, progress=False)
        return replan(client, planned)

    monkeypatch.setattr(carry_out, "replan", after_another_owner)

    assert remove_route(owner, name, ["/api", "/ai-service"], progress=False).is_complete

    assert get_tenant(cluster, name).routes == ()


def test_a_binding_that_names_others_as_well_stays_where_a_role_changes(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    shared = binding_name("viewer", SAM)
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": kind, "apiGroup": group, "name": it} for kind, it in (("User", SAM), ("Group", "ml-vision"))]
    cluster.create(
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": shared, "namespace": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "tenantkit-viewer"},
            "subjects": subjects,
        }
    )

    report = add_member(owner, name, SAM, role="editor", progress=False)

    assert [warning.code for warning in report.warnings] == ["foreign"]
    assert cluster.get("RoleBinding", shared, name)["subjects"] == subjects


def test_a_route_stays_where_its_status_was_written_before_its_owner_looked_again(
    owner: Cluster, cluster: Cluster, wire: Wire, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = Route(service="a", port=80, path="/api", name="first")

    def look(client: ClusterApi, *rest: Any) -> TenantState:
        first = cluster.get("Ingress", "first", name)
        metadata = {"name": "second", "namespace": name, "labels": first["metadata"]["labels"]}
        cluster.apply({key: first[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata})
        status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
        answer = wire("PATCH", f"{path_of(ref_of(first))}/status", status, content_type=MERGE_PATCH)
        assert answer.status == 200, answer.body
        return read_state(client, *rest)

    monkeypatch.setattr(same_moment, "read_state", look)

    assert add_route(owner, name, route, progress=False).is_complete

    assert cluster.get("Ingress", "first", name)["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/api"


def test_what_was_taken_back_before_an_error_is_in_the_report(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile
) -> None:
    add = [Route(service="a", port=80, path=path, name=it) for it, path in (("one", "/1"), ("two", "/2"))]
    others = [it.with_(service="b", name=f"{it.name}-b") for it in add]
    planned = plan_add_route(owner, name, add)
    meanwhile(lambda: add_route(cluster, name, others, progress=False))
    deleted: list[ObjectRef] = []

    def delete(client: Cluster, ref: ObjectRef, **options: Any) -> None:
        if deleted:
            raise ClusterUnavailable("the server did not answer", operation="delete")
        deleted.append(ref)
        original(client, ref, **options)

    original = type(owner).delete
    monkeypatch.setattr(type(owner), "delete", delete)
    with pytest.raises(PartialApplyError) as caught:
        apply(owner, planned, progress=False)

    report = caught.value.report
    assert [it.ref for it in report.failed] == deleted
    assert {it.ref.name for it in (*report.applied, *report.failed)} == {"one", "two"}
    assert [it.code for it in report.warnings if it.code == "not-checked"] == ["not-checked"]


def test_a_route_that_another_owner_added_and_deleted_again_is_added(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile
) -> None:
    route = Route(service="a", port=80, path="/api", name="api")
    original = type(owner).get

    def get(client: Cluster, kind: str, *rest: Any) -> Any:
        if kind == "Ingress":  # the first look after the conflict
            monkeypatch.setattr(type(owner), "get", original)
            remove_route(cluster, name, "/api", progress=False)
        return original(client, kind, *rest)

    def add_as_another_owner() -> None:
        add_route(cluster, name, route.with_(service="b"), progress=False)
        monkeypatch.setattr(type(owner), "get", get)

    meanwhile(add_as_another_owner)

    assert add_route(owner, name, route, progress=False).is_complete

    assert [it.service for it in get_tenant(cluster, name).routes or () if it.path == "/api"] == ["a"]


def test_a_former_role_that_another_owner_deleted_first_is_no_error(
    owner: Cluster, cluster: Cluster, name: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile
) -> None:
    viewer = binding_name("viewer", SAM)

    def look(client: ClusterApi, *rest: Any) -> TenantState:
        state = read_state(client, *rest)
        cluster.delete(ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", viewer, name))
        return state

    def add_as_another_owner() -> None:
        add_member(cluster, name, SAM, progress=False)
        monkeypatch.setattr(same_moment, "read_state", look)

    meanwhile(add_as_another_owner)

    report = add_member(owner, name, SAM, role="editor", progress=False)

    assert (report.is_complete, report.warnings) == (True, ())
    assert bindings(cluster, name, SAM) == ["tenantkit-editor"]


def test_what_an_earlier_attempt_has_written_is_in_the_error_of_a_later_one(
    owner: Cluster, cluster: Cluster, name: str, meanwhile: Meanwhile
) -> None:
    add = [Route(service="a", port=80, path=path, name=it) for it, path in (("one", "/1"), ("two", "/2"))]
    meanwhile(lambda: add_route(cluster, name, add[1].with_(service="b", name="two-b"), progress=False))

    with pytest.raises(PartialApplyError, match="/2 already leads to b:80") as caught:
        add_route(owner, name, add, progress=False)

    report = caught.value.report
    assert [[it.ref.name for it in outcomes] for outcomes in (report.applied, report.failed)] == [["one"], ["two"]]
    assert report.headlines == (f"{name}: new URL http://{name}.example.ai/1",)
    assert "Objects that were applied stay applied" in str(caught.value)


def test_a_second_attempt_says_what_the_first_one_has_done_as_well(
    owner: Cluster, cluster: Cluster, name: str, meanwhile: Meanwhile
) -> None:
    add = [Route(service="a", port=80, path=path, name=it) for it, path in (("one", "/1"), ("two", "/2"))]
    meanwhile(lambda: add_route(cluster, name, add[1].with_(service="b", name="two-b"), progress=False))

    report = add_route(owner, name, add, replace=True, progress=False)

    host = f"http://{name}.example.ai"
    assert report.headlines == (f"{name}: new URL {host}/1", f"{name}: {host}/2 leads to a:80 instead of b:80")


def test_a_report_means_what_was_not_taken_back(
    owner: Cluster, cluster: Cluster, name: str, meanwhile: Meanwhile
) -> None:
    add = [Route(service="a", port=80, path=path, name=it) for it, path in (("one", "/1"), ("two", "/2"))]
    planned = plan_add_route(owner, name, add)
    meanwhile(lambda: add_route(cluster, name, add[1].with_(service="b", name="two-b"), progress=False))

    with pytest.raises(PartialApplyError) as caught:
        apply(owner, planned, progress=False)

    report, url = caught.value.report, f"http://{name}.example.ai/1"
    assert [it.ref.name for it in report.failed] == ["two"]
    assert (report.urls, report.hostnames) == ({name: [url]}, {name: [f"{name}.example.ai"]})
    assert report.headlines == (f"{name}: new URL {url}",)
