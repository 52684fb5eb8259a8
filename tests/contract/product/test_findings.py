"""`why` and `fits` for those with rights in their own namespace only: what may not be read is said; on both engines."""

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
    """The owner, once the server has taken note of the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "Pod", namespace=name))
    return owner


def test_an_owner_is_told_that_nothing_is_wrong_and_that_nodes_are_not_theirs_to_read(
    owner: Cluster, name: str
) -> None:
    frame = why(owner, name)

    assert frame.empty
    assert set(frame.attrs["incomplete"]) == {"Node"}
    assert frame.attrs["scope"] == (name,)


def test_who_may_not_read_the_pods_gets_no_empty_answer(
    name: str, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    assert cluster.get("Namespace", name)
    with pytest.raises(PermissionDenied):
        why(connect_as("stranger"), name)


def test_a_tenant_or_workload_that_is_not_there_is_no_healthy_one(cluster: Cluster, name: str) -> None:
    with pytest.raises(NotFound, match="there is no tenant 'nobody'"):
        why(cluster, "nobody")
    with pytest.raises(NotFound, match="there is no workload 'Job/none'; use Kind/name"):
        why(cluster, name, workload="Job/none")


def test_an_owner_is_told_no_by_the_quota_alone(owner: Cluster, name: str) -> None:
    fit = fits(owner, name, pods=2, cpu=500)

    assert fit.answer == "no"
    assert fit.blocks_first in {"ResourceQuota/tenantkit-quota", "LimitRange/tenantkit-limits"}


def test_an_owner_is_told_maybe_where_nodes_decide(owner: Cluster, name: str) -> None:
    fit = fits(owner, name, cpu="100m", memory="128Mi")

    assert (fit.answer, set(fit.incomplete)) == ("maybe", {"Node", "AnyPod", "Namespace"})
    assert owner.list("Pod", namespace=name) == []


def test_who_may_not_create_pods_is_told_that_policies_were_not_asked(
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
        asked = [cluster.request_count]
        for chosen in (names[:5], names):
            assert why(cluster, namespaces=chosen).attrs["scope"] == tuple(chosen)
            asked.append(cluster.request_count)

    assert asked[2] - asked[1] - 8 == asked[1] - asked[0] - 5  # each namespace itself is asked for
