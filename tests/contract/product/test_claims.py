"""Claims of hosts on a server: their life, two grants of one host at once, and claims by strangers; on both engines."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import NotFound, PartialApplyError, PermissionDenied
from tenantkit.frames.host_owner import host_owner
from tenantkit.manifests.claims import claim_ref, claimant, make_claim
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.hosts.claims import claims_of
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.adopt import adopt
from tenantkit.provision.life.release import release
from tenantkit.provision.plan import plan
from tenantkit.provision.read import read_claims
from tests.contract.tenants import delete_namespace, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan

SYSTEM = "tenantkit-system"
# of the race; on the sandbox a few show that it is one
ROUNDS = {True: 5, False: 100}


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


def host_of(name: str) -> str:
    return f"shared.{name}.example.ai"


def claimed(cluster: Cluster, name: str) -> set[str]:
    """The hosts that a tenant has claimed."""
    return {it["data"]["host"] for it in claims_of(read_claims(cluster) or {}, name)}


def test_the_claims_of_a_tenant_follow_its_grant(cluster: Cluster, name: str) -> None:
    own = f"{name}.example.ai"
    apply(cluster, plan(cluster, tenant(name, hosts=[host_of(name)])), progress=False)

    claim = cluster.get("ConfigMap", claim_ref(own).name, SYSTEM)
    assert (claim["immutable"], claim["data"]) == (True, {"tenant": name, "host": own})
    assert {it["operation"] for it in claim["metadata"]["managedFields"]} == {"Update"}
    assert claimed(cluster, name) == {own, host_of(name)}

    apply(cluster, plan(cluster, tenant(name)), progress=False)
    assert claimed(cluster, name) == {own}
    assert not plan(cluster, tenant(name)).has_changes

    delete_tenants(cluster, name, confirm=name, progress=False)
    assert claimed(cluster, name) == set()


def test_a_host_moves_in_one_plan_and_its_claim_with_it(cluster: Cluster, name: str) -> None:
    with fresh_name(cluster, installs=False) as taker:
        apply(cluster, plan(cluster, [tenant(name, hosts=[host_of(name)]), tenant(taker)]), progress=False)

        moved = [tenant(taker, hosts=[host_of(name)]), tenant(name)]
        apply(cluster, plan(cluster, moved), progress=False)

        assert claimant(cluster.get("ConfigMap", claim_ref(host_of(name)).name, SYSTEM)) == taker
        assert not plan(cluster, moved).has_changes


def test_an_adopted_namespace_has_claims_until_it_is_released(cluster: Cluster, name: str) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    adopt(cluster, tenant(name, routes=None), progress=False)
    assert claimed(cluster, name) == {f"{name}.example.ai"}

    release(cluster, name, progress=False)
    assert claimed(cluster, name) == set()


def test_a_host_that_is_taken_behind_a_tenants_back_is_a_finding_and_stops_no_other(
    cluster: Cluster, name: str
) -> None:
    own = f"{name}.example.ai"
    with fresh_name(cluster, installs=False) as other:
        apply(cluster, plan(cluster, [tenant(name), tenant(other)]), progress=False)
        cluster.delete(claim_ref(own))
        cluster.create(make_claim(other, own))

        made = plan(cluster, [tenant(name), tenant(other, size="medium")])
        blocked = {change.tenant for change in made.changes if change.action == "blocked"}
        # the other one is planned without the host, so it lets go of it
        assert blocked == set()
        alone = plan(cluster, tenant(name))
        assert (alone.has_changes, [it.code for it in alone.notices]) == (False, ["host-claimed"])
        frame = tk.audit(cluster, namespaces=[name, other])
        failing = frame[(frame["state"] == "fail") & frame["check"].isin(["hosts-claimed", "claims-granted"])]
        assert failing["check"].tolist() == ["hosts-claimed", "claims-granted"]
        assert f"'{other}' has claimed '{own}'" in failing["evidence"].iloc[0]

        apply(cluster, made, progress=False)
        assert not plan(cluster, [tenant(name), tenant(other, size="medium")]).has_changes


def test_of_two_grants_of_one_host_at_once_exactly_one_succeeds(
    cluster: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    install_platform(cluster, progress=False)
    users = [connect_as("admin"), connect_as("admin")]
    for number in range(ROUNDS[cluster.is_sandbox]):
        run = f"{number}-{uuid.uuid4().hex[:8]}"
        names, host = [f"a-{run}", f"b-{run}"], f"race-{run}.example.ai"
        together = threading.Barrier(2, timeout=60)
        made = [plan(user, tenant(it, hosts=[host])) for user, it in zip(users, names, strict=True)]

        def granted(user: Cluster, planned: Plan, together: threading.Barrier = together) -> str:
            together.wait()
            try:
                apply(user, planned, progress=False)
            except PartialApplyError as error:
                return " ".join({f"{it.code} {it.reason}" for it in error.report.failed})
            return "granted"

        try:
            with ThreadPoolExecutor(2) as pool:
                told = list(pool.map(granted, users, made))
            winner = told.index("granted")
            assert told[1 - winner].startswith("host-taken")
            assert f"{names[winner]!r}" in told[1 - winner]
            assert claimant(cluster.get("ConfigMap", claim_ref(host).name, SYSTEM)) == names[winner]
            assert claimed(cluster, names[1 - winner]) == set()
            with pytest.raises(NotFound):
                cluster.get("Namespace", names[1 - winner])
        finally:
            for it in names:
                with suppress(NotFound):
                    delete_namespace(cluster, it)


def test_an_owner_learns_nothing_of_claims_and_makes_none(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "RoleBinding", namespace=name))

    for ask in (
        lambda: owner.list("ConfigMap", namespace=SYSTEM),
        lambda: owner.get("ConfigMap", claim_ref("x.example.ai").name, SYSTEM),
        lambda: owner.create(make_claim(name, "x.example.ai")),
        lambda: owner.delete(claim_ref(f"{name}.example.ai")),
    ):
        with pytest.raises(PermissionDenied):
            ask()
    assert not plan(owner, tenant(name)).has_changes


def test_whoever_may_see_claims_is_told_whose_a_host_is(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    cluster.create(make_claim(name, host_of(name)))
    try:
        [(state, whose)] = host_owner(cluster, host_of(name))[["state", "tenant"]].itertuples(index=False, name=None)
        assert (state, whose) == ("taken", name)
        assert host_owner(connect_as("owner"), host_of(name))["state"].item() == "not visible"
    finally:
        cluster.delete(claim_ref(host_of(name)))
