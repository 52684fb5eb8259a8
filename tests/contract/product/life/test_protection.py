"""A protected tenant: nobody deletes its namespace, also not an administrator with kubectl; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound, OwnershipError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants, plan_delete_tenants
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.adopt import adopt
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tenants import edit, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Answer, Wire

DRY_RUN = {"dryRun": "All"}


def wanted(name: str, **fields: Any) -> Any:
    return tenant(name, routes=None, **fields)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    """A namespace that is adopted as a protected tenant."""
    install_platform(cluster, progress=False)
    with own_namespace(cluster, fresh_name()) as made:
        adopt(cluster, wanted(made, protected=True), progress=False)
        yield made
        if _exists(cluster, made):
            apply(cluster, plan(cluster, wanted(made)), progress=False)


def deletion(wire: Wire, name: str) -> Answer:
    """What `kubectl delete namespace` is answered."""
    return wire("DELETE", f"/api/v1/namespaces/{name}", query=DRY_RUN)


def test_a_protected_tenant_is_kept_until_its_protection_is_lifted(cluster: Cluster, name: str, wire: Wire) -> None:
    eventually(lambda: deletion(wire, name).status == 403)
    assert "apply the tenant with protected: false first" in deletion(wire, name).body["message"]
    with pytest.raises(PermissionDenied, match="protected: false"):
        cluster.delete(ObjectRef("v1", "Namespace", name))
    with pytest.raises(OwnershipError, match=r"is protected: apply with protected=False first"):
        delete_tenants(cluster, name, confirm=name, progress=False)
    assert [(row.action, row.code) for row in plan_delete_tenants(cluster, name).rows if not row.ref.namespace] == [
        ("blocked", "protected")
    ]
    assert [row.code for row in plan_release(cluster, name).rows] == ["protected"]

    apply(cluster, plan(cluster, wanted(name)), progress=False)
    delete_tenants(cluster, name, confirm=name, progress=False)

    assert not _exists(cluster, name)


def test_a_namespace_whose_protection_is_lifted_is_released_and_not_protected(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    eventually(lambda: deletion(wire, name).status == 403)

    apply(cluster, plan(cluster, wanted(name)), progress=False)
    release(cluster, name, progress=False)

    assert deletion(wire, name).status == 200


def test_the_label_alone_protects_too(cluster: Cluster, name: str, wire: Wire) -> None:
    apply(cluster, plan(cluster, wanted(name)), progress=False)
    label = {"op": "add", "path": "/metadata/labels/tenantkit.dev~1protected", "value": "true"}
    edit(wire, ObjectRef("v1", "Namespace", name), label)

    with pytest.raises(OwnershipError, match="is protected"):
        delete_tenants(cluster, name, confirm=name, progress=False)

    remove = {"op": "remove", "path": "/metadata/labels/tenantkit.dev~1protected"}
    edit(wire, ObjectRef("v1", "Namespace", name), remove)


def _exists(cluster: Cluster, name: str) -> bool:
    try:
        return bool(cluster.get("Namespace", name))
    except NotFound:
        return False
