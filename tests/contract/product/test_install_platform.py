"""Installing the platform, and permission to read its settings; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import OwnershipError, PermissionDenied, SpecVersionError
from tenantkit.manifests.guardrails.objects import make_guardrails
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform, plan_platform, uninstall_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.platform import get_platform
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import Platform
from tests.contract.tenants import edit, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

SETTINGS = ObjectRef("v1", "ConfigMap", "platform", "tenantkit-system")


@pytest.fixture
def platform(cluster: Cluster) -> Iterator[Platform]:
    """A platform other than the default one, which is installed again afterwards."""
    people = ["provisioner@example.com"]
    other = Platform(domain="contract.example.com", labels={"cost-center": "42"}, provisioners=people)
    install_platform(cluster, other, progress=False)
    yield other
    install_platform(cluster, progress=False)


def test_any_authenticated_user_reads_the_installed_settings(
    platform: Platform, connect_as: Callable[[str], Cluster]
) -> None:
    assert get_platform(connect_as("stranger")) == platform


def test_installing_again_changes_nothing(cluster: Cluster, platform: Platform) -> None:
    count = len(make_platform(platform)) + len(make_guardrails(platform))
    assert install_platform(cluster, platform, progress=False).summary == f"{count} unchanged"
    assert not plan_platform(cluster, platform).has_changes


def test_a_provisioner_may_create_a_tenant_and_a_stranger_may_not(
    platform: Platform, cluster: Cluster, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    provisioner = connect_as("provisioner")
    with fresh_name(cluster) as name:
        install_platform(cluster, platform, progress=False)
        eventually(lambda: provisioner.can("create", "Namespace"))
        report = apply(provisioner, plan(provisioner, tenant(name)), progress=False)

        assert report.urls == {name: [f"http://{name}.contract.example.com/ai-service"]}
        assert {row.action for row in plan(connect_as("stranger"), tenant(name)).rows} == {"unknown"}


def test_settings_of_a_newer_version_are_neither_used_nor_overwritten(
    platform: Platform, cluster: Cluster, wire: Wire
) -> None:
    newer = '{"apiVersion":"tenantkit.dev/v9"}'
    edit(wire, SETTINGS, {"op": "replace", "path": "/data/platform.json", "value": newer}, manager="tenantkit")
    try:
        with pytest.raises(SpecVersionError, match=r"tenantkit\.dev/v9"):
            get_platform(cluster)
        with pytest.raises(SpecVersionError, match=r"tenantkit\.dev/v9"):
            install_platform(cluster, platform, progress=False)
        assert cluster.get("ConfigMap", "platform", "tenantkit-system")["data"]["platform.json"] == newer
    finally:
        cluster.delete(SETTINGS)


def test_a_user_who_may_not_create_roles_cannot_install(
    platform: Platform, connect_as: Callable[[str], Cluster]
) -> None:
    with pytest.raises(PermissionDenied, match="nothing was written"):
        install_platform(connect_as("stranger"), platform, progress=False)


def test_the_platform_is_not_uninstalled_while_it_has_tenants(cluster: Cluster) -> None:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)

        with pytest.raises(OwnershipError, match=f"'{name}'"):
            uninstall_platform(cluster, confirm="tenantkit-system")


def test_after_an_uninstallation_nothing_is_left_and_the_defaults_apply(cluster: Cluster) -> None:
    install_platform(cluster, Platform(domain="contract.example.com"), progress=False)
    namespaces = cluster.list("Namespace", label_selector="tenantkit.dev/tenant")
    others = [it["metadata"]["name"] for it in namespaces if "deletionTimestamp" not in it["metadata"]]
    if others:
        pytest.skip(f"tenants are there: {', '.join(others)}")

    uninstall_platform(cluster, confirm="tenantkit-system")

    for ref in [ref_of(manifest) for manifest in (*make_platform(Platform()), *make_guardrails(Platform()))]:
        left = [manifest["metadata"]["name"] for manifest in cluster.list(ref.kind, namespace=ref.namespace)]
        assert ref.name not in left, ref
    assert get_platform(cluster) == Platform()
