"""`connectivity` on a cluster: a tenant's walls, what an owner may read of them, and what is made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.exceptions import PermissionDenied
from tests.contract.tenants import fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        tk.apply(cluster, tk.plan(cluster, tenant(name)), progress=False)
        yield name


def answers(frame: pd.DataFrame, direction: str) -> dict[str, list[bool | None]]:
    """Whether anything is allowed, by peer; only of peers that each cluster has."""
    rows = frame[(frame["direction"] == direction) & (frame["code"] != "from-its-node")]
    found: dict[str, list[bool | None]] = {}
    for peer, allowed in zip(rows["peer"], rows["allowed"], strict=True):
        found.setdefault(peer, []).append(None if pd.isna(allowed) else bool(allowed))
    return found


def test_an_isolated_tenant_reaches_the_internet_and_dns_and_nobody_reaches_it(cluster: Cluster, name: str) -> None:
    frame = tk.connectivity(cluster, tenant=name)

    out, into = answers(frame, "Egress"), answers(frame, "Ingress")
    assert out["internet"] == [True]
    assert out["DNS"] == [True, False]  # port 53, and the others
    assert (out["private networks"], out["metadata service"]) == ([False], [False])
    assert (into["internet"], into["private networks"]) == ([False], [False])
    assert frame.attrs == {"scope": (name,), "incomplete": {}}
    assert frame["tenant"].unique().tolist() == [name]
    assert {*frame.query("peer == 'internet' and direction == 'Egress'")["policies"]} == {"tenantkit-egress"}


def test_a_policy_by_hand_is_taken_into_account(cluster: Cluster, name: str) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "by-hand", "namespace": name},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8080}]}]},
    }
    created = cluster.create(policy)
    try:
        rows = tk.connectivity(cluster, namespaces=[name]).query("direction == 'Ingress' and peer == 'internet'")
        assert rows[["port", "allowed", "policies"]].to_numpy().tolist()[0] == ["8080", True, "by-hand"]
    finally:
        cluster.delete(tk.ObjectRef("networking.k8s.io/v1", "NetworkPolicy", created["metadata"]["name"], name))


def test_an_owner_sees_the_walls_of_the_own_namespace_and_what_is_unknown(
    connect_as: Callable[[str], Cluster], name: str
) -> None:
    frame = tk.connectivity(connect_as("owner"), namespaces=[name])

    assert answers(frame, "Egress")["other tenants"] == [False]
    assert answers(frame, "Egress")["DNS"][0] is None  # the policies of the DNS server's namespace
    assert answers(frame, "Ingress")["other tenants"] == [False]
    assert frame.attrs["scope"] == (name,)
    assert frame.attrs["incomplete"]["Pod"] == f"you may list Pod only in {name}"


def test_a_stranger_sees_nothing(connect_as: Callable[[str], Cluster], name: str) -> None:
    with pytest.raises(PermissionDenied, match="may not list NetworkPolicy"):
        tk.connectivity(connect_as("stranger"), namespaces=[name])
