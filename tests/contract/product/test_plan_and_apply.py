"""Plan, then apply, then plan again: what a tenant becomes, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError, SpecVersionError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant, get_tenants
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import ContainerLimits, Quota, StorageClassQuota
from tenantkit.spec.routing import Routing
from tenantkit.spec.security import Security
from tests.contract.tenants import (
    OWNER,
    ROUTE,
    controllers_are_done,
    edit,
    fresh_name,
    hard,
    live_objects,
    quota_ref,
    tenant,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

SMALL = Platform().sizes["small"]


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


@pytest.fixture
def other(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


def test_a_tenant_is_planned_and_applied_and_then_there_is_nothing_to_do(cluster: Cluster, name: str) -> None:
    wanted = tenant(name, editors=["group:cv"])

    first = plan(cluster, wanted)
    report = apply(cluster, first, progress=False)

    assert first.summary == "19 to create"
    assert report.summary == "19 applied"
    assert report.urls == {name: [f"http://{name}.example.ai/ai-service"]}
    assert plan(cluster, wanted).summary == "18 unchanged"
    assert get_tenant(cluster, name) == wanted.with_(viewers=[])
    assert wanted.with_(viewers=[]) in get_tenants(cluster)


def test_the_same_plan_applied_again_writes_nothing(
    cluster: Cluster, name: str, eventually: Callable[..., object]
) -> None:
    planned = plan(cluster, tenant(name))
    apply(cluster, planned, progress=False)
    eventually(lambda: controllers_are_done(cluster, name))
    before = versions(cluster, name)

    report = apply(cluster, planned, progress=False)

    assert report.summary == "18 unchanged"
    assert versions(cluster, name) == before


def test_the_quota_of_an_applied_tenant_is_counted(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)

    quota = cluster.get("ResourceQuota", "tenantkit-quota", name)
    assert quota["status"]["hard"] == quota["spec"]["hard"]


def test_a_quota_entry_that_is_removed_from_the_spec_is_no_longer_enforced(cluster: Cluster, name: str) -> None:
    fast = SMALL.model_copy(update={"storage_classes": {"fast": StorageClassQuota(storage="10Gi")}})
    apply(cluster, plan(cluster, tenant(name, size=None, quota=fast)), progress=False)
    entry = "fast.storageclass.storage.k8s.io/requests.storage"
    assert hard(cluster, name)[entry] == "10Gi"

    planned = plan(cluster, tenant(name))
    apply(cluster, planned, progress=False)

    assert [(row.before, row.after) for row in planned.rows if row.field == f"spec.hard[{entry}]"] == [("10Gi", None)]
    assert entry not in hard(cluster, name)
    assert not plan(cluster, tenant(name)).has_changes


def test_a_route_and_a_person_removed_from_the_spec_are_deleted_and_objects_of_others_stay(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    apply(cluster, plan(cluster, tenant(name, viewers=["eve@example.com"])), progress=False)
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    theirs = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "theirs", "namespace": name},
        "spec": {"defaultBackend": backend},
    }
    wire("POST", f"/apis/networking.k8s.io/v1/namespaces/{name}/ingresses", theirs)

    report = apply(cluster, plan(cluster, tenant(name, routes=[], viewers=[])), progress=False)

    deleted = [outcome.ref.kind for outcome in report.applied if outcome.action == "delete"]
    left = [key for key in live_objects(cluster, name) if key.startswith(("Ingress/", "RoleBinding/"))]
    assert deleted == ["Ingress", "RoleBinding"]
    assert len(left) == 2
    assert "Ingress/theirs" in left


def test_quantities_that_the_server_rewrites_are_not_a_difference(cluster: Cluster, name: str) -> None:
    odd = Quota(requests_cpu="1500m", requests_memory="1.5Gi", storage="1000M", ephemeral_storage="0.5Gi")
    wanted = tenant(name, size=None, quota=odd)

    apply(cluster, plan(cluster, wanted), progress=False)

    assert not plan(cluster, wanted).has_changes


def test_every_setting_of_a_platform_is_applied_completely_and_removed_again(cluster: Cluster, name: str) -> None:
    rich = Platform(
        labels={"cost-center": "42"},
        routing=Routing(tls_secret="{name}-tls", annotations={"example.org/issuer": "x"}),
        security=Security(image_pull_secrets=["registry"], enforce="restricted"),
    )
    bounds = ContainerLimits(max_cpu="2", max_memory="2048Mi", limit_cpu="1500m")
    full = SMALL.model_copy(update={"containers": bounds, "limits_cpu": "8"})
    wanted = tenant(name, size=None, quota=full, owners=[OWNER, "group:cv", "sa:hub/jupyter-dana"])

    install_platform(cluster, rich, progress=False)
    try:
        report = apply(cluster, plan(cluster, wanted), progress=False)
        with_all = plan(cluster, wanted)
    finally:
        install_platform(cluster, progress=False)
    apply(cluster, plan(cluster, tenant(name)), progress=False)

    assert report.urls == {name: [f"https://{name}.example.ai/ai-service"]}
    assert not with_all.has_changes
    assert not plan(cluster, tenant(name)).has_changes
    assert "imagePullSecrets" not in cluster.get("ServiceAccount", "workload", name)
    assert "tls" not in cluster.get("Ingress", "ai", name)["spec"]
    assert "cost-center" not in cluster.get("Namespace", name)["metadata"]["labels"]


def test_a_plan_is_stale_once_someone_else_changed_the_quota_and_nothing_is_written(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    planned = plan(cluster, tenant(name, size="large"))
    edit(wire, quota_ref(name), {"op": "replace", "path": "/spec/hard/pods", "value": "7"})
    before = versions(cluster, name)

    with pytest.raises(StalePlanError, match="ResourceQuota 'tenantkit-quota'"):
        apply(cluster, planned, progress=False)

    after = versions(cluster, name)
    quota = "ResourceQuota/tenantkit-quota"
    assert {**after, quota: ""} == {**before, quota: ""}


def test_a_plan_is_not_stale_after_a_new_pod(cluster: Cluster, name: str, eventually: Callable[..., object]) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    planned = plan(cluster, tenant(name, size="large"))
    pod: Manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": name}}
    cluster.create(pod | {"spec": {"containers": [{"name": "main", "image": "busybox"}]}})
    eventually(lambda: cluster.get("ResourceQuota", "tenantkit-quota", name)["status"]["used"]["pods"] == "1")

    assert apply(cluster, planned, progress=False).is_complete


def test_a_namespace_of_another_owner_is_not_changed_and_the_other_tenant_is_created(
    cluster: Cluster, namespace: str, name: str
) -> None:
    planned = plan(cluster, [tenant(namespace), tenant(name)])
    before = versions(cluster, namespace)

    with pytest.raises(PartialApplyError) as caught:
        apply(cluster, planned, progress=False)

    assert {row.action for row in planned.rows if row.ref.namespace == namespace} == {"blocked"}
    assert list(caught.value.report.urls) == [name]
    assert versions(cluster, namespace) == before


def test_two_tenants_of_a_plan_that_want_one_host_are_blocked_and_no_others(
    cluster: Cluster, name: str, other: str
) -> None:
    wanted = [*(tenant(it, hosts=["shared.example.org"]) for it in (name, other)), tenant(f"{name}-third")]

    planned = plan(cluster, wanted)

    assert {change.tenant for change in planned.changes if change.action == "blocked"} == {name, other}
    assert {row.code for row in planned.rows if row.action == "blocked"} == {"host-taken"}


def test_a_host_of_a_live_tenant_is_not_granted_to_another(cluster: Cluster, name: str, other: str) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)

    planned = plan(cluster, tenant(other, hosts=[f"{name}.example.ai"]))
    with pytest.raises(PartialApplyError, match=rf"'{name}\.example\.ai' of tenant '{name}'"):
        apply(cluster, planned, progress=False)

    assert other not in [namespace["metadata"]["name"] for namespace in cluster.list("Namespace")]


def test_a_tenant_stored_by_a_newer_version_is_never_overwritten_and_stops_no_other(
    cluster: Cluster, name: str, other: str, wire: Wire
) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    newer = '{"apiVersion":"tenantkit.dev/v9"}'
    place = "/metadata/annotations/tenantkit.dev~1grant"
    edit(wire, ObjectRef("v1", "Namespace", name), {"op": "replace", "path": place, "value": newer})

    rows = plan(cluster, [tenant(name), tenant(other)]).rows
    assert {row.code for row in rows if row.action == "blocked"} == {"newer-version"}
    assert {row.action for row in rows if other in (row.ref.name, row.ref.namespace)} == {"create"}
    assert name not in [it.name for it in get_tenants(cluster)]
    with pytest.raises(SpecVersionError, match=r"tenantkit\.dev/v9"):
        get_tenant(cluster, name)


def test_a_server_side_dry_run_shows_what_a_quota_denies(cluster: Cluster, name: str) -> None:
    closed = SMALL.model_copy(update={"ingresses": 0})
    apply(cluster, plan(cluster, tenant(name, size=None, quota=closed, routes=[])), progress=False)

    planned = plan(cluster, tenant(name, size=None, quota=closed), dry_run="server")

    row = next(row for row in planned.rows if row.ref.kind == "Ingress")
    assert row.action == "blocked"
    assert "exceeded quota: tenantkit-quota" in row.reason
    assert "Ingress/ai" not in live_objects(cluster, name)


def test_a_server_side_dry_run_cannot_check_objects_in_a_new_namespace(cluster: Cluster, name: str) -> None:
    planned = plan(cluster, tenant(name), dry_run="server")

    reasons = {row.ref.kind: row.reason for row in planned.rows}
    assert (reasons.pop("Namespace"), reasons.pop("Role")) == ("", "")
    assert reasons.pop("ConfigMap").startswith("claims host")
    assert set(reasons.values()) == {"compared locally, not sent to the server"}


def test_a_plan_for_a_hundred_tenants_makes_as_many_requests_as_for_one(cluster: Cluster, name: str) -> None:
    def requests_for(count: int) -> int:
        before = cluster.request_count
        plan(cluster, [tenant(f"{name}-{number}") for number in range(count)])
        return cluster.request_count - before

    assert requests_for(100) == requests_for(1)


def test_several_tenants_are_created_at_once_and_each_completely(cluster: Cluster, name: str, other: str) -> None:
    report = apply(cluster, plan(cluster, [tenant(name), tenant(other)]), progress=False)

    one = str(live_objects(cluster, name)).replace(name, "x")
    assert one == str(live_objects(cluster, other)).replace(other, "x")
    assert report.summary == "36 applied"


def test_every_object_of_a_tenant_carries_its_labels(cluster: Cluster, name: str) -> None:
    planned = plan(cluster, tenant(name))
    apply(cluster, planned, progress=False)

    for ref in [ref_of(change.wanted) for change in planned.changes if change.wanted]:
        labels = cluster.get(ref.kind, ref.name, ref.namespace)["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "tenantkit", ref
        assert labels["tenantkit.dev/tenant"] == name, ref


def test_a_route_that_changes_its_path_is_updated_in_place(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    uid = cluster.get("Ingress", "ai", name)["metadata"]["uid"]

    moved = ROUTE.model_copy(update={"path": "/other"})
    report = apply(cluster, plan(cluster, tenant(name, routes=[moved])), progress=False)

    live = cluster.get("Ingress", "ai", name)
    assert live["metadata"]["uid"] == uid
    assert live["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/other"
    assert report.urls == {name: [f"http://{name}.example.ai/other"]}
