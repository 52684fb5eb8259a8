"""Freezing and thawing tenants, on both engines: what runs goes on, nothing new starts, and people may only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.findings.why import why
from tenantkit.frames.tenants import tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tests.contract.tenants import fresh_name, live_objects, tenant, versions
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

GROUP = "rbac.authorization.k8s.io"
EDITOR = "editor@example.com"


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, wanted(name, editors=[EDITOR])), progress=False)
        yield name


@pytest.fixture
def other(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, wanted(name)), progress=False)
        yield name


def wanted(name: str, **fields: Any) -> Any:
    return tenant(name, routes=None, **fields)


def deployment(name: str, namespace: str) -> Manifest:
    container = {"name": "main", "image": "registry.example.ai/main:1"}
    context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    secured = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {"securityContext": context, "containers": [container | {"securityContext": secured}]}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def pods(cluster: Cluster, namespace: str) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in cluster.list("Pod", namespace=namespace))


def may(cluster: Cluster, verb: str, kind: str, name: str) -> bool:
    return cluster.can(verb, kind, namespace=name)


def test_what_runs_goes_on_and_nothing_new_starts_until_the_tenant_is_thawed(cluster: Cluster, name: str) -> None:
    cluster.create(deployment("before", name))
    eventually(lambda: len(pods(cluster, name)) == 1)
    running = pods(cluster, name)

    report = freeze(cluster, name, progress=False)
    cluster.create(deployment("after", name))
    [row] = eventually(lambda: why(cluster, namespaces=[name]).query("cause == 'tenant frozen'").to_dict("records"))

    assert report.summary == "2 applied"
    assert pods(cluster, name) == running
    assert row["workload"] == "Deployment/after"
    assert row["next_steps"].startswith("the tenant is frozen by the platform")

    assert thaw(cluster, name, progress=False).summary == "2 applied"
    eventually(lambda: len(pods(cluster, name)) > 1)


def test_a_frozen_tenant_is_in_order_and_says_so(cluster: Cluster, name: str) -> None:
    freeze(cluster, name, progress=False)
    before = versions(cluster, name)

    again = freeze(cluster, name, progress=False)
    planned = plan(cluster, get_tenant(cluster, name))
    frame = tenants(cluster, tenant=name, drift=True)

    assert again.summary == "2 unchanged"
    assert versions(cluster, name) == before
    assert not planned.has_changes
    assert [notice.code for notice in planned.notices] == ["frozen"]
    assert frame[["frozen", "drift"]].to_dict("records") == [{"frozen": "pods", "drift": False}]
    assert frame["warning"][0].startswith("it is frozen: what runs goes on")


def test_thawing_takes_back_all_that_freezing_changed(cluster: Cluster, name: str) -> None:
    before = live_objects(cluster, name)

    freeze(cluster, name, read_only=True, progress=False)
    assert live_objects(cluster, name) != before
    thaw(cluster, name, progress=False)

    assert live_objects(cluster, name) == before
    assert get_tenant(cluster, name).editors == (EDITOR,)
    assert not plan(cluster, wanted(name, editors=[EDITOR])).has_changes


def test_in_a_read_only_tenant_members_read_and_nobody_of_them_may_write_or_thaw(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    owner, editor = connect_as("owner"), connect_as("editor")
    eventually(lambda: may(editor, "create", "Pod", name) and may(owner, "create", "RoleBinding", name))

    report = freeze(cluster, name, read_only=True, progress=False)

    assert sorted(f"{outcome.action} {outcome.ref.kind}" for outcome in report.applied) == [
        "create ResourceQuota",
        "create RoleBinding",
        "create RoleBinding",
        "delete RoleBinding",
        "delete RoleBinding",
        "update Namespace",
        "update RoleBinding",
    ]
    eventually(lambda: not may(editor, "create", "Pod", name) and not may(owner, "create", "RoleBinding", name))
    assert may(editor, "list", "Pod", name)
    assert may(owner, "list", "RoleBinding", name)
    assert get_tenant(owner, name).frozen == "read-only"
    assert get_tenant(owner, name).editors == (EDITOR,)
    assert thaw(owner, name, progress=False).applied == ()
    with pytest.raises(PermissionDenied):
        owner.delete(ObjectRef("v1", "ResourceQuota", "tenantkit-frozen", name))


def test_a_hand_made_binding_does_not_let_anyone_write_in_a_read_only_tenant(cluster: Cluster, name: str) -> None:
    cluster.create(
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "by-hand", "namespace": name},
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "tenantkit-editor"},
            "subjects": [{"apiGroup": GROUP, "kind": "User", "name": "eve@example.com"}],
        }
    )

    planned = plan(cluster, wanted(name, frozen="read-only"))
    freeze(cluster, name, read_only=True, progress=False)

    deleted = {row.code: row.ref.name for row in planned.rows if row.action == "delete"}
    assert deleted["frozen"] == "by-hand"
    roles = {it["roleRef"]["name"] for it in cluster.list("RoleBinding", namespace=name)}
    assert roles == {"tenantkit-viewer"}


def test_an_owner_may_neither_freeze_nor_thaw(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: may(owner, "patch", "Ingress", name))

    refused = freeze(owner, name, progress=False)
    freeze(cluster, name, progress=False)

    assert (refused.summary, refused.is_complete) == ("2 pending", False)
    assert {outcome.code for outcome in refused.pending} == {"not-yours"}
    assert thaw(owner, name, progress=False).summary == "2 pending"
    assert get_tenant(owner, name).frozen == "pods"


def test_a_spec_that_does_not_know_of_the_freeze_thaws_and_its_plan_says_so(cluster: Cluster, name: str) -> None:
    freeze(cluster, name, progress=False)

    planned = plan(cluster, wanted(name))
    apply(cluster, planned, progress=False)

    assert [notice.code for notice in planned.notices] == ["thawed"]
    assert [(row.ref.name, row.code) for row in planned.rows if row.action == "delete"] == [
        ("tenantkit-frozen", "thawed")
    ]
    assert get_tenant(cluster, name).frozen is None


def test_many_tenants_are_frozen_and_thawed_together_and_other_drift_stays(
    cluster: Cluster, name: str, other: str
) -> None:
    cluster.delete(ObjectRef("v1", "LimitRange", "tenantkit-limits", other))

    frozen = freeze(cluster, [name, other], progress=False)
    thawed = thaw(cluster, [name, other], progress=False)

    assert (frozen.summary, thawed.summary) == ("4 applied", "4 applied")
    assert [change.ref.kind for change in plan(cluster, wanted(other)).changes if change.action == "create"] == [
        "LimitRange"
    ]
