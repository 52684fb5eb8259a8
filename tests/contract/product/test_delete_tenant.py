"""Deleting tenants: planned, confirmed, waited for, and without removing finalizers; on both engines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, PermissionDenied, WaitTimeoutError
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.platform import get_platform
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.people import platform_team
from tests.contract.tenants import edit, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

HOLD = "example.org/hold"


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


def exists(cluster: Cluster, name: str) -> bool:
    try:
        return bool(cluster.get("Namespace", name))
    except NotFound:
        return False


def test_the_plan_lists_every_object_and_deletes_nothing(cluster: Cluster, name: str) -> None:
    plan = plan_delete_tenants(cluster, name)

    counts = Counter(row.ref.kind for row in plan.rows if row.ref.kind not in ("ConfigMap", "Secret"))
    assert counts == {
        "Namespace": 1,
        "LimitRange": 1,
        "ResourceQuota": 2,
        "NetworkPolicy": 5,
        "ServiceAccount": 2,
        "Role": 2,
        "RoleBinding": 3,
        "Ingress": 1,
    }
    assert {row.action for row in plan.rows} == {"delete"}
    assert exists(cluster, name)


def test_a_deleted_tenant_no_longer_exists_when_the_call_returns(cluster: Cluster, name: str) -> None:
    delete_tenants(cluster, name, confirm=name, progress=False)

    assert not exists(cluster, name)


def test_several_tenants_are_deleted_side_by_side(cluster: Cluster, name: str) -> None:
    with fresh_name(cluster) as other:
        apply(cluster, plan(cluster, tenant(other)), progress=False)

        report = delete_tenants(cluster, [name, other], confirm=[other, name], progress=False)

        assert [outcome.tenant for outcome in report.applied] == [name, other]
        assert not exists(cluster, name)
        assert not exists(cluster, other)


def test_without_the_right_confirmation_nothing_is_deleted(cluster: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError, match=f"repeat '{name}' to delete it with everything in it"):
        delete_tenants(cluster, name, confirm="yes", progress=False)

    assert exists(cluster, name)


def test_a_protected_tenant_is_not_deleted(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name, protected=True)), progress=False)

    with pytest.raises(OwnershipError, match="is protected"):
        delete_tenants(cluster, name, confirm=name, progress=False)
    assert exists(cluster, name)


def test_a_namespace_that_is_not_a_tenant_is_not_deleted(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(OwnershipError, match=f"namespace '{namespace}' does not belong to tenant"):
        delete_tenants(cluster, namespace, confirm=namespace, progress=False)
    assert exists(cluster, namespace)


def test_its_owner_may_not_delete_it_and_gets_an_error(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    team = platform_team(get_platform(cluster))

    with pytest.raises(PermissionDenied) as caught:
        delete_tenants(connect_as("owner"), name, confirm=name, progress=False)

    assert str(caught.value) == (
        f"you may not delete tenant {name!r}; nothing was deleted; only {team} may delete a tenant; "
        "tk.plan_delete_tenants(cluster, …) has the text to send"
    )
    assert exists(cluster, name)


def test_the_plan_of_its_owner_says_that_only_others_may_delete_it(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    owner, team = connect_as("owner"), platform_team(get_platform(cluster))
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))

    made = plan_delete_tenants(owner, name)

    assert {row.action for row in made.rows} <= {"not yours", "unknown"}
    assert made.rows[0].action == "not yours"
    assert made.headlines[0] == f"{name}: only {team} may delete a tenant"


def test_a_finalizer_that_blocks_the_deletion_is_named_and_stays(
    cluster: Cluster, name: str, wire: Wire, eventually: Callable[..., object]
) -> None:
    held = ObjectRef("v1", "LimitRange", "tenantkit-limits", name)
    edit(wire, held, {"op": "add", "path": "/metadata/finalizers", "value": [HOLD]})

    try:
        # the namespace controller reports what it waits for a moment after it has started
        with pytest.raises(WaitTimeoutError) as caught:
            delete_tenants(cluster, name, confirm=name, progress=False, timeout_s=6)
        assert HOLD in str(caught.value)
        assert cluster.get("LimitRange", "tenantkit-limits", name)["metadata"]["finalizers"] == [HOLD]
    finally:
        edit(wire, held, {"op": "remove", "path": "/metadata/finalizers"})
    eventually(lambda: not exists(cluster, name))
