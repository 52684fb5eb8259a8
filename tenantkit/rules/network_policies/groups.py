"""Groups of pods that no NetworkPolicy tells apart, so that answers grow with the policies and not with the pods.

Two pods of a namespace are in one group if every selector, block and named port of every policy gives the same answer
for both. A group is described by the labels that make the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.rules.network_policies.addresses import FAMILIES, Block
from tenantkit.rules.network_policies.evaluation import is_in_block, is_peer, named_ports
from tenantkit.rules.network_policies.policies import NamedPortRule, Odd, PodPeer
from tenantkit.rules.selectors.label_selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from tenantkit.rules.network_policies.addresses import Address
    from tenantkit.rules.network_policies.endpoints import PodEnd
    from tenantkit.rules.network_policies.evaluation import Policies
    from tenantkit.rules.network_policies.policies import Policy

ALL_PODS, HOST_NETWORK = "all", "host network"
_NAMED_VALUES = 3

_Seen: TypeAlias = "tuple[Hashable, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class PodGroup:
    """Pods of one namespace that no policy tells apart.

    Args:
        pod: one of them, as any of them; on no particular node.
        count: how many there are.
        text: which pods of the namespace they are: `all` (in the pods' network), a label selector, or `host network`.
        seen: what policies of other namespaces see of them; equal for groups that these cannot tell apart.
    """

    pod: PodEnd
    count: int
    text: str
    seen: _Seen

    @property
    def namespace(self) -> str:
        """The namespace of the pods."""
        return self.pod.namespace


@dataclass(frozen=True, slots=True)
class _Looks:
    """What policies look at: selectors of their own namespace, peers in any namespace, blocks and named ports."""

    own: Mapping[str, tuple[LabelSelector, ...]]
    peers: tuple[PodPeer, ...]
    blocks: tuple[Block, ...]
    ports: tuple[NamedPortRule, ...]


def group_pods(
    pods: Iterable[PodEnd], policies: Policies, *, also: Mapping[str, Sequence[LabelSelector]] | None = None
) -> list[PodGroup]:
    """The groups of pods that no policy tells apart, by namespace and description.

    Args:
        pods: a pod without a name is counted as none: it stands for the pods that a namespace may have.
        policies: of each namespace.
        also: further selectors that tell a namespace's pods apart.

    Example:
        >>> from tenantkit.rules.network_policies.endpoints import PodEnd
        >>> [group] = group_pods([PodEnd("vision", "a", {"app": "x"}), PodEnd("vision", "b")], {"vision": []})
        >>> group.text, group.count
        ('all', 2)
    """
    looks = _looks(policies, also or {})
    groups: dict[tuple[str, _Seen, _Seen], list[PodEnd]] = {}
    for pod in pods:
        groups.setdefault((pod.namespace, _seen_at_home(pod, looks), _seen_from_outside(pod, looks)), []).append(pod)
    by_namespace: dict[str, list[tuple[_Seen, list[PodEnd]]]] = {}
    for (namespace, _, seen), members in groups.items():
        by_namespace.setdefault(namespace, []).append((seen, members))
    found = []
    for namespace, parts in by_namespace.items():
        texts = _texts([members for _, members in parts], _selectors(looks, namespace))
        found += [
            PodGroup(
                replace(members[0], name="", node_addresses=()), sum(bool(pod.name) for pod in members), text, seen
            )
            for (seen, members), text in zip(parts, texts, strict=True)
        ]
    return sorted(found, key=lambda group: (group.namespace, group.text))


def usual_addresses(pods: Iterable[PodEnd], policies: Policies) -> tuple[Address, ...] | None:
    """Addresses that stand for those of a pod that has none yet: of any pod, if policies treat all of them alike.

    None if they do not, or if no pod has an address.
    """
    blocks = _looks(policies, {}).blocks
    found: dict[_Seen, tuple[Address, ...]] = {}
    for pod in pods:
        if pod.addresses and not pod.host_network:
            found.setdefault(_in_blocks(pod, blocks), pod.addresses)
    return next(iter(found.values())) if len(found) == 1 else None


def blocks_of(policies: Iterable[Policy]) -> tuple[Block, ...]:
    """The blocks that these policies name."""
    return tuple(dict.fromkeys(each for policy in policies for each in _parts(policy) if isinstance(each, Block)))


def _looks(policies: Policies, also: Mapping[str, Iterable[LabelSelector]]) -> _Looks:
    own: dict[str, dict[LabelSelector, None]] = {name: dict.fromkeys(selectors) for name, selectors in also.items()}
    others: dict[PodPeer | Block | NamedPortRule, None] = {}
    for policy in chain.from_iterable(policies.values()):
        selectors = own.setdefault(policy.namespace, {})
        if isinstance(policy.pods, LabelSelector):
            selectors[policy.pods] = None
        for part in _parts(policy):
            if isinstance(part, PodPeer) and part.namespaces is None:
                selectors[part.pods or LabelSelector()] = None
            else:
                others[part] = None
    return _Looks(
        {namespace: tuple(each for each in found if each.requirements) for namespace, found in own.items()},
        tuple(each for each in others if isinstance(each, PodPeer)),
        tuple(each for each in others if isinstance(each, Block)),
        tuple(each for each in others if isinstance(each, NamedPortRule)),
    )


def _parts(policy: Policy) -> Iterator[PodPeer | Block | NamedPortRule]:
    for direction, rules in policy.rules.items():
        if isinstance(rules, Odd) or policy.applies[direction] is False:
            continue
        for rule in rules:
            for part in () if isinstance(rule, Odd) else (*rule.peers, *rule.ports):
                if isinstance(part, PodPeer | Block | NamedPortRule):
                    yield part


def _seen_at_home(pod: PodEnd, looks: _Looks) -> _Seen:
    if pod.host_network:
        return (HOST_NETWORK,)
    selectors = looks.own.get(pod.namespace, ())
    return tuple(None if pod.labels is None else selector.matches(pod.labels) for selector in selectors)


def _seen_from_outside(pod: PodEnd, looks: _Looks) -> _Seen:
    return (
        pod.host_network,
        *(is_peer(peer, "", pod, "IPv4") for peer in looks.peers),
        *(named_ports(rule, pod) for rule in looks.ports),
        *_in_blocks(pod, looks.blocks),
    )


def _in_blocks(pod: PodEnd, blocks: Sequence[Block]) -> _Seen:
    families = tuple(pod.addresses is not None and pod.address(family) is not None for family in FAMILIES)
    return (pod.addresses is None, families, *(is_in_block(block, pod, block.family) for block in blocks))


def _selectors(looks: _Looks, namespace: str) -> list[LabelSelector]:
    """The selectors that may tell pods of a namespace apart."""
    return [*looks.own.get(namespace, ()), *(peer.pods for peer in looks.peers if peer.pods is not None)]


def _texts(groups: Sequence[Sequence[PodEnd]], selectors: Sequence[LabelSelector]) -> list[str]:
    """A description of each group of one namespace, each different."""
    on_host = [members[0].host_network for members in groups]
    if on_host.count(False) <= 1 and on_host.count(True) <= 1:
        return [HOST_NETWORK if host else ALL_PODS for host in on_host]
    known = [members[0].labels or {} for members, host in zip(groups, on_host, strict=True) if not host]
    telling = [each for each in selectors if len({each.matches(labels) for labels in known}) > 1]
    keys = sorted({requirement.key for selector in telling for requirement in selector.requirements})
    texts = [
        HOST_NETWORK if host else ",".join(filter(None, (_values(key, members) for key in keys)))
        for members, host in zip(groups, on_host, strict=True)
    ]
    return [
        text if text and texts.count(text) == 1 else f"{text or 'pods'} such as {members[0].name}"
        for text, members in zip(texts, groups, strict=True)
    ]


def _values(key: str, members: Iterable[PodEnd]) -> str:
    """The values of one label, as a selector; empty where it does not describe the group."""
    values = {(pod.labels or {}).get(key) for pod in members}
    named = sorted(value for value in values if value is not None)
    if None in values:
        return "" if named else f"!{key}"
    if len(named) == 1:
        return f"{key}={named[0]}"
    more = ",…" if len(named) > _NAMED_VALUES else ""
    return f"{key} in ({','.join(named[:_NAMED_VALUES])}{more})"
