"""Who is there: two tenants' pods, the pods and hosts around them, and what each is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tenantkit.manifests import network_policies

if TYPE_CHECKING:
    from collections.abc import Mapping

TENANTS = ("tenant-a", "tenant-b")
ROUTING_NAMESPACE = "ingress"
NODE, OTHER_NODE = "node", "other-node"

# the place's name: the pod's namespace and labels
PODS: dict[str, tuple[str, dict[str, str]]] = {
    "a1": ("tenant-a", {"app": "one"}),
    "a2": ("tenant-a", {"app": "two"}),
    "b1": ("tenant-b", {"app": "one"}),
    "b2": ("tenant-b", {"app": "two"}),
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
    "system": ("kube-system", {"app": "other"}),
    "controller": (ROUTING_NAMESPACE, {"app": "controller"}),
    "stranger": ("stranger", {"app": "one"}),
}
HOST_CONTROLLER = "host-controller"  # a pod in the network of the other node
# places that are not pods: IPv4 and IPv6 address
HOSTS: dict[str, tuple[str, str]] = {
    NODE: ("192.168.50.1", "fd00:192:168:50::1"),
    HOST_CONTROLLER: ("192.168.60.10", "fd00:192:168:60::10"),
    "machine": ("192.168.61.10", "fd00:192:168:61::10"),
    "internet": ("203.0.113.10", "2001:db8::10"),
    "metadata": ("169.254.169.254", "fd00:ec2::254"),
    "private": ("172.16.5.5", "fd00:172:16::5"),
    "shared": ("192.168.70.10", "fd00:192:168:70::10"),
}
ROUTING_CIDRS = ("192.168.60.0/24", "fd00:192:168:60::/64")
SHARED_PORT, API_PORT = 9000, 6443
NODE_DNS = "169.254.20.10"
SERVICE_CIDR, API_SERVICE, DNS_SERVICE = "10.96.0.0/16", "10.96.0.1", "10.96.0.10"
WEB, UDP, DNS = 8080, 8081, 53
SOURCES = (*PODS, NODE, HOST_CONTROLLER, "machine", "internet")


class Target(NamedTuple):
    """What is asked of every source.

    Args:
        place: who should answer.
        protocol: TCP or UDP.
        port: the port that policies see.
        address: where it is sent to. Empty: the place's own address.
        sent_port: the port that it is sent to, where a Service's address is asked. 0: the same.
    """

    place: str
    protocol: str
    port: int
    address: str = ""
    sent_port: int = 0


TARGETS = (
    *(Target(place, "TCP", WEB) for place in PODS),
    Target("a2", "UDP", UDP),
    Target("b2", "UDP", UDP),
    Target("dns", "TCP", DNS),
    Target("dns", "UDP", DNS),
    Target("system", "UDP", DNS),
    Target("internet", "TCP", 443),
    Target("internet", "UDP", DNS),
    Target("metadata", "TCP", 80),
    Target("private", "TCP", 80),
    Target("machine", "TCP", 80),
    Target(HOST_CONTROLLER, "TCP", 80),
    Target("shared", "TCP", SHARED_PORT),
    Target("shared", "TCP", SHARED_PORT + 1),
    Target(NODE, "TCP", WEB),
    Target(NODE, "TCP", API_PORT),
)
# only over IPv4: Services' addresses, and the DNS cache on the node
TARGETS_IPV4 = (
    Target("dns", "TCP", DNS, DNS_SERVICE),
    Target("dns", "UDP", DNS, DNS_SERVICE),
    Target(NODE, "TCP", API_PORT, API_SERVICE, 443),
    Target(NODE, "TCP", DNS, NODE_DNS),
    Target(NODE, "UDP", DNS, NODE_DNS),
    Target(NODE, "TCP", WEB, NODE_DNS),
)


def is_wanted(source: str, target: Target, walls: Mapping[str, frozenset[str]]) -> bool:
    """Whether a connection should be possible: written by hand, from what each wall is for.

    Args:
        source: a place.
        target: what it asks.
        walls: the names of each tenant's NetworkPolicies; a tenant without any is not isolated.
    """
    homes = {place: namespace for place, (namespace, _) in PODS.items()}
    home, other = homes.get(source), homes.get(target.place)
    if source == target.place:
        return True
    return _is_let_out(home, other, target, walls.get(home or "")) and _is_let_in(source, home, other, walls)


def _is_let_out(home: str | None, other: str | None, target: Target, walls: frozenset[str] | None) -> bool:
    if not walls:
        return True
    is_dns = target.port == DNS and (target.place == "dns" or target.address == NODE_DNS)
    is_outside = target.place == "internet" or (target.place, target.port) == ("shared", SHARED_PORT)
    return (
        (network_policies.SAME_NAMESPACE in walls and home == other)
        or (network_policies.DNS in walls and is_dns)
        or (network_policies.EGRESS in walls and is_outside)
    )


def _is_let_in(source: str, home: str | None, other: str | None, walls: Mapping[str, frozenset[str]]) -> bool:
    if other is None or not walls.get(other):
        return True
    return (
        source == NODE  # programs in the node's own network reach its pods whatever a policy says
        or (network_policies.SAME_NAMESPACE in walls[other] and home == other)
        or (network_policies.FROM_ROUTING in walls[other] and source in ("controller", HOST_CONTROLLER))
    )
