"""The namespaces of a tenant: by label where namespaces may be listed, else by the platform's name for them."""

from __future__ import annotations

import pytest

from tenantkit.cluster.filters import Filters
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied
from tenantkit.provision.install import install_platform
from tenantkit.provision.stored.tenant_namespaces import resolve_filters, tenant_namespaces
from tenantkit.rules.tenant_index import IndexedTenant
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import Memory, run, tenant

PREFIXED = Platform(namespace_prefix="team-")


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    install_platform(memory, PREFIXED, progress=False)
    run(memory, tenant(), tenant(name="speech", routes=[]), platform=PREFIXED)
    return memory


def test_a_tenant_becomes_its_namespaces(memory: Memory) -> None:
    filters = resolve_filters(memory, tenant="vision", label_selector="app=ai")

    assert filters == Filters("vision", ("team-vision",), "app=ai")


def test_a_tenant_is_found_after_a_change_of_the_prefix(memory: Memory) -> None:
    memory.install(Platform(namespace_prefix="other-"))

    assert [found["metadata"]["name"] for found in tenant_namespaces(memory, "vision")] == ["team-vision"]


def test_a_user_who_may_not_list_namespaces_has_the_tenant_by_its_name(memory: Memory) -> None:
    memory.refused = ("Namespace",)

    assert resolve_filters(memory, tenant="vision").namespaces == ("team-vision",)


def test_a_user_who_may_not_list_namespaces_has_a_tenant_of_another_prefix_by_the_index(memory: Memory) -> None:
    memory.install(Platform(namespace_prefix="other-"))
    memory.own, memory.refused = (IndexedTenant("vision", "team-vision"),), ("Namespace",)

    assert resolve_filters(memory, tenant="vision").namespaces == ("team-vision",)


def test_a_user_who_may_not_read_a_tenant_learns_which_are_theirs(memory: Memory) -> None:
    memory.own, memory.refused = (IndexedTenant("vision", "team-vision"),), ("Namespace",)

    with pytest.raises(PermissionDenied, match="; your tenants: vision"):
        resolve_filters(memory, tenant="speech")


def test_a_tenant_that_does_not_exist_is_an_error_and_not_an_empty_answer(memory: Memory) -> None:
    with pytest.raises(NotFound, match="there is no tenant 'visoin'; did you mean 'vision'"):
        resolve_filters(memory, tenant="visoin")


@pytest.mark.parametrize("refused", [(), ("Namespace",)])
def test_a_namespace_that_is_not_a_tenants_is_not_a_tenant(refused: tuple[str, ...]) -> None:
    memory = Memory()
    install_platform(memory, Platform(), progress=False)
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}})
    memory.refused = refused

    with pytest.raises(NotFound, match="there is no tenant 'kube-system' \\(namespace 'kube-system' has no annotation"):
        resolve_filters(memory, tenant="kube-system")


def test_other_filters_need_no_request() -> None:
    assert resolve_filters(Memory(), namespaces=["vision"]).namespaces == ("vision",)
    assert resolve_filters(Memory()) == Filters()
    with pytest.raises(InvalidSpecError, match="cannot be combined"):
        resolve_filters(Memory(), tenant="vision", namespaces=["vision"])
