"""A plan holds where and for what it was made: clusters, platforms, hosts and files; on both engines."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, PartialApplyError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.plan_files import read_plan, write_plan
from tenantkit.spec.platform import Platform
from tests.contract.tenants import ROUTE, edit, fresh_name, quota_ref, tenant, versions
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.watch import WatchEvent
    from tenantkit.provision.plan import Plan
    from tests.contract.wire import Wire

MANY = 100


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


@pytest.fixture
def other(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


def granted(cluster: Cluster, name: str) -> list[str]:
    annotations = cluster.get("Namespace", name)["metadata"]["annotations"]
    return str(annotations["tenantkit.dev/hosts"]).split(",")


def test_a_plan_knows_its_cluster_by_the_uid_of_kube_system(cluster: Cluster, name: str) -> None:
    planned = plan(cluster, tenant(name))

    assert planned.cluster_id == f"uid:{cluster.get('Namespace', 'kube-system')['metadata']['uid']}"
    with pytest.raises(StalePlanError, match="the plan was made on another cluster"):
        apply(cluster, replace(planned, cluster_id="uid:another"), progress=False)


def test_an_owner_plans_and_applies_without_the_right_to_read_kube_system(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "RoleBinding", namespace=name))

    planned = plan(owner, tenant(name, viewers=["ada@example.com"]))

    assert planned.cluster_id == f"server:{owner.server_digest}"
    assert apply(owner, planned, progress=False).is_complete


def test_a_plan_for_an_earlier_platform_is_refused(cluster: Cluster, name: str) -> None:
    planned = plan(cluster, tenant(name))
    install_platform(cluster, Platform(domain="later.example.com"), progress=False)
    try:
        with pytest.raises(StalePlanError, match="for other settings"):
            apply(cluster, planned, progress=False)
    finally:
        install_platform(cluster, progress=False)
    assert apply(cluster, planned, progress=False).is_complete


def test_another_prefix_is_refused_while_a_tenant_exists(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)

    for change in (plan_platform, install_platform):
        with pytest.raises(InvalidSpecError, match=f"cannot change while tenants exist.*{name}"):
            change(cluster, Platform(namespace_prefix="team-"))


def test_a_change_of_sizes_and_domain_lists_the_tenants_before_anything_is_written(
    cluster: Cluster, name: str, other: str
) -> None:
    apply(cluster, plan(cluster, [tenant(name), tenant(other, size="medium")]), progress=False)
    sizes = {key: quota for key, quota in Platform().sizes.items() if key != "small"}

    notices = plan_platform(cluster, Platform(domain="later.example.com", sizes=sizes)).notices

    assert {(it.code, it.tenant) for it in notices} >= {("size-removed", name), ("host-changed", other)}


def test_an_unknown_size_blocks_its_own_tenant_only(cluster: Cluster, name: str, other: str) -> None:
    planned = plan(cluster, [tenant(name, size="huge"), tenant(other)])

    with pytest.raises(PartialApplyError) as caught:
        apply(cluster, planned, progress=False)

    [failure] = caught.value.report.failed
    assert (failure.tenant, failure.code) == (name, "does-not-fit")
    assert {outcome.tenant for outcome in caught.value.report.applied} == {other}


def test_a_host_moves_in_one_plan(cluster: Cluster, name: str, other: str) -> None:
    shared = f"{name}.shared.example.org"
    route = ROUTE.model_copy(update={"name": "shared", "host": shared})
    apply(cluster, plan(cluster, [tenant(name, hosts=[shared], routes=[route]), tenant(other)]), progress=False)

    taker = tenant(other, hosts=[shared], routes=[route])
    report = apply(cluster, plan(cluster, [taker, tenant(name, hosts=[], routes=[])]), progress=False)

    assert report.is_complete
    assert (granted(cluster, name), granted(cluster, other)) == (
        [f"{name}.example.ai"],
        [f"{other}.example.ai", shared],
    )


def error_of_applying(cluster: Cluster, planned: Plan) -> str:
    """The error of an apply; empty if everything was done."""
    try:
        apply(cluster, planned, progress=False)
    except PartialApplyError as error:
        return str(error)
    return ""


def test_of_two_planners_who_grant_one_host_at_once_one_gets_it_and_the_other_is_told(
    cluster: Cluster, connect_as: Callable[[str], Cluster], name: str
) -> None:
    users = (cluster, connect_as("admin"))
    for attempt in range(5):
        shared = f"{name}-{attempt}.shared.example.org"
        wanted = [tenant(f"{name}-{attempt}-{letter}", hosts=[shared], routes=[]) for letter in "ab"]
        plans = [plan(user, one) for user, one in zip(users, wanted, strict=True)]

        with ThreadPoolExecutor(2) as pool:
            errors = list(pool.map(error_of_applying, users, plans))
        present = {it["metadata"]["name"] for it in cluster.list("Namespace")}
        [holder] = [one.name for one in wanted if one.name in present]

        assert [one.name for one, error in zip(wanted, errors, strict=True) if not error] == [holder]
        assert shared in granted(cluster, holder)
        assert all(f"tenant '{holder}'" in error for error in errors if error)
        delete_tenants(cluster, holder, confirm=holder, progress=False)


def test_a_quota_below_what_is_in_use_is_said(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name, size="large")), progress=False)
    for index in range(2):
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{index}", "namespace": name}}
        cluster.create(service | {"spec": {"ports": [{"port": 80}]}})
    eventually(lambda: cluster.get("ResourceQuota", "tenantkit-quota", name)["status"]["used"]["services"] == "2")

    quota = Platform().sizes["small"].model_copy(update={"services": 1})
    [notice] = plan(cluster, tenant(name, size=None, quota=quota)).notices

    assert (notice.code, notice.tenant) == ("quota-below-use", name)
    assert notice.words().startswith("its quota services becomes 1, below the 2 in use")


def test_a_plan_file_is_applied_exactly_and_again_without_a_write(cluster: Cluster, name: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    write_plan(file, plan(cluster, tenant(name, editors=["eve@example.com"])))

    first = apply(cluster, read_plan(cluster, file), progress=False)
    before = versions(cluster, name)
    second = apply(cluster, read_plan(cluster, file), progress=False)

    assert (first.is_complete, second.is_complete) == (True, True)
    assert second.applied == ()
    assert {key: versions(cluster, name)[key] for key in before if key.startswith(("RoleB", "Ing"))} == {
        key: version for key, version in before.items() if key.startswith(("RoleB", "Ing"))
    }


def test_a_plan_file_is_refused_once_it_is_edited_or_an_object_has_changed(
    cluster: Cluster, name: str, wire: Wire, tmp_path: Path
) -> None:
    file, edited = tmp_path / "plan.json", tmp_path / "edited.json"
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    write_plan(file, plan(cluster, tenant(name, size="medium")))
    content = json.loads(file.read_text())
    content["tenants"][0]["size"] = "large"
    edited.write_text(json.dumps(content))
    edit(wire, quota_ref(name), {"op": "replace", "path": "/spec/hard/pods", "value": "7"})

    with pytest.raises(InvalidSpecError, match="the file was edited"):
        read_plan(cluster, edited)
    with pytest.raises(StalePlanError, match="ResourceQuota 'tenantkit-quota'"):
        read_plan(cluster, file)


@pytest.mark.timeout(300)
def test_a_hundred_tenants_are_deleted_in_the_time_of_the_slowest(cluster: Cluster, name: str) -> None:
    names = [f"{name}-{number}" for number in range(MANY)]
    apply(cluster, plan(cluster, [tenant(one) for one in names]), progress=False)
    seen: set[str] = set()
    deleted: dict[str, float] = {}
    all_seen = threading.Event()

    def watch() -> None:
        selector = f"tenantkit.dev/tenant in ({','.join(names)})"
        events: Iterator[WatchEvent] = cluster.watch("Namespace", label_selector=selector, timeout_s=250)
        for event in events:
            seen.add(event.manifest["metadata"]["name"])
            if len(seen) == MANY:
                all_seen.set()
            if event.type == "DELETED":
                deleted[event.manifest["metadata"]["name"]] = time.monotonic()
            if len(deleted) == MANY:
                return

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        assert all_seen.wait(60)
        begin = time.monotonic()
        report = delete_tenants(cluster, names, confirm=names, progress=False, timeout_s=250)
        took = time.monotonic() - begin
        watching.result()

    assert len(report.applied) == MANY
    assert took <= 1.5 * (max(deleted.values()) - begin) + 1
