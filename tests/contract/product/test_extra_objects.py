"""Extra objects of a platform in each tenant's namespace, of built-in and of custom kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tests.contract.product.test_inventory_kinds import CRDS, NO_CUSTOM_KINDS, custom_kind
from tests.contract.tenants import edit, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

SETTINGS: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "labels": {"app": "{name}"}, "annotations": {"example.org/by": "platform"}},
    "data": {"url": "https://{name}.{domain}", "team": "{team}", "where": "{namespace}"},
}
TRACKING: Manifest = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "tracking-{name}"},
    "spec": {"selector": {"app": "tracking"}, "ports": [{"port": 5000, "name": "api"}, {"port": 80, "name": "web"}]},
}
DATA: Manifest = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1024Mi"}}},
}
PLATFORM = Platform(extra_objects=[SETTINGS, TRACKING, DATA])


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        install_platform(cluster, PLATFORM, progress=False)
        yield name
        install_platform(cluster, progress=False)


def applied(cluster: Cluster, name: str, platform: Platform = PLATFORM, **fields: Any) -> Report:
    install_platform(cluster, platform, progress=False)
    return apply(cluster, plan(cluster, tenant(name, **fields)), progress=False)


def rows(made: Plan) -> list[tuple[str, str, str, str | None]]:
    return [(row.action, row.ref.kind, row.ref.name, row.code) for row in made.rows if row.action != "unchanged"]


def test_each_tenant_gets_the_objects_with_its_own_values_and_then_there_is_nothing_to_do(
    cluster: Cluster, name: str
) -> None:
    applied(cluster, name)

    settings = cluster.get("ConfigMap", "settings", name)
    assert settings["data"] == {"url": f"https://{name}.example.ai", "team": "cv", "where": name}
    assert cluster.get("Service", f"tracking-{name}", name)["spec"]["ports"][0]["targetPort"] == 5000
    assert cluster.get("PersistentVolumeClaim", "data", name)["spec"]["volumeMode"] == "Filesystem"
    assert rows(plan(cluster, tenant(name))) == []


def test_another_template_is_an_update_and_one_that_is_no_longer_listed_is_deleted(cluster: Cluster, name: str) -> None:
    applied(cluster, name)
    ports = {"ports": [{"port": 5000, "name": "api"}]}
    fewer = Platform(extra_objects=[SETTINGS, TRACKING | {"spec": TRACKING["spec"] | ports}])

    made = plan(cluster, tenant(name), platform=fewer)

    assert rows(made) == [
        ("update", "Service", f"tracking-{name}", None),
        ("update", "Service", f"tracking-{name}", None),
        ("delete", "PersistentVolumeClaim", "data", made.rows[-1].code),
    ]
    applied(cluster, name, fewer)
    assert [it["name"] for it in cluster.get("Service", f"tracking-{name}", name)["spec"]["ports"]] == ["api"]
    applied(cluster, name, Platform())
    assert [it["metadata"]["name"] for it in cluster.list("Service", namespace=name)] == []
    assert [it["metadata"]["name"] for it in cluster.list("ConfigMap", namespace=name)] in ([], ["kube-root-ca.crt"])


def test_a_changed_value_is_a_conflict_and_an_added_one_is_theirs(cluster: Cluster, name: str, wire: Wire) -> None:
    applied(cluster, name)
    settings = ObjectRef("v1", "ConfigMap", "settings", name)
    edit(wire, settings, {"op": "add", "path": "/data/more", "value": "x"})
    assert rows(plan(cluster, tenant(name))) == []

    edit(wire, settings, {"op": "replace", "path": "/data/team", "value": "x"})

    made = plan(cluster, tenant(name))
    assert rows(made) == [("conflict", "ConfigMap", "settings", "set-by-other")]
    apply(cluster, made, force_conflicts="all", progress=False)
    assert cluster.get("ConfigMap", "settings", name)["data"] == {
        "url": f"https://{name}.example.ai",
        "team": "cv",
        "where": name,
        "more": "x",
    }


def test_an_object_of_somebody_else_is_never_overwritten_and_stops_nothing_else(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    applied(cluster, name, Platform())
    metadata = {"name": "settings", "namespace": name}
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"mine": "x"}}
    answer = wire("POST", f"/api/v1/namespaces/{name}/configmaps", theirs, query={"fieldManager": "helm"})
    assert answer.status == 201

    with pytest.raises(PartialApplyError) as caught:
        applied(cluster, name)

    [failed] = caught.value.report.failed
    assert (failed.ref.name, failed.action, failed.code) == ("settings", "blocked", "owned-by-other")
    assert "'helm' (managed fields)" in failed.reason
    assert cluster.get("ConfigMap", "settings", name)["data"] == {"mine": "x"}
    assert cluster.get("PersistentVolumeClaim", "data", name)["metadata"]["labels"]["tenantkit.dev/tenant"] == name


def test_a_hundred_tenants_take_as_many_requests_as_one(cluster: Cluster, name: str) -> None:
    def requests_for(count: int) -> int:
        before = cluster.request_count
        plan(cluster, [tenant(f"{name}-{number}") for number in range(count)])
        return cluster.request_count - before

    assert requests_for(100) == requests_for(1)


def test_what_an_owner_may_not_make_is_pending_and_stops_nothing(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "of-platform"}, "spec": {}}
    applied(cluster, name, Platform())
    install_platform(cluster, Platform(extra_objects=[SETTINGS, lease]), progress=False)
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))

    made = plan(owner, get_tenant(owner, name).with_(viewers=["eve@example.com"]))
    report = apply(owner, made, progress=False)

    assert {outcome.ref.kind for outcome in report.pending} == {"Namespace", "Lease"}
    assert {outcome.ref.kind for outcome in report.applied} == {"RoleBinding", "ConfigMap"}
    assert report.is_done


def test_a_kind_that_the_server_does_not_serve_is_unknown_and_stops_nothing_else(cluster: Cluster, name: str) -> None:
    queue = {"apiVersion": "kueue.example.org/v1", "kind": "LocalQueue", "metadata": {"name": "queue"}, "spec": {}}

    with pytest.raises(PartialApplyError) as caught:
        applied(cluster, name, Platform(extra_objects=[queue, SETTINGS]))

    [failed] = caught.value.report.failed
    assert (failed.ref.kind, failed.action, failed.code) == ("LocalQueue", "unknown", "not-served")
    assert failed.reason.startswith("the server does not serve LocalQueue of kueue.example.org/v1")
    assert cluster.get("ConfigMap", "settings", name)["data"]["team"] == "cv"


@NO_CUSTOM_KINDS
def test_an_object_of_a_custom_kind_is_made_changed_and_deleted(
    cluster: Cluster, name: str, wire: Wire, eventually: Callable[..., Any]
) -> None:
    group = f"{name}.example.org"
    queue = {"apiVersion": f"{group}/v1", "kind": "TestQueue", "metadata": {"name": "queue"}, "spec": {"of": "{team}"}}
    path = f"/apis/{group}/v1/namespaces/{name}/testqueues"
    assert wire("POST", CRDS, custom_kind("TestQueue", "testqueues", group, "v1")).status == 201
    eventually(lambda: wire("GET", path).status == 200)

    applied(cluster, name, Platform(extra_objects=[queue]))
    assert wire("GET", f"{path}/queue").body["spec"] == {"of": "cv"}
    assert rows(plan(cluster, tenant(name))) == []

    applied(cluster, name, Platform(extra_objects=[queue | {"spec": {"of": "{name}"}}]))
    assert wire("GET", f"{path}/queue").body["spec"] == {"of": name}

    applied(cluster, name, Platform())
    assert wire("GET", f"{path}/queue").status == 404
    assert wire("DELETE", f"{CRDS}/testqueues.{group}").status == 200


def test_the_platforms_plan_says_whom_a_template_concerns(cluster: Cluster, name: str) -> None:
    applied(cluster, name, Platform())

    notices = plan_platform(cluster, PLATFORM).notices

    assert "extra_objects change with its next plan" in [str(it) for it in notices if it.tenant == name]
