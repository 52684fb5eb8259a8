"""`why` and `fits` for users with permissions in their own namespace only; the same on both engines."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.findings.fits.fits import fits
from tenantkit.findings.why import why
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.namespaces import fresh_name as unique_name
from tests.contract.namespaces import own_namespace
from tests.contract.tenants import fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture
def name(cluster: Cluster, eventually: Callable[..., object]) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name, viewers=["viewer@example.com"])), progress=False)
        eventually(lambda: is_counted(cluster, name))
        yield name


def is_counted(cluster: Cluster, name: str) -> bool:
    quota = cluster.get("ResourceQuota", "tenantkit-quota", name)
    return bool(quota.get("status", {}).get("hard") == quota["spec"]["hard"])


@pytest.fixture
def owner(name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]) -> Cluster:
    """The owner, once the server has applied the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "Pod", namespace=name))
    return owner


def test_an_owner_gets_no_row_and_the_note_that_nodes_may_not_be_read(owner: Cluster, name: str) -> None:
    frame = why(owner, name)

    assert frame.empty
    assert set(frame.attrs["incomplete"]) == {"Node"}
    assert frame.attrs["scope"] == (name,)


def test_a_user_who_may_not_list_pods_gets_an_error_not_an_empty_frame(
    name: str, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    assert cluster.get("Namespace", name)
    with pytest.raises(PermissionDenied):
        why(connect_as("stranger"), name)


def test_a_tenant_or_workload_that_does_not_exist_is_an_error(cluster: Cluster, name: str) -> None:
    with pytest.raises(NotFound, match="there is no tenant 'nobody'"):
        why(cluster, "nobody")
    with pytest.raises(NotFound, match="there is no workload 'Job/none'; use Kind/name"):
        why(cluster, name, workload="Job/none")


def test_the_quota_alone_is_enough_for_a_no(owner: Cluster, name: str) -> None:
    fit = fits(owner, name, pods=2, cpu=500)

    assert fit.answer == "no"
    assert fit.blocks_first in {"ResourceQuota/tenantkit-quota", "LimitRange/tenantkit-limits"}


def test_an_owner_gets_a_maybe_where_nodes_decide(owner: Cluster, name: str) -> None:
    fit = fits(owner, name, cpu="100m", memory="128Mi")

    assert (fit.answer, set(fit.incomplete)) == ("maybe", {"Node", "pods of other tenants", "Namespace"})
    assert owner.list("Pod", namespace=name) == []


def test_a_user_who_may_not_create_pods_reads_that_policies_were_not_checked(
    name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    viewer = connect_as("viewer")
    eventually(lambda: viewer.can("list", "ResourceQuota", namespace=name))

    fit = fits(viewer, name, cpu="100m", memory="128Mi")

    assert fit.answer == "maybe"
    assert f"you may not create pods in '{name}', so its policies and webhooks were not checked" in fit.summary


def test_many_namespaces_take_as_many_requests_as_five(cluster: Cluster) -> None:
    with ExitStack() as stack:
        names = [stack.enter_context(own_namespace(cluster, f"{unique_name()}-{number}")) for number in range(8)]
        beyond_namespaces = [requests_of_why(cluster, chosen) - len(chosen) for chosen in (names[:5], names)]

    assert beyond_namespaces[0] == beyond_namespaces[1]


def requests_of_why(cluster: Cluster, namespaces: list[str]) -> int:
    """How many requests `why` sends; one of them gets each namespace."""
    before = cluster.request_count
    assert why(cluster, namespaces=namespaces).attrs["scope"] == tuple(namespaces)
    return cluster.request_count - before
