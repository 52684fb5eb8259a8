"""Fields that others set: shown with their manager, left as they are, and forced by name; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.contract.tenants import apply_as, edit, fresh_name, hard, quota_ref, tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

PODS = "/spec/hard/pods"


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


def test_a_changed_quota_is_a_conflict_with_the_manager_and_both_values(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    edit(wire, quota_ref(name), {"op": "replace", "path": PODS, "value": "99"})

    conflicts = [row for row in plan(cluster, tenant(name)).rows if row.action == "conflict"]

    assert [(row.field, row.manager, row.before, row.after) for row in conflicts] == [
        ("spec.hard.pods", "kubectl-edit", "99", "20")
    ]


def test_a_conflict_is_not_changed_and_the_rest_is_applied(cluster: Cluster, name: str, wire: Wire) -> None:
    edit(wire, quota_ref(name), {"op": "replace", "path": PODS, "value": "99"})

    with pytest.raises(PartialApplyError) as caught:
        apply(cluster, plan(cluster, tenant(name, size="large")), progress=False)

    entries = hard(cluster, name)
    assert (entries["pods"], entries["requests.cpu"]) == ("99", "64")
    assert [outcome.field for outcome in caught.value.report.failed] == ["spec.hard.pods"]
    assert caught.value.report.not_attempted == ()


def test_a_forced_field_gets_the_wanted_value(cluster: Cluster, name: str, wire: Wire) -> None:
    edit(wire, quota_ref(name), {"op": "replace", "path": PODS, "value": "99"})
    planned = plan(cluster, tenant(name))

    apply(cluster, planned, force_conflicts=planned.frame.query("action == 'conflict'"), progress=False)

    assert hard(cluster, name)["pods"] == "20"
    assert not plan(cluster, tenant(name)).has_changes


def test_a_forced_entry_that_others_added_is_removed_and_no_other(cluster: Cluster, name: str, wire: Wire) -> None:
    edit(
        wire,
        quota_ref(name),
        {"op": "add", "path": "/spec/hard/count~1leases.example.com", "value": "1"},
        {"op": "add", "path": "/spec/hard/count~1events.example.com", "value": "2"},
    )
    planned = plan(cluster, tenant(name))
    taken = [row for row in planned.rows if row.field == "spec.hard[count/leases.example.com]"]

    with pytest.raises(PartialApplyError) as caught:
        apply(cluster, planned, force_conflicts=taken, progress=False)

    entries = hard(cluster, name)
    assert "count/leases.example.com" not in entries
    assert entries["count/events.example.com"] == "2"
    assert [outcome.field for outcome in caught.value.report.failed] == ["spec.hard[count/events.example.com]"]


def test_a_field_that_someone_else_applies_too_has_two_owners(cluster: Cluster, name: str, wire: Wire) -> None:
    part = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tenantkit-quota", "namespace": name},
        "spec": {"hard": {"pods": "20"}},
    }
    apply_as(wire, "argocd", part)
    assert not plan(cluster, tenant(name)).has_changes

    with pytest.raises(PartialApplyError):
        apply(cluster, plan(cluster, tenant(name, size="large")), progress=False)

    live = cluster.get("ResourceQuota", "tenantkit-quota", name)
    owners = {entry["manager"] for entry in live["metadata"]["managedFields"] if "'f:pods'" in str(entry)}
    assert live["spec"]["hard"]["pods"] == "20"
    assert owners >= {"tenantkit", "argocd"}


def test_an_entry_that_someone_else_removed_is_restored_without_force(cluster: Cluster, name: str, wire: Wire) -> None:
    edit(wire, quota_ref(name), {"op": "remove", "path": PODS})

    apply(cluster, plan(cluster, tenant(name)), progress=False)

    assert hard(cluster, name)["pods"] == "20"


def test_a_lowered_pod_security_level_is_a_conflict(cluster: Cluster, name: str, wire: Wire) -> None:
    label = "/metadata/labels/pod-security.kubernetes.io~1enforce"
    edit(wire, ObjectRef("v1", "Namespace", name), {"op": "replace", "path": label, "value": "privileged"})
    planned = plan(cluster, tenant(name))

    assert [(row.field, row.before, row.after) for row in planned.rows if row.action == "conflict"] == [
        ("metadata.labels[pod-security.kubernetes.io/enforce]", "privileged", "baseline")
    ]
    apply(cluster, planned, force_conflicts=[row for row in planned.rows if row.action == "conflict"], progress=False)
    assert not plan(cluster, tenant(name)).has_changes


def test_a_person_that_someone_else_added_to_a_binding_is_removed_without_a_question(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    binding = cluster.list("RoleBinding", namespace=name)[0]["metadata"]["name"]
    ref = ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", binding, name)
    mallory = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "mallory@example.com"}
    edit(wire, ref, {"op": "add", "path": "/subjects/-", "value": mallory})
    planned = plan(cluster, tenant(name))

    assert [(row.action, row.field, row.manager) for row in planned.rows if row.action != "unchanged"] == [
        ("update", "subjects", "kubectl-edit")
    ]
    apply(cluster, planned, progress=False)
    assert [it["name"] for it in cluster.get("RoleBinding", binding, name)["subjects"]] == ["owner@example.com"]


def test_labels_and_annotations_that_others_add_are_not_changed(cluster: Cluster, name: str, wire: Wire) -> None:
    edit(
        wire,
        ObjectRef("v1", "Namespace", name),
        {"op": "add", "path": "/metadata/annotations/example.org~1note", "value": "theirs"},
        {"op": "add", "path": "/metadata/labels/example.org~1stage", "value": "prod"},
    )

    assert not plan(cluster, tenant(name)).has_changes
    apply(cluster, plan(cluster, tenant(name, protected=True)), progress=False)
    assert cluster.get("Namespace", name)["metadata"]["annotations"]["example.org/note"] == "theirs"
