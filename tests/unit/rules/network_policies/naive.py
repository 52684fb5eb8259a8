"""The page "Network Policies" as plain as possible: one question about one port, asked of the manifests.

Slow, without unknowns, and written without the code under test, so that the two can disagree.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.unit.rules.network_policies.worlds import World


class Question(NamedTuple):
    """A connection: each end is a Pod's manifest, or None if it is not a pod, and has an address."""

    source: Any
    destination: Any
    protocol: str
    port: int
    source_address: str
    destination_address: str


def allows(world: World, asked: Question) -> bool:
    """Whether the policies allow a connection."""
    source, destination = asked.source, asked.destination
    if source is not None and source is destination:
        return True
    from_node = destination is not None and asked.source_address == destination["status"]["hostIP"]
    is_always_let_in = from_node and _is_node(source)
    return _is_let_out(world, asked) and (is_always_let_in or _is_let_in(world, asked))


def _is_let_out(world: World, asked: Question) -> bool:
    return _is_open(world, "Egress", asked.source, asked.destination, asked)


def _is_let_in(world: World, asked: Question) -> bool:
    return _is_open(world, "Ingress", asked.destination, asked.source, asked)


def _is_node(end: Any) -> bool:
    return end is None or bool(end["spec"]["hostNetwork"])


def _is_open(world: World, direction: str, pod: Any, other: Any, asked: Question) -> bool:
    if _is_node(pod):
        return True
    selecting = [policy for policy in world.policies if _isolates(policy, direction, pod)]
    if not selecting:
        return True
    peers = "from" if direction == "Ingress" else "to"
    address = asked.source_address if direction == "Ingress" else asked.destination_address
    return any(
        _has_peer(world, rule.get(peers), policy, other, address)
        and _has_port(rule.get("ports"), asked.destination, asked.protocol, asked.port)
        for policy in selecting
        for rule in policy["spec"].get(direction.lower()) or []
    )


def _isolates(policy: Manifest, direction: str, pod: Manifest) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return (
        direction in types
        and policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
        and _selects(spec["podSelector"], pod["metadata"]["labels"])
    )


def _has_peer(world: World, peers: Any, policy: Manifest, other: Any, address: str) -> bool:
    if not peers:
        return True
    for peer in peers:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            excepted = any(_in(address, each) for each in block.get("except", []))
            if _in(address, block["cidr"]) and not excepted:
                return True
        elif not _is_node(other):
            metadata = other["metadata"]
            own = metadata["namespace"] == policy["metadata"]["namespace"]
            selector = peer.get("namespaceSelector")
            in_namespace = own if selector is None else _selects(selector, world.namespaces[metadata["namespace"]])
            if in_namespace and _selects(peer.get("podSelector", {}), metadata["labels"]):
                return True
    return False


def _in(address: str, cidr: str) -> bool:
    return ip_address(address) in ip_network(cidr)


def _has_port(ports: Any, destination: Any, protocol: str, port: int) -> bool:
    if not ports:
        return True
    for each in ports:
        if each.get("protocol", "TCP") != protocol:
            continue
        wanted = each.get("port")
        if wanted is None or (isinstance(wanted, int) and wanted <= port <= each.get("endPort", wanted)):
            return True
        if isinstance(wanted, str) and not _is_node(destination):
            listed = destination["spec"]["containers"][0]["ports"]
            if any((p["name"], p["protocol"], p["containerPort"]) == (wanted, protocol, port) for p in listed):
                return True
    return False


def _selects(selector: Manifest, labels: Manifest) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        value = labels.get(each["key"])
        matches = {
            "In": value in each.get("values", []),
            "NotIn": value not in each.get("values", []),
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not matches[each["operator"]]:
            return False
    return True
