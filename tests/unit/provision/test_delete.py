"""What deleting a tenant shows, refuses, and says when it does not end."""

from __future__ import annotations

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, WaitTimeoutError
from tenantkit.provision.delete import Deletion, delete_tenant, plan_delete
from tests.unit.provision.memory import NAMESPACE, Memory, cluster_of, run, tenant


def test_what_would_be_lost_is_counted_by_kind_and_what_may_not_be_counted_is_unknown() -> None:
    memory = Memory(not_served=("HTTPRoute", "Gateway"))
    run(memory, tenant())
    memory.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "vision"}})
    memory.refused = ("Secret",)

    planned = plan_delete(cluster_of(memory), "vision")

    assert {kind: count for kind, count in planned.counts.items() if count != 0} == {
        "ConfigMap": 1,
        "LimitRange": 1,
        "Pod": 1,
        "ResourceQuota": 1,
        "Secret": None,
        "ServiceAccount": 2,
        "Ingress": 1,
        "RoleBinding": 1,
    }
    assert "HTTPRoute" not in planned.counts
    assert planned.frame["count"].isna().sum() == 1
    assert NAMESPACE in memory.objects


def test_a_deletion_is_shown_without_the_kinds_of_which_there_is_nothing() -> None:
    deletion = Deletion("vision", "vision", {"Pod": 2, "Job": 0, "Secret": None}, protected=True, uid="u")

    assert str(deletion) == (
        "kind    count\n"
        "Pod     2\n"
        "Secret  unknown\n\n"
        "deleting tenant 'vision' takes namespace 'vision' and in it 2 Pod; "
        "unknown, since you may not list them: Secret; it is protected, so it would be refused"
    )
    assert "<td" in deletion._repr_html_()


def test_a_deleted_tenant_is_gone_with_all_that_was_in_it() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))

    delete_tenant(cluster_of(memory), "vision", confirm="vision")

    assert {ref.namespace or ref.name for ref in memory.objects} == {"speech"}


def test_without_the_name_once_more_nothing_is_deleted() -> None:
    memory = Memory()
    run(memory, tenant())

    with pytest.raises(InvalidSpecError) as caught:
        delete_tenant(cluster_of(memory), "vision", confirm="yes")

    assert str(caught.value) == "confirm='yes': give 'vision' once more to delete all that is in it"
    assert NAMESPACE in memory.objects


def test_a_protected_tenant_stays() -> None:
    memory = Memory()
    run(memory, tenant(protected=True))

    with pytest.raises(OwnershipError, match="tenant 'vision' is protected: apply it with protected=False first"):
        delete_tenant(cluster_of(memory), "vision", confirm="vision")
    assert NAMESPACE in memory.objects


def test_a_namespace_that_is_nobodys_tenant_stays_and_its_owner_is_named() -> None:
    memory = Memory()
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-public"}})

    told = "is not of tenant 'kube-public' but belongs to somebody else, since it carries no label"
    with pytest.raises(OwnershipError, match=told):
        delete_tenant(cluster_of(memory), "kube-public", confirm="kube-public")


def test_a_tenant_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="there is no tenant 'vision'"):
        delete_tenant(cluster_of(Memory()), "vision", confirm="vision")


def test_a_namespace_that_does_not_go_is_told_with_what_holds_it() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"},
        {
            "type": "NamespaceFinalizersRemaining",
            "status": "True",
            "message": "example.org/hold in 1 instances",
        },
        {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All resources discovered"},
    ]

    with pytest.raises(WaitTimeoutError) as caught:
        delete_tenant(cluster_of(memory), "vision", confirm="vision", timeout_s=0.01)

    assert str(caught.value) == (
        "namespace 'vision' is still being deleted after 0.01 s: "
        "NamespaceContentRemaining: pods. has 1 resource instances; "
        "NamespaceFinalizersRemaining: example.org/hold in 1 instances. "
        "It goes on by itself once that is cleaned up; nothing was stripped"
    )
