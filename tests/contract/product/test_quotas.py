"""The quotas of a tenant bound what its people may create, and refuse priority; on both engines."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.frames.quota import quota_usage
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.quota_status import is_counted
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tests.contract.tenants import tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

LISTED, UNLISTED, DEFAULT = (f"{name}-{uuid.uuid4().hex[:6]}" for name in ("listed", "unlisted", "default"))
COUNTED = {"deployments.apps": 2, "rolebindings.rbac.authorization.k8s.io": 4, "serviceaccounts": 3}


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    """A tenant with a small quota, on a platform that lists one priority class."""
    platform = Platform(
        priority_classes=[LISTED, DEFAULT], device_classes=["gpu.example.com"], storage_classes=["fast"]
    )
    install_platform(cluster, platform, progress=False)
    for priority_class in (LISTED, UNLISTED):
        cluster.create(_priority_class(priority_class))
    made = f"t-{uuid.uuid4().hex[:10]}"
    quota = Quota(requests_cpu=4, requests_memory="8Gi", pods=4, all_pods=5, counts=COUNTED)
    apply(cluster, plan(cluster, tenant(made, size=None, quota=quota, routes=[])), progress=False)
    yield made
    with suppress(NotFound):
        cluster.delete(ObjectRef("v1", "Namespace", made))
    for priority_class in (LISTED, UNLISTED):
        cluster.delete(_class_ref(priority_class))
    install_platform(cluster, progress=False)


def _class_ref(name: str) -> ObjectRef:
    return ObjectRef("scheduling.k8s.io/v1", "PriorityClass", name)


def _priority_class(name: str, *, is_default: bool = False) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": 5,
        "globalDefault": is_default,
    }


def _pod(name: str | None, **spec: Any) -> Manifest:
    named: dict[str, Any] = {"name": name} if name else {"generateName": "p-"}
    return {"metadata": named, "spec": {"containers": [{"name": "main", "image": "busybox"}], **spec}}


def _try_pod(wire: Wire, namespace: str, **spec: Any) -> str:
    """Send a pod as a dry run; the message of its refusal, or an empty text."""
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/pods", _pod(None, **spec), query={"dryRun": "All"})
    return "" if answer.status == 201 else str(answer.body["message"])


@pytest.mark.parametrize("priority_class", [None, pytest.param(LISTED, id="listed")])
def test_a_pod_without_a_class_or_with_a_listed_one_is_admitted(
    name: str, wire: Wire, priority_class: str | None
) -> None:
    spec = {"priorityClassName": priority_class} if priority_class else {}

    assert _try_pod(wire, name, **spec) == ""


@pytest.mark.parametrize(
    "priority_class", ["system-node-critical", "system-cluster-critical", pytest.param(UNLISTED, id="unlisted")]
)
def test_a_pod_of_a_class_outside_the_list_is_refused(name: str, wire: Wire, priority_class: str) -> None:
    refused = _try_pod(wire, name, priorityClassName=priority_class)

    assert "exceeded quota: tenantkit-priority, requested: pods=1, used: pods=0, limited: pods=0" in refused


def test_a_pod_without_a_class_gets_the_clusters_default_class_if_that_is_listed(
    name: str, cluster: Cluster, wire: Wire
) -> None:
    cluster.create(_priority_class(DEFAULT, is_default=True))
    try:
        eventually(lambda: _stored_class(wire, name) == DEFAULT)
    finally:
        cluster.delete(_class_ref(DEFAULT))


def _stored_class(wire: Wire, namespace: str) -> str | None:
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/pods", _pod(None), query={"dryRun": "All"})
    assert answer.status == 201, answer.body
    found: str | None = answer.body["spec"].get("priorityClassName")
    return found


def test_more_objects_than_a_count_allows_are_refused(name: str, wire: Wire) -> None:
    path = f"/apis/apps/v1/namespaces/{name}/deployments"
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": _pod(None)["spec"]}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    answers = [wire("POST", path, {"metadata": {"name": f"d-{place}"}, "spec": spec}) for place in range(3)]

    assert [answer.status for answer in answers] == [201, 201, 403]
    assert "exceeded quota: tenantkit-quota, requested: count/deployments.apps=1" in answers[-1].body["message"]


def test_ended_pods_count_towards_all_pods(name: str, cluster: Cluster, wire: Wire) -> None:
    path = f"/api/v1/namespaces/{name}/pods"
    eventually(lambda: cluster.get("ServiceAccount", "default", name))
    for place in range(5):
        assert wire("POST", path, _pod(f"ended-{place}")).status == 201
        ended = {"status": {"phase": "Succeeded"}}
        query = "application/merge-patch+json"
        assert wire("PATCH", f"{path}/ended-{place}/status", ended, content_type=query).status == 200
        eventually(lambda: _used(cluster, name)["pods"] == "0")

    refused = wire("POST", path, _pod("one-more"))

    assert refused.status == 403
    assert "requested: count/pods=1, used: count/pods=5, limited: count/pods=5" in refused.body["message"]


def _used(cluster: Cluster, name: str) -> dict[str, str]:
    used: dict[str, str] = cluster.get("ResourceQuota", "tenantkit-quota", name)["status"]["used"]
    return used


def test_both_quotas_are_counted_once_an_apply_ends(name: str, cluster: Cluster) -> None:
    quotas = {quota["metadata"]["name"]: quota for quota in cluster.list("ResourceQuota", namespace=name)}

    assert sorted(quotas) == ["tenantkit-priority", "tenantkit-quota"]
    assert all(is_counted(quota) for quota in quotas.values())


def test_every_entry_of_a_kind_that_the_server_serves_has_a_usage(name: str, cluster: Cluster, wire: Wire) -> None:
    hard = cluster.get("ResourceQuota", "tenantkit-quota", name)["spec"]["hard"]
    has_gateways = wire("GET", "/apis/gateway.networking.k8s.io").status == 200
    may_be_unserved = set() if has_gateways else {"count/httproutes.gateway.networking.k8s.io"}

    assert hard["gpu.example.com.deviceclass.resource.k8s.io/devices"] == "0"
    unserved = set(hard) - set(_used(cluster, name))
    # a server from which the kind was removed may still count it
    assert unserved <= may_be_unserved
    frame = quota_usage(cluster, namespaces=[name])
    assert set(frame.query("state == 'unserved'")["resource"]) == unserved
    assert not (frame["state"] == "pending").any()


def test_planning_the_tenant_again_changes_nothing_and_shows_no_foreign_quota(name: str, cluster: Cluster) -> None:
    quota = Quota(requests_cpu=4, requests_memory="8Gi", pods=4, all_pods=5, counts=COUNTED)
    again = plan(cluster, tenant(name, size=None, quota=quota, routes=[]))

    assert {row.action for row in again.rows} == {"unchanged"}


def test_a_wrong_scope_by_somebody_else_is_a_conflict_that_can_be_forced(
    name: str, cluster: Cluster, wire: Wire
) -> None:
    quota = Quota(requests_cpu=4, requests_memory="8Gi", pods=4, all_pods=5, counts=COUNTED)
    spec = tenant(name, size=None, quota=quota, routes=[])
    path = f"/api/v1/namespaces/{name}/resourcequotas/tenantkit-priority"
    opened = {"spec": {"hard": {"pods": "9"}}}
    assert wire("PATCH", path, opened, content_type="application/merge-patch+json").status == 200

    planned = plan(cluster, spec)

    assert [(row.action, row.ref.name, row.field) for row in planned.rows if row.action != "unchanged"] == [
        ("conflict", "tenantkit-priority", "spec.hard.pods")
    ]
    apply(cluster, planned, force_conflicts="all", progress=False)
    assert {row.action for row in plan(cluster, spec).rows} == {"unchanged"}
