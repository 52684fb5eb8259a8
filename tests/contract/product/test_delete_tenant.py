"""Deleting a tenant: shown, confirmed, waited for, and never by stripping a finalizer; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, PermissionDenied, WaitTimeoutError
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenant, plan_delete
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
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


def is_there(cluster: Cluster, name: str) -> bool:
    try:
        return bool(cluster.get("Namespace", name))
    except NotFound:
        return False


def test_what_would_be_lost_is_shown_and_nothing_is_lost(cluster: Cluster, name: str) -> None:
    planned = plan_delete(cluster, name)

    told = {kind: count for kind, count in planned.counts.items() if count and kind not in ("ConfigMap", "Secret")}
    assert told == {"LimitRange": 1, "ResourceQuota": 1, "ServiceAccount": 2, "RoleBinding": 1, "Ingress": 1}
    assert is_there(cluster, name)


def test_a_deleted_tenant_is_gone_when_the_call_returns(cluster: Cluster, name: str) -> None:
    delete_tenant(cluster, name, confirm=name)

    assert not is_there(cluster, name)


def test_without_the_right_confirmation_nothing_happens(cluster: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError, match=f"give '{name}' once more"):
        delete_tenant(cluster, name, confirm="yes")

    assert is_there(cluster, name)


def test_a_protected_tenant_is_refused(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name, protected=True)), progress=False)

    with pytest.raises(OwnershipError, match="is protected"):
        delete_tenant(cluster, name, confirm=name)
    assert is_there(cluster, name)


def test_a_namespace_that_is_no_tenant_is_refused(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(OwnershipError, match=f"namespace '{namespace}' is not of tenant"):
        delete_tenant(cluster, namespace, confirm=namespace)
    assert is_there(cluster, namespace)


def test_its_owner_may_not_delete_it_and_is_told(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    with pytest.raises(PermissionDenied):
        delete_tenant(connect_as("owner"), name, confirm=name)
    assert is_there(cluster, name)


def test_a_finalizer_that_holds_the_namespace_is_named_and_stays(
    cluster: Cluster, name: str, wire: Wire, eventually: Callable[..., object]
) -> None:
    spec = ObjectRef("v1", "ConfigMap", "tenantkit-tenant", name)
    edit(wire, spec, {"op": "add", "path": "/metadata/finalizers", "value": [HOLD]})

    try:
        # the namespace controller tells what it waits for a moment after it has begun
        with pytest.raises(WaitTimeoutError) as caught:
            delete_tenant(cluster, name, confirm=name, timeout_s=6)
        assert HOLD in str(caught.value)
        assert cluster.get("ConfigMap", "tenantkit-tenant", name)["metadata"]["finalizers"] == [HOLD]
    finally:
        edit(wire, spec, {"op": "remove", "path": "/metadata/finalizers"})
    eventually(lambda: not is_there(cluster, name))
