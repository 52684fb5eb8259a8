"""What a provisioner, who may manage tenants and nothing else, does of a tenant's life; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.adopt import plan_adopt
from tenantkit.provision.life.boost import boost
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tenants import fresh_name as fresh_tenant
from tests.contract.tenants import live_objects, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture
def provisioner(cluster: Cluster, connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:
    install_platform(cluster, Platform(provisioners=["provisioner@example.com"]), progress=False)
    user = connect_as("provisioner")
    eventually(lambda: user.can("patch", "Namespace"))
    yield user
    install_platform(cluster, Platform(), progress=False)


def wanted(name: str, **fields: Any) -> Any:
    return tenant(name, routes=None, **fields)


def test_a_provisioner_freezes_thaws_and_boosts(cluster: Cluster, provisioner: Cluster) -> None:
    with fresh_tenant(cluster, installs=False) as name:
        apply(provisioner, plan(provisioner, wanted(name, editors=["editor@example.com"])), progress=False)
        before = live_objects(cluster, name)

        assert freeze(provisioner, name, read_only=True, progress=False).is_complete
        assert thaw(provisioner, name, progress=False).is_complete
        assert live_objects(cluster, name) == before
        assert boost(provisioner, name, size="large", until="2099-01-01T00:00:00Z", progress=False).is_complete


def test_a_provisioner_adopts_nothing_and_the_plan_says_why(cluster: Cluster, provisioner: Cluster) -> None:
    with own_namespace(cluster, fresh_name()) as name:
        row = eventually(lambda: _blocked(provisioner, name))

    assert row.code == "denied"
    assert "is not allowed outside tenants' namespaces; only a cluster administrator may do it" in row.reason


def _blocked(provisioner: Cluster, name: str) -> Any:
    row = next(row for row in plan_adopt(provisioner, wanted(name)).rows if row.ref.kind == "Namespace")
    return row if row.action == "blocked" else None
