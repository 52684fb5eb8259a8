"""What a policy means, by one example for each sentence of the page "Network Policies"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.network_policies.endpoints import AddressEnd, NamedPort, PodEnd
from tenantkit.rules.network_policies.evaluation import connection
from tenantkit.rules.network_policies.policies import read_policy
from tests.unit.rules.network_policies.worlds import NAME_LABEL, address

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.endpoints import End

NODE = address("192.168.0.1")
IPV4_ONLY = (address("10.0.0.9"),)


def pod(name: str, namespace: str = "one", **about: Any) -> PodEnd:
    number = sum(map(ord, name)) % 200
    fields: dict[str, Any] = {
        "labels": {"app": name},
        "namespace_labels": {NAME_LABEL: namespace},
        "addresses": (address(f"10.0.0.{number}"), address(f"fd00::{number}")),
        "node_addresses": (NODE,),
    }
    return PodEnd(namespace, name, **(fields | about))


A, B, C = pod("a"), pod("b"), pod("c", "two")
INTERNET = AddressEnd(address("192.0.2.1"))


def policy(namespace: str = "one", **spec: Any) -> Manifest:
    return {"metadata": {"name": "policy", "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def allows(
    source: End,
    destination: End,
    *policies: Manifest,
    protocol: Any = "TCP",
    port: int = 80,
    family: Any = "IPv4",
) -> bool | None:
    read = [read_policy(each) for each in policies]
    known = {name: [each for each in read if each.namespace == name] for name in ("one", "two")}
    return connection(source, destination, known, family).allows(protocol, port)


DENY_IN = policy(policyTypes=["Ingress"])
DENY_OUT = policy(policyTypes=["Egress"])


def test_pods_without_policies_are_not_isolated() -> None:
    assert allows(A, C)
    assert allows(INTERNET, A)


def test_a_policy_isolates_the_pods_that_it_selects_in_its_directions_only() -> None:
    assert not allows(C, A, DENY_IN)
    assert allows(A, C, DENY_IN)
    assert not allows(A, C, DENY_OUT)
    assert allows(C, A, DENY_OUT)
    assert allows(C, A, policy(podSelector={"matchLabels": {"app": "b"}}))


def test_both_sides_must_allow_a_connection() -> None:
    to_two = policy(policyTypes=["Egress"], egress=[{"to": [{"namespaceSelector": {}}]}])
    assert allows(A, C, DENY_OUT, to_two)
    assert not allows(A, C, DENY_OUT, to_two, policy("two", policyTypes=["Ingress"]))


def test_without_policy_types_egress_is_isolated_only_by_rules_for_it() -> None:
    assert not allows(C, A, policy())
    assert allows(A, C, policy())
    assert allows(A, C, policy(egress=[]))
    assert not allows(A, C, policy(egress=[{"ports": [{"port": 443}]}]))


@pytest.mark.parametrize("nothing", [{}, {"from": None}, {"from": []}, {"ports": []}])
def test_a_rule_without_peers_and_ports_allows_all(nothing: Manifest) -> None:
    assert allows(INTERNET, A, policy(ingress=[nothing]), protocol="SCTP", port=65535)


def test_a_pod_selector_alone_means_pods_of_the_policys_namespace() -> None:
    inside = policy(ingress=[{"from": [{"podSelector": {}}]}])
    assert allows(B, A, inside)
    assert not allows(C, A, inside)


def test_a_namespace_selector_means_all_pods_of_the_namespaces_and_both_selectors_mean_some_of_them() -> None:
    two = {"namespaceSelector": {"matchLabels": {NAME_LABEL: "two"}}}
    assert allows(C, A, policy(ingress=[{"from": [two]}]))
    assert not allows(B, A, policy(ingress=[{"from": [two]}]))
    assert not allows(C, A, policy(ingress=[{"from": [{**two, "podSelector": {"matchLabels": {"app": "x"}}}]}]))
    either = [two, {"podSelector": {"matchLabels": {"app": "x"}}}]
    assert allows(C, A, policy(ingress=[{"from": either}]))


def test_an_empty_namespace_selector_means_all_namespaces_and_no_address_outside() -> None:
    anyone = policy(ingress=[{"from": [{"namespaceSelector": {}}]}])
    assert allows(C, A, anyone)
    assert not allows(INTERNET, A, anyone)


def test_a_block_means_addresses_without_the_excepted_ones_also_of_pods() -> None:
    block = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}
    outside = policy(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": block}]}])
    assert allows(A, INTERNET, outside)
    assert not allows(A, C, outside)
    assert allows(A, C, policy(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]))


def test_a_block_of_one_family_says_nothing_about_the_other() -> None:
    block = policy(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])
    assert allows(A, C, block)
    assert not allows(A, C, block, family="IPv6")


def test_ports_are_tcp_by_default_and_may_be_a_range() -> None:
    ranged = policy(ingress=[{"ports": [{"port": 80, "endPort": 90}]}])
    assert allows(B, A, ranged, port=90)
    assert not allows(B, A, ranged, port=91)
    assert not allows(B, A, ranged, protocol="UDP")
    every = policy(ingress=[{"ports": [{"protocol": "UDP"}]}])
    assert allows(B, A, every, protocol="UDP", port=1)
    assert not allows(B, A, every)


def test_a_named_port_is_that_of_the_destinations_containers() -> None:
    web = policy(ingress=[{"ports": [{"port": "web"}]}])
    served = pod("a", ports=(NamedPort("web", "TCP", 8080), NamedPort("web", "UDP", 53)))
    assert allows(B, served, web, port=8080)
    assert not allows(B, served, web, port=53)
    assert not allows(B, A, web, port=8080)
    out = policy(policyTypes=["Egress"], egress=[{"ports": [{"port": "web"}]}])
    assert allows(B, served, out, port=8080)
    assert not allows(B, INTERNET, out, port=8080)


def test_a_pod_always_reaches_itself() -> None:
    assert allows(A, pod("a"), DENY_IN, DENY_OUT)
    assert not allows(A, B, DENY_IN, DENY_OUT)


def test_a_node_always_reaches_its_own_pods_and_not_the_other_way_round() -> None:
    node, other = AddressEnd(NODE), AddressEnd(address("192.168.0.2"))
    assert allows(node, A, DENY_IN)
    assert not allows(other, A, DENY_IN)
    assert not allows(A, node, DENY_OUT)


def test_policies_neither_isolate_nor_select_a_pod_on_the_host_network() -> None:
    on_host = pod("h", host_network=True, addresses=(address("192.168.0.2"),))
    assert allows(on_host, C, DENY_OUT)
    assert not allows(on_host, A, policy(ingress=[{"from": [{"podSelector": {}}, {"namespaceSelector": {}}]}]))
    assert allows(on_host, A, policy(ingress=[{"from": [{"ipBlock": {"cidr": "192.168.0.2/32"}}]}]))


def test_policies_of_one_pod_add_up() -> None:
    one, other = policy(ingress=[{"ports": [{"port": 80}]}]), policy(ingress=[{"ports": [{"port": 81}]}])
    assert [allows(B, A, DENY_IN, one, other, port=port) for port in (80, 81, 82)] == [True, True, False]


def test_what_depends_on_an_unknown_value_is_unknown_and_nothing_else() -> None:
    labelled = policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "b"}}}], "ports": [{"port": 80}]}])
    unlabelled = pod("b", labels=None)
    assert allows(unlabelled, A, labelled) is None
    assert allows(unlabelled, A, labelled, port=81) is False
    assert allows(unlabelled, A, labelled, policy(ingress=[{}])) is True


def test_policies_of_a_namespace_that_may_not_be_read_are_unknown() -> None:
    assert connection(A, C, {"one": []}, "IPv4").allows("TCP", 80) is None
    assert connection(A, C, {"one": [read_policy(DENY_OUT)]}, "IPv4").allows("TCP", 80) is False


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("x", "spec is not an object"),
        ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}, "use one of the operators"),
        ({"podSelector": {"matchLabels": {"a": 1}}}, "spec.podSelector is not a label selector"),
        ({"policyTypes": ["In"]}, "spec.policyTypes is not a list of Ingress and Egress"),
        ({"ingress": {}}, "spec.ingress is not a list"),
        ({"ingress": ["x"]}, "spec.ingress[0] is not an object"),
        ({"ingress": [{"from": [{}]}]}, "spec.ingress[0].from[0] has neither a selector nor ipBlock"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "x"}}]}]}, "spec.ingress[0].from[0].ipBlock: 'x' does not"),
        ({"ingress": [{"from": [{"ipBlock": {}, "podSelector": {}}]}]}, "has ipBlock beside a selector"),
        ({"ingress": [{"ports": [{"port": 0}]}]}, "spec.ingress[0].ports[0] is not a port or a range of ports"),
        ({"ingress": [{"ports": [{"port": 9, "endPort": 8}]}]}, "is not a port or a range of ports"),
        ({"ingress": [{"ports": [{"protocol": "ICMP"}]}]}, "protocol is not one of TCP, UDP, SCTP"),
    ],
)
def test_an_odd_part_makes_what_depends_on_it_unknown_and_says_why(spec: Any, why: str) -> None:
    odd = policy() | {"spec": spec}
    assert allows(B, A, odd) is None
    assert allows(B, C, odd) in (True, None)
    assert why in read_policy(odd).problems()[0]


def test_each_of_several_policies_that_may_select_a_pod_may_be_the_only_one() -> None:
    odd = {"matchLabels": {"a": 1}}
    some = policy(podSelector=odd, ingress=[{}])
    others = policy(podSelector=odd, ingress=[{"ports": [{"port": 80}]}])
    assert allows(B, A, some) is True  # selected or not, it is allowed
    assert allows(B, A, some, others) is True
    assert allows(B, A, some, others, port=81) is None
