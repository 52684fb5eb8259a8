"""The frame of `connectivity`: few rows that a person can read, and what may not be read is unknown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from tenantkit.findings.connectivity.connectivity import CONNECTIVITY, MOST_GROUPS, connectivity_frame
from tenantkit.findings.connectivity.network import ClusterNetwork
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.network_policies import make_network_policies
from tenantkit.rules.network_policies.endpoints import PodEnd
from tenantkit.rules.network_policies.policies import read_policy
from tenantkit.spec.network import Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant
from tests.unit.rules.network_policies.worlds import NAME_LABEL, address

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.rules.network_policies.policies import Policy

NODE = address("192.168.0.1")
SETTINGS = Network(
    routing_namespaces=("ingress",), shared=(SharedEndpoint(cidr="10.20.0.5/32", port=5000),), not_isolated=("open",)
)


def network(*tenants: str, ipv6: bool = False, each: int = 2, **about: Any) -> ClusterNetwork:
    """Tenants with their walls, DNS and an ingress controller."""
    names = [*tenants, "kube-system", "ingress", "other"]
    namespaces = {
        name: {
            NAME_LABEL: name,
            **({TENANT_LABEL: name, MANAGED_BY_LABEL: MANAGED_BY} if name in tenants else {}),
        }
        for name in names
    }
    platform = Platform(network=SETTINGS)
    policies: dict[str, list[Policy]] = {
        name: [
            read_policy(each)
            for each in make_network_policies(
                Tenant(name=name, team="t", owners=("a@example.com",), size="small"), platform
            )
        ]
        if name in tenants
        else []
        for name in names
    }
    ends = [
        PodEnd(
            name,
            f"pod-{number}",
            {"k8s-app": "kube-dns"} if name == "kube-system" else {"app": f"app-{number}"},
            namespaces[name],
            (address(f"10.{place}.0.{number}"), *([address(f"fd00:{place}::{number}")] if ipv6 else [])),
            node_addresses=(NODE,),
        )
        for place, name in enumerate(names)
        for number in range(1, each + 1)
    ]
    fields: dict[str, Any] = {
        "namespaces": namespaces,
        "tenants": {name: name for name in tenants},
        "pods": ends,
        "policies": policies,
        "nodes": (NODE,),
        "api_server": ((NODE, 6443),),
        "settings": SETTINGS,
    }
    return ClusterNetwork(**{**fields, **about})


def ways(frame: pd.DataFrame, namespace: str = "vision") -> set[tuple[Any, ...]]:
    rows = frame[frame["namespace"] == namespace]
    allowed = rows[rows["allowed"].fillna(value=False)]
    return {*zip(allowed["source"], allowed["destination"], allowed["port"], allowed["protocol"], strict=True)}


def about(frame: pd.DataFrame, namespace: str, direction: str, peer: str) -> list[dict[str, Any]]:
    wanted = (frame["namespace"] == namespace) & (frame["direction"] == direction) & (frame["peer"] == peer)
    rows = frame[wanted].astype(object).where(frame[wanted].notna(), None)
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def add_policy(known: ClusterNetwork, namespace: str, **spec: Any) -> None:
    manifest = {"metadata": {"name": "added", "namespace": namespace}, "spec": spec}
    cast("list[Policy]", known.policies[namespace]).append(read_policy(manifest))


def remove_policies(known: ClusterNetwork, namespace: str) -> None:
    cast("list[Policy]", known.policies[namespace]).clear()


def test_an_isolated_tenants_ways_are_those_that_its_walls_open() -> None:
    assert ways(connectivity_frame(network("vision", "speech"))) == {
        ("vision", "same namespace", "all", "all"),
        ("vision", "DNS", "53", "TCP, UDP"),
        ("vision", "shared endpoint 10.20.0.5/32", "5000", "TCP"),
        ("vision", "internet", "all", "all"),
        ("own node", "vision", "all", "all"),
        ("ingress controllers", "vision", "all", "all"),
    }


def test_each_row_has_the_policies_that_decide_and_a_reason() -> None:
    frame = connectivity_frame(network("vision", "speech"))
    [row] = frame.query("namespace == 'vision' and direction == 'Ingress' and peer == 'other tenants'").to_dict(
        "records"
    )
    assert row == {
        "tenant": "vision",
        "namespace": "vision",
        "pods": 2,
        "direction": "Ingress",
        "peer": "other tenants",
        "source": "other tenants",
        "destination": "vision",
        "port": "all",
        "protocol": "all",
        "family": "IPv4",
        "allowed": False,
        "policies": "tenantkit-default-deny, tenantkit-from-routing, tenantkit-same-namespace",
        "peer_policies": row["peer_policies"],
        "code": "denied",
        "reason": "ingress is isolated, and no NetworkPolicy allows this",
    }
    assert dict(frame.dtypes.astype(str)) == CONNECTIVITY


def test_both_families_are_one_row_where_they_are_alike() -> None:
    frame = connectivity_frame(network("vision", ipv6=True))
    families = frame.groupby("peer")["family"].unique().map(set)
    assert families["internet"] == {"IPv4, IPv6"}
    assert families["nodes"] == {"IPv4", "IPv4, IPv6"}


def test_a_tenant_that_is_not_isolated_reaches_everything_but_isolated_tenants() -> None:
    frame = connectivity_frame(network("open", "vision"))
    assert not frame.query("namespace == 'open' and not allowed and peer != 'other tenants'").size
    [row] = about(frame, "open", "Egress", "other tenants")
    assert (row["allowed"], row["code"]) == (False, "denied-by-peer")
    assert row["reason"] == "ingress of the other end is isolated, and no NetworkPolicy allows this"


def test_other_ends_with_different_answers_are_named() -> None:
    known = network("vision", "speech", "chat")
    remove_policies(known, "speech")
    add_policy(known, "vision", policyTypes=["Egress"], egress=[{}])
    rows = about(connectivity_frame(known), "vision", "Egress", "other tenants")
    assert {row["destination"]: row["allowed"] for row in rows} == {
        "other tenants: chat": False,
        "other tenants: speech": True,
    }


def test_a_part_of_the_internet_is_named() -> None:
    known = network("vision")
    remove_policies(known, "vision")
    add_policy(known, "vision", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}])
    rows = about(connectivity_frame(known), "vision", "Egress", "internet")
    assert [row["destination"] for row in rows if row["allowed"]] == ["internet: 203.0.113.0/24"]
    assert len(rows) == 2


def test_pods_that_policies_tell_apart_are_groups_with_rows_of_their_own() -> None:
    known = network("vision")
    add_policy(known, "vision", podSelector={"matchLabels": {"app": "app-1"}}, ingress=[{}])
    frame = connectivity_frame(known)
    assert {*frame.query("direction == 'Egress'")["source"]} == {"vision (app=app-1)", "vision (app=app-2)"}
    assert frame["pods"].unique().tolist() == [1]


def test_a_tenant_without_pods_is_shown_as_if_it_had_some() -> None:
    known = network("vision", "speech")
    empty = network("vision", "speech", pods=[pod for pod in known.pods if pod.namespace != "vision"])
    assert ways(connectivity_frame(empty)) == ways(connectivity_frame(known))
    assert connectivity_frame(empty).query("namespace == 'vision'")["pods"].unique().tolist() == [0]


def test_a_cluster_without_pods_is_taken_to_have_some_in_its_own_ranges() -> None:
    known = network("vision", "speech")
    frame = connectivity_frame(network("vision", "speech", pods=[]))
    assert ways(frame) == ways(connectivity_frame(known))
    assert frame["allowed"].notna().all()


def test_what_may_not_be_read_is_unknown_where_it_matters() -> None:
    known = network("vision", "speech")
    own = ClusterNetwork(
        {"vision": known.namespaces["vision"]},
        {"vision": "vision"},
        [pod for pod in known.pods if pod.namespace == "vision"],
        {"vision": known.policies["vision"]},
        settings=SETTINGS,
        is_whole=False,
    )
    frame = connectivity_frame(own)
    assert [row["allowed"] for row in about(frame, "vision", "Ingress", "other tenants")] == [False]
    assert [row["allowed"] for row in about(frame, "vision", "Egress", "other tenants")] == [False]
    # it may be in the DNS server's namespace
    out = about(frame, "vision", "Egress", "other namespaces")
    assert [(row["port"], row["allowed"]) for row in out] == [("53", None), ("others", False)]
    [server] = about(frame, "vision", "Egress", "API server")
    assert server["code"] == "unknown"
    assert server["reason"].startswith("the API server's address is unknown")


def test_an_odd_policy_costs_the_cells_that_depend_on_it() -> None:
    known = network("vision", "speech")
    add_policy(known, "vision", podSelector={"matchLabels": 5}, ingress=[{}])
    frame = connectivity_frame(known)
    [row] = about(frame, "vision", "Ingress", "internet")
    assert (row["allowed"], row["code"]) == (None, "unknown")
    assert row["reason"] == "NetworkPolicy 'added' in 'vision': spec.podSelector is not a label selector"
    assert [row["allowed"] for row in about(frame, "vision", "Egress", "internet")] == [True]
    assert [row["allowed"] for row in about(frame, "speech", "Ingress", "internet")] == [False]


def test_a_namespace_with_very_many_groups_is_cut_and_says_so() -> None:
    known = network("vision", each=MOST_GROUPS + 10)
    for number in range(MOST_GROUPS + 10):
        add_policy(known, "vision", podSelector={"matchLabels": {"app": f"app-{number}"}})
    incomplete: dict[str, str] = {}
    frame = connectivity_frame(known, incomplete=incomplete)
    assert frame.query("direction == 'Egress'")["source"].nunique() == MOST_GROUPS
    assert incomplete == {
        "Pod": "only 50 groups of pods are shown of vision (60): choose some with label_selector",
    }


def test_labels_choose_the_pods_that_the_rows_are_about() -> None:
    frame = connectivity_frame(network("vision"), label_selector="app=app-1")
    assert {*frame.query("direction == 'Egress'")["source"]} == {"vision (app=app-1)"}
    assert connectivity_frame(network("vision"), label_selector="app=none").empty


def test_a_hundred_tenants_take_about_a_second_and_few_rows() -> None:
    known = network(*(f"tenant-{number}" for number in range(100)), each=20)
    start = time.process_time()
    frame = connectivity_frame(known)
    assert time.process_time() - start < 10
    assert len(frame) < 100 * 25
