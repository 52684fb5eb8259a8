"""What NetworkPolicies say about the connections between two ends: the ports that are allowed, denied and unknown.

A connection is allowed if the policies of the source's pod let it out and those of the destination's pod let it in. A
pod that no policy selects for a direction is not isolated in it; else the union of what its policies allow counts. A
pod always reaches itself, and a node always reaches its pods. Whole sets of ports are computed at once, since
answers by port would be 65,535 for each protocol.

Not decided here, since Kubernetes does not define it: whether a policy sees a Service's address or the one behind it,
and which address remains where a node or load balancer rewrites the source.

Source: page "Network Policies", sections "The two sorts of pod isolation" and "What you can't do with network
policies (at least, not yet)".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.rules.network_policies.addresses import Block
from tenantkit.rules.network_policies.endpoints import AddressEnd, PodEnd
from tenantkit.rules.network_policies.policies import NamedPortRule, Odd
from tenantkit.rules.network_policies.ports import ALL, NONE, PortSet, ports_of, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenantkit.rules.network_policies.addresses import Family
    from tenantkit.rules.network_policies.endpoints import End
    from tenantkit.rules.network_policies.policies import Direction, Peer, Policy, PortRule, Rule
    from tenantkit.rules.network_policies.ports import Protocol
    from tenantkit.rules.selectors.label_selectors import LabelSelector

_NAME_LABEL = "kubernetes.io/metadata.name"  # the server sets it on each Namespace

# by namespace; of a namespace that is not in it, the policies are unknown
Policies: TypeAlias = "Mapping[str, Sequence[Policy]]"
Always: TypeAlias = Literal["to-itself", "from-its-node"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one policy allows: the ports that it surely allows, and those that it may allow."""

    policy: Policy
    surely: PortSet
    perhaps: PortSet


@dataclass(frozen=True, slots=True)
class Side:
    """What the policies of one end say about one direction.

    Args:
        isolated: whether policies select the pod in this direction; None: unknown.
        allowed: the ports that are allowed.
        unknown: the ports of which it is not known.
        selecting: the policies that select the pod, or may do so, and what each allows.
        readable: False if the policies of the pod's namespace are unknown.
    """

    isolated: bool | None
    allowed: PortSet
    unknown: PortSet
    selecting: tuple[Allowance, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Connection:
    """What policies say about connections from one end to another.

    Args:
        allowed: the ports that are allowed.
        unknown: the ports of which it is not known.
        egress: the source's side.
        ingress: the destination's side.
        always: why no policy matters; None if policies do.
    """

    allowed: PortSet
    unknown: PortSet
    egress: Side
    ingress: Side
    always: Always | None = None

    def allows(self, protocol: Protocol, port: int) -> bool | None:
        """Whether one port is allowed; None: unknown."""
        return None if self.unknown.has(protocol, port) else self.allowed.has(protocol, port)


NOT_ISOLATED = Side(isolated=False, allowed=ALL, unknown=NONE)
_UNREADABLE = Side(isolated=None, allowed=NONE, unknown=ALL, readable=False)


def connection(source: End, destination: End, policies: Policies, family: Family) -> Connection:
    """What policies say about connections from a source to a destination.

    Args:
        source: a pod or an address.
        destination: likewise.
        policies: the policies of each namespace; of a namespace that is not in it, they are unknown.
        family: of the addresses that both use.

    Example:
        >>> from tenantkit.rules.network_policies.policies import read_policy
        >>> a, b = PodEnd("vision", "a"), PodEnd("vision", "b")
        >>> deny = read_policy({"metadata": {"name": "deny", "namespace": "vision"}, "spec": {"podSelector": {}}})
        >>> connection(a, b, {"vision": [deny]}, "IPv4").allows("TCP", 80)
        False
    """
    if isinstance(source, PodEnd) and source.is_same_as(destination):
        return Connection(ALL, NONE, NOT_ISOLATED, NOT_ISOLATED, "to-itself")
    egress = side("Egress", source, destination, policies, family)
    is_from_node = is_node_of(source, destination, family)
    if is_from_node:
        return joined(egress, NOT_ISOLATED, "from-its-node" if not egress.isolated else None)
    found = joined(egress, side("Ingress", destination, source, policies, family))
    if is_from_node is None:
        possible = found.unknown | egress.allowed | egress.unknown
        return replace(found, unknown=possible - found.allowed)
    return found


def joined(egress: Side, ingress: Side, always: Always | None = None) -> Connection:
    """The connection that has these two sides."""
    allowed = egress.allowed & ingress.allowed
    unknown = ((egress.allowed | egress.unknown) & (ingress.allowed | ingress.unknown)) - allowed
    return Connection(allowed, unknown, egress, ingress, always)


def is_node_of(source: End, destination: End, family: Family) -> bool | None:
    """Whether the source is in the network of the node that runs the destination; None: its address is unknown."""
    if not isinstance(destination, PodEnd) or not destination.node_addresses:
        return False
    if isinstance(source, PodEnd):
        if not source.host_network:
            return False
        if source.addresses is None:
            return None
    return source.address(family) in destination.node_addresses


def side(direction: Direction, end: End, other: End, policies: Policies, family: Family) -> Side:
    """What the policies of one end say: of the source for Egress, of the destination for Ingress."""
    if isinstance(end, AddressEnd) or end.host_network:
        return NOT_ISOLATED
    if end.namespace not in policies:
        return _UNREADABLE
    destination = end if direction == "Ingress" else other
    surely: list[Allowance] = []
    perhaps: list[Allowance] = []
    for policy in policies[end.namespace]:
        selects = _both(policy.applies[direction], _selects(policy.pods, end.labels))
        if selects is False:
            continue
        found = _allowance(policy, direction, other, destination, family)
        (surely if selects else perhaps).append(found)
    return _side(surely, perhaps)


def _side(surely: list[Allowance], perhaps: list[Allowance]) -> Side:
    """The side of a pod that the first policies select, and the others may select."""
    selecting = (*surely, *perhaps)
    if not selecting:
        return NOT_ISOLATED
    if surely:
        allowed = union(each.surely for each in surely)
        possible = union(each.surely | each.perhaps for each in selecting)
        return Side(isolated=True, allowed=allowed, unknown=possible - allowed, selecting=selecting)
    # one of them alone may select the pod, so only what each allows is sure; with none of them all is allowed
    allowed = reduce(and_, (each.surely for each in perhaps))
    return Side(isolated=None, allowed=allowed, unknown=ALL - allowed, selecting=selecting)


def _allowance(policy: Policy, direction: Direction, peer: End, destination: End, family: Family) -> Allowance:
    rules = policy.rules[direction]
    if isinstance(rules, Odd):
        return Allowance(policy, NONE, ALL)
    surely = perhaps = NONE
    for rule in rules:
        if isinstance(rule, Odd):
            perhaps = ALL
            continue
        is_peer = _any_peer(rule, policy.namespace, peer, family)
        if is_peer is False:
            continue
        sure, possible = _ports(rule.ports, destination)
        if is_peer:
            surely |= sure
        perhaps |= sure | possible
    return Allowance(policy, surely, perhaps - surely)


def _any_peer(rule: Rule, namespace: str, end: End, family: Family) -> bool | None:
    if not rule.peers:
        return True
    is_any: bool | None = False
    for peer in rule.peers:
        found = is_peer(peer, namespace, end, family)
        if found:
            return True
        is_any = None if found is None else is_any
    return is_any


def is_peer(peer: Peer, namespace: str, end: End, family: Family) -> bool | None:
    """Whether a peer of a policy in this namespace includes an end; None: unknown."""
    if isinstance(peer, Odd):
        return None
    if isinstance(peer, Block):
        return is_in_block(peer, end, family)
    if isinstance(end, AddressEnd) or end.host_network:
        return False
    if peer.namespaces is None:
        in_namespace: bool | None = end.namespace == namespace
    else:
        in_namespace = False if _names_others(peer.namespaces, end) else _selects(peer.namespaces, end.namespace_labels)
    return _both(in_namespace, True if peer.pods is None else _selects(peer.pods, end.labels))


def is_in_block(block: Block, end: End, family: Family) -> bool | None:
    """Whether a block includes the address that an end uses; None: its address is unknown."""
    if block.family != family:
        return False
    if isinstance(end, PodEnd) and end.addresses is None:
        return None
    address = end.address(family)
    return address is not None and address in block


def _ports(rules: Iterable[PortRule], destination: End) -> tuple[PortSet, PortSet]:
    """The ports that a rule surely has, and those that it may have besides."""
    listed = tuple(rules)
    if not listed:
        return ALL, NONE
    surely = perhaps = NONE
    for rule in listed:
        if isinstance(rule, PortSet):
            surely |= rule
        elif isinstance(rule, NamedPortRule):
            found = named_ports(rule, destination)
            surely |= found or NONE
            perhaps |= ports_of(rule.protocol) if found is None else NONE
        else:
            perhaps = ALL
    return surely, perhaps - surely


def named_ports(rule: NamedPortRule, destination: End) -> PortSet | None:
    """The ports that the destination's containers give this name; None: unknown."""
    if isinstance(destination, AddressEnd) or destination.host_network:
        return NONE
    if destination.ports is None:
        return None
    return union(
        ports_of(port.protocol, port.port, port.port)
        for port in destination.ports
        if (port.name, port.protocol) == (rule.name, rule.protocol)
    )


def _names_others(selector: LabelSelector, end: PodEnd) -> bool:
    """Whether a selector names only namespaces that a pod is known not to be in."""
    return any(
        (wanted.key, wanted.operator) == (_NAME_LABEL, "in") and end.not_in.issuperset(wanted.values)
        for wanted in selector.requirements
    )


def _selects(selector: LabelSelector | Odd, labels: Mapping[str, str] | None) -> bool | None:
    if isinstance(selector, Odd):
        return None
    if labels is None:
        return None if selector.requirements else True
    return selector.matches(labels)


def _both(*answers: bool | None) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True
