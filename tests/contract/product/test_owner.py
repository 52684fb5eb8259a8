"""Plans and applies of an owner, with permissions in their own namespace only; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.spec.route import Route
from tests.contract.tenants import ROUTE, fresh_name, hard, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

SECOND = Route(name="second", service="second", port="http", path="/second")


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


@pytest.fixture
def owner(name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]) -> Cluster:
    """The owner, once the server applies the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))
    return owner


def test_an_owner_sees_that_there_is_nothing_to_do(owner: Cluster, name: str) -> None:
    assert plan(owner, get_tenant(owner, name)).summary == "17 unchanged"


def test_an_owner_adds_a_route_and_a_member(owner: Cluster, name: str, cluster: Cluster) -> None:
    wanted = tenant(name, routes=[ROUTE, SECOND], editors=["eve@example.com"])

    planned = plan(owner, wanted)
    report = apply(owner, planned, progress=False)

    [route] = [row for row in planned.rows if row.ref.kind == "Ingress" and row.action == "create"]
    assert route.reason.startswith("it is not known whether another tenant has this host, since you may not list")
    assert [(outcome.action, outcome.ref.kind) for outcome in report.applied] == [
        ("create", "RoleBinding"),
        ("update", "RoleBinding"),
        ("create", "Ingress"),
    ]
    assert get_tenant(cluster, name) == wanted.with_(viewers=[])


def test_an_owner_cannot_enlarge_the_quota_and_it_is_pending(owner: Cluster, name: str, cluster: Cluster) -> None:
    before = hard(cluster, name)
    planned = plan(owner, tenant(name, size="large"))

    report = apply(owner, planned, progress=False)

    assert ("not yours", "spec.hard.pods", "20", "200") in [
        (row.action, row.field, row.before, row.after) for row in planned.rows
    ]
    assert [outcome.ref.kind for outcome in report.pending] == ["Namespace", "ResourceQuota", "LimitRange"]
    assert (report.is_done, report.is_complete, report.applied) == (True, False, ())
    assert hard(cluster, name) == before


def test_what_the_platform_must_do_does_not_stop_an_owner(owner: Cluster, name: str, cluster: Cluster) -> None:
    wanted = tenant(name, size="large", routes=[ROUTE, SECOND], viewers=["eve@example.com"])

    report = apply(owner, plan(owner, wanted), progress=False)

    assert [outcome.ref.kind for outcome in report.applied] == ["RoleBinding", "RoleBinding", "Ingress"]
    assert get_tenant(cluster, name) == wanted.with_(size="small", editors=[])


def test_an_owners_plan_of_what_is_pending_is_applied_by_the_platform(
    owner: Cluster, name: str, cluster: Cluster
) -> None:
    wanted = tenant(name, size="large")
    apply(owner, plan(owner, wanted), progress=False)

    assert apply(cluster, plan(cluster, wanted), progress=False).is_complete

    assert not plan(owner, wanted).has_changes


def test_a_server_side_dry_run_shows_the_refusals_in_the_plan(owner: Cluster, name: str) -> None:
    planned = plan(owner, tenant(name, size="large", routes=[ROUTE, SECOND]), dry_run="server")

    actions = {(row.ref.kind, row.action) for row in planned.rows}
    assert {("Namespace", "not yours"), ("ResourceQuota", "not yours"), ("Ingress", "create")} <= actions


def test_another_tenant_is_unknown_in_an_owners_plan(owner: Cluster, name: str, cluster: Cluster) -> None:
    with fresh_name(cluster) as other:
        apply(cluster, plan(cluster, tenant(other, owners=["somebody@example.com"])), progress=False)

        planned = plan(owner, [tenant(name), tenant(other, owners=["somebody@example.com"])])

        assert {row.action for row in planned.rows if other in (row.ref.name, row.ref.namespace)} == {"unknown"}
        assert {row.action for row in planned.rows if name in (row.ref.name, row.ref.namespace)} == {"unchanged"}


def test_an_owner_cannot_create_a_tenant(owner: Cluster, name: str, cluster: Cluster) -> None:
    with pytest.raises(PartialApplyError) as caught:
        apply(owner, plan(owner, tenant(f"{name}-more")), progress=False)

    assert caught.value.report.applied == ()
    assert f"{name}-more" not in [namespace["metadata"]["name"] for namespace in cluster.list("Namespace")]
