"""Adopting an existing namespace and releasing it again, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound, PartialApplyError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.adopt import adopt, plan_adopt
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tenants import apply_as, edit, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

TEAM = "tenantkit.dev/team"

LEVELS = {
    f"pod-security.kubernetes.io/{mode}{suffix}" for mode in ("enforce", "audit", "warn") for suffix in ("", "-version")
}


@pytest.fixture
def name(cluster: Cluster, wire: Wire) -> Iterator[str]:
    """A namespace that kubectl made, with a label and an annotation of its own."""
    install_platform(cluster, progress=False)
    with own_namespace(cluster, fresh_name()) as made:
        ref = ObjectRef("v1", "Namespace", made)
        edit(wire, ref, {"op": "add", "path": "/metadata/labels/cost-center", "value": "42"})
        edit(wire, ref, {"op": "add", "path": "/metadata/annotations", "value": {"contact": "dana"}})
        yield made


def comparable(cluster: Cluster, name: str) -> Manifest:
    """The whole Namespace but its version."""
    live = cluster.get("Namespace", name)
    del live["metadata"]["resourceVersion"]
    return live


def wanted(name: str, **fields: Any) -> Any:
    return tenant(name, routes=None, **fields)


def reasons(made: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in made.rows:
        found.setdefault(row.action, []).append(f"{row.ref.kind} {row.field or row.ref.name}")
    return found


def test_an_adopted_namespace_is_a_tenant_that_the_next_plan_completes(cluster: Cluster, name: str) -> None:
    made = plan_adopt(cluster, wanted(name))
    report = adopt(cluster, made, progress=False)

    assert reasons(made)["update"] == [
        "Namespace metadata.labels[app.kubernetes.io/managed-by]",
        "Namespace metadata.labels[tenantkit.dev/tenant]",
        "Namespace metadata.labels[tenantkit.dev/team]",
        "Namespace metadata.annotations[tenantkit.dev/grant]",
        "Namespace metadata.annotations[tenantkit.dev/hosts]",
    ]
    assert report.summary == "2 applied"
    assert get_tenant(cluster, name).owners == wanted(name).owners
    assert adopt(cluster, wanted(name), progress=False).summary == "1 unchanged"
    assert apply(cluster, plan(cluster, wanted(name)), progress=False).is_complete
    assert cluster.get("Namespace", name)["metadata"]["labels"]["cost-center"] == "42"


def test_a_namespace_is_after_its_release_as_it_was_before_its_adoption(cluster: Cluster, name: str) -> None:
    before = comparable(cluster, name)

    adopt(cluster, wanted(name, hosts=[f"{name}.example.org"]), progress=False)
    assert comparable(cluster, name) != before
    report = release(cluster, name, progress=False)

    assert report.summary == "3 applied"
    assert comparable(cluster, name) == before
    with pytest.raises(NotFound):
        get_tenant(cluster, name)


def test_a_label_that_was_there_already_stays_after_the_release(cluster: Cluster, name: str, wire: Wire) -> None:
    labelled = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {TEAM: "cv"}}}
    apply_as(wire, "kubectl", labelled)
    before = comparable(cluster, name)

    made = plan_adopt(cluster, wanted(name))
    adopt(cluster, made, progress=False)
    release(cluster, name, progress=False)

    assert f"Namespace metadata.labels[{TEAM}]" not in reasons(made)["update"]
    assert comparable(cluster, name) == before


def test_what_is_in_the_namespace_is_shown_and_not_touched(cluster: Cluster, name: str, wire: Wire) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "theirs", "namespace": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve@example.com"}],
    }
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "theirs", "namespace": name}}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    cluster.create(binding)
    cluster.create(
        policy | {"metadata": {"name": "open", "namespace": name}, "spec": {"podSelector": {}, "ingress": [{}]}}
    )
    cluster.create(quota | {"spec": {"hard": {"pods": "3"}}})
    level = "pod-security.kubernetes.io/enforce"
    edit(wire, ObjectRef("v1", "Namespace", name), _label(level, "privileged"))
    before = [cluster.get("RoleBinding", "theirs", name), cluster.get("ResourceQuota", "theirs", name)["spec"]]

    made = plan_adopt(cluster, wanted(name))
    adopt(cluster, made, progress=False)

    foreign = {
        f"{row.ref.kind} {row.field or row.ref.name}": row.reason for row in made.rows if row.action == "foreign"
    }
    assert foreign["RoleBinding theirs"] == (
        "not changed by the adoption; it binds ClusterRole 'edit', which is not one of tenantkit's roles"
    )
    assert foreign["NetworkPolicy open"].startswith("not changed by the adoption; ")
    assert foreign["ResourceQuota theirs"].startswith("not changed by the adoption; a second ResourceQuota")
    assert foreign[f"Namespace metadata.labels[{level}]"].startswith(
        "not changed by the adoption; a conflict of the next plan; set by 'kubectl-edit'"
    )
    assert cluster.get("Namespace", name)["metadata"]["labels"][level] == "privileged"
    after = [cluster.get("RoleBinding", "theirs", name), cluster.get("ResourceQuota", "theirs", name)["spec"]]
    assert after == before


def test_a_namespace_that_cannot_be_a_tenants_is_refused_with_the_reason(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    with own_namespace(cluster, fresh_name()) as managed:
        edit(wire, ObjectRef("v1", "Namespace", managed), _label("app.kubernetes.io/managed-by", "Helm"))
        adopt(cluster, wanted(name), progress=False)
        names = ["kube-system", "default", "no-such-namespace", managed]

        made = plan_adopt(cluster, [*map(wanted, names), wanted(name, size="medium")])

    found = {row.ref.name: (row.action, row.reason.split(":")[0]) for row in made.rows}
    assert found == {
        "kube-system": ("blocked", "namespace 'kube-system' belongs to the cluster's system"),
        "default": ("blocked", "namespace 'default' belongs to the cluster's system"),
        "no-such-namespace": ("blocked", "there is no namespace 'no-such-namespace'"),
        managed: ("blocked", "metadata.labels[app.kubernetes.io/managed-by] is 'Helm'"),
        name: ("blocked", "it is this tenant's already"),
    }
    with pytest.raises(PartialApplyError, match="Nothing was written"):
        adopt(cluster, made, progress=False)


def test_who_may_only_read_the_namespace_adopts_nothing_and_is_told(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    group = "rbac.authorization.k8s.io"
    cluster.create(
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "reader", "namespace": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "tenantkit-viewer"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "viewer@example.com"}],
        }
    )
    before = comparable(cluster, name)

    report = eventually(lambda: adopt(connect_as("viewer"), wanted(name), progress=False))
    with pytest.raises(PartialApplyError, match="Nothing was written"):
        adopt(connect_as("stranger"), wanted(name), progress=False)

    assert (report.summary, report.pending[0].code) == ("2 pending", "not-yours")
    assert comparable(cluster, name) == before


def test_many_namespaces_are_adopted_and_released_together(cluster: Cluster, name: str) -> None:
    with own_namespace(cluster, fresh_name()) as other:
        before = [comparable(cluster, each) for each in (name, other)]

        adopted = adopt(cluster, [wanted(name), wanted(other)], progress=False)
        released = release(cluster, [name, other], progress=False)

        assert (adopted.summary, released.summary) == ("4 applied", "4 applied")
        assert [comparable(cluster, each) for each in (name, other)] == before


def test_a_namespace_that_changed_after_the_plan_is_not_adopted(cluster: Cluster, name: str, wire: Wire) -> None:
    made = plan_adopt(cluster, wanted(name))
    edit(wire, ObjectRef("v1", "Namespace", name), _label(TEAM, "cv"))

    with pytest.raises(StalePlanError, match="changed after the plan was made"):
        adopt(cluster, made, progress=False)


def test_what_apply_has_made_stays_after_a_release_and_is_listed(cluster: Cluster, name: str) -> None:
    adopt(cluster, wanted(name), progress=False)
    apply(cluster, plan(cluster, wanted(name)), progress=False)

    made = plan_release(cluster, name)
    release(cluster, made, progress=False)

    stays = {row.ref.name: row for row in made.rows if row.action == "foreign"}
    assert {"ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding"} <= {row.ref.kind for row in stays.values()}
    assert f"kubectl delete resourcequota tenantkit-quota -n {name}" in stays["tenantkit-quota"].reason
    labels = cluster.get("Namespace", name)["metadata"]["labels"]
    assert sorted(labels.keys() - LEVELS) == ["cost-center", "kubernetes.io/metadata.name"]
    assert labels.keys() >= LEVELS  # members keep their roles, so their pods must not gain rights
    assert cluster.get("ResourceQuota", "tenantkit-quota", name)


def test_a_tenant_that_tenantkit_created_is_released_too(cluster: Cluster) -> None:
    install_platform(cluster, progress=False)
    made = fresh_name()
    apply(cluster, plan(cluster, wanted(made)), progress=False)
    try:
        release(cluster, made, progress=False)

        metadata = cluster.get("Namespace", made)["metadata"]
        assert list(metadata["labels"].keys() - LEVELS) == ["kubernetes.io/metadata.name"]
        assert metadata["labels"].keys() >= LEVELS
        assert "annotations" not in metadata
    finally:
        cluster.delete(ObjectRef("v1", "Namespace", made))


def test_a_protected_or_frozen_tenant_is_not_released(cluster: Cluster, name: str) -> None:
    adopt(cluster, wanted(name, protected=True), progress=False)
    assert [(row.action, row.code) for row in plan_release(cluster, name).rows] == [("blocked", "protected")]

    apply(cluster, plan(cluster, wanted(name, frozen="pods")), progress=False)
    first = plan_release(cluster, name).rows[0]
    assert (first.action, first.code) == ("blocked", "frozen")


def _label(key: str, value: str) -> Manifest:
    return {"op": "add", "path": f"/metadata/labels/{key.replace('/', '~1')}", "value": value}
