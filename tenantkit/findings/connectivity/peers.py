"""The other ends of tenants' connections: other pods, DNS, ingress controllers, the API server, and addresses outside.

Ranges of addresses are cut where a block of a policy begins or ends, so that one address stands for each piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.manifests.network_policies import METADATA_CIDRS
from tenantkit.rules.network_policies.addresses import (
    FAMILIES,
    Address,
    Block,
    all_of,
    pieces,
    read_address,
    read_block,
    without,
)
from tenantkit.rules.network_policies.endpoints import AddressEnd, PodEnd
from tenantkit.rules.network_policies.groups import ALL_PODS, group_pods, usual_addresses
from tenantkit.rules.network_policies.ports import ALL, ports_of
from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.findings.connectivity.network import ClusterNetwork
    from tenantkit.rules.network_policies.addresses import Family, Span
    from tenantkit.rules.network_policies.endpoints import End
    from tenantkit.rules.network_policies.groups import PodGroup
    from tenantkit.rules.network_policies.ports import PortSet
    from tenantkit.rules.selectors.label_selectors import LabelSelector
    from tenantkit.spec.network import SharedEndpoint

PeerKind: TypeAlias = Literal[
    "same namespace",
    "same tenant",
    "other tenants",
    "other namespaces",
    "ingress controllers",
    "DNS",
    "API server",
    "shared endpoints",
    "metadata service",
    "nodes",
    "private networks",
    "internet",
]

# where clouds answer with a machine's credentials; `METADATA_CIDRS` closes whole ranges around them
_METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")
_PRIVATE = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_SPECIAL = ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3")  # this host, loopback, multicast and reserved
_GLOBAL_IPV6 = "2000::/3"
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One end among a peer's, and how it is called: a group of pods, an address, or a piece of a range."""

    end: End
    text: str = ""
    group: PodGroup | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """What a tenant's pods may reach, or be reached from."""

    kind: PeerKind
    members: Sequence[Member]
    ports: PortSet = ALL
    text: str = ""

    def __str__(self) -> str:
        return self.text or self.kind

    def of_family(self, family: Family) -> list[Member]:
        """The members that may have an address of a family."""
        return [member for member in self.members if _may_have(member.end, family)]


class Groups:
    """All pods of a network in groups, and which of them are what."""

    def __init__(self, network: ClusterNetwork) -> None:
        self.network = network
        some = (
            network.pods if any(pod.addresses for pod in network.pods) else _in_ranges(network.settings.cluster_cidrs)
        )
        self.usual = usual_addresses(some, network.policies)
        with_pods = {pod.namespace for pod in network.pods}
        missing = [self.any_pod(name) for name in network.tenants if name not in with_pods]
        self.all = self.grouped([*network.pods, *missing])
        self._dns, self._routing = set(self._dns_groups()), set(network.settings.routing_namespaces)
        self._is_dns = {id(group) for group in self._dns}

    def grouped(self, pods: Iterable[PodEnd]) -> list[PodGroup]:
        """Some pods in groups; those without an address are taken to have the usual ones."""
        return group_pods(map(self._with_address, pods), self.network.policies, also=self._selectors())

    def any_pod(self, namespace: str) -> PodEnd:
        """A pod that a namespace may have: with unknown labels and ports."""
        labels = self.network.namespaces.get(namespace)
        return PodEnd(namespace, labels=None, namespace_labels=labels, addresses=self.usual, ports=None)

    def same_namespace(self, subject: PodGroup) -> Peer:
        """The pods of the subject's namespace; the subject itself, unless it is a single pod."""
        found = [
            group
            for group in self.all
            if group.namespace == subject.namespace and (group.text != subject.text or group.count != 1)
        ]
        return Peer("same namespace", [_of_group(group) for group in found])

    def same_tenant(self, subject: PodGroup) -> Peer:
        """The pods of the tenant's other namespaces."""
        tenant = self._tenant(subject)
        found = [
            group
            for group in self.all
            if tenant is not None and self._tenant(group) == tenant and group.namespace != subject.namespace
        ]
        return Peer("same tenant", [_of_group(group) for group in found])

    def other_tenants(self, subject: PodGroup) -> Peer:
        """The pods of other tenants; an unknown one where not all may be read."""
        tenant = self._tenant(subject)
        found = [_of_group(group) for group in self.all if self._tenant(group) not in (None, tenant)]
        settings = self.network.settings
        return Peer("other tenants", [*found, *self._unknown(subject.namespace, settings.dns.namespace)])

    def other_namespaces(self, subject: PodGroup, *, with_dns: bool) -> Peer:
        """The pods of namespaces without a tenant, except ingress controllers, and DNS if it is asked for apart."""
        found = [
            _of_group(group)
            for group in self.all
            if self._tenant(group) is None
            and group.namespace not in (subject.namespace, *self._routing)
            and (with_dns or id(group) not in self._is_dns)
        ]
        return Peer("other namespaces", [*found, *self._unknown(subject.namespace)])

    def dns(self) -> Peer:
        """The DNS servers."""
        dns = self.network.settings.dns
        pods = [_of_group(group) for group in self._dns] or [
            Member(
                PodEnd(
                    dns.namespace,
                    labels=dns.pods,
                    namespace_labels=self._labels(dns.namespace),
                    addresses=self.usual,
                    ports=None,
                ),
                dns.namespace,
            )
        ]
        return Peer("DNS", [*pods, *_firsts(dns.addresses)])

    def ingress_controllers(self) -> Peer:
        """The ingress controllers: the pods of their namespaces, and their addresses on the host network."""
        settings = self.network.settings
        pods = [_of_group(group) for group in self.all if group.namespace in self._routing]
        seen = {member.end.namespace for member in pods if isinstance(member.end, PodEnd)}
        missing = [
            Member(
                PodEnd(name, labels=None, namespace_labels=self._labels(name), addresses=self.usual, ports=None), name
            )
            for name in settings.routing_namespaces
            if name not in seen
        ]
        return Peer("ingress controllers", [*pods, *missing, *_firsts(settings.routing_cidrs)])

    def _labels(self, namespace: str) -> dict[str, str]:
        """A namespace's labels; where they may not be read, the one that the server sets."""
        return {_NAMESPACE_LABEL: namespace, **self.network.namespaces.get(namespace, {})}

    def _selectors(self) -> dict[str, list[LabelSelector]]:
        """What the platform's settings select by labels: DNS servers, and shared pods."""
        settings = self.network.settings
        found: dict[str, list[LabelSelector]] = {settings.dns.namespace: [_selector(settings.dns.pods)]}
        for each in settings.shared:
            if each.namespace is not None:
                found.setdefault(each.namespace, []).append(_selector(each.pods))
        return found

    def _dns_groups(self) -> Iterator[PodGroup]:
        dns = self.network.settings.dns
        for group in self.all:
            labels = group.pod.labels or {}
            if group.namespace == dns.namespace and dns.pods.items() <= labels.items():
                yield group

    def _tenant(self, group: PodGroup) -> str | None:
        return self.network.tenants.get(group.namespace)

    def _unknown(self, *not_in: str) -> list[Member]:
        """A pod of which nothing is known but where it is not, if the user may not read all of them."""
        if self.network.is_whole:
            return []
        elsewhere = frozenset({*not_in, *self._routing})
        end = PodEnd("", labels=None, namespace_labels=None, addresses=self.usual, ports=None, not_in=elsewhere)
        return [Member(end, "those that you may not read")]

    def _with_address(self, pod: PodEnd) -> PodEnd:
        if pod.addresses is not None or self.usual is None or pod.host_network:
            return pod
        return PodEnd(
            pod.namespace, pod.name, pod.labels, pod.namespace_labels, self.usual, pod.host_network, pod.ports
        )


def _in_ranges(cidrs: Iterable[str]) -> list[PodEnd]:
    """Pods with addresses of the cluster's own ranges, which stand for those that there will be."""
    addresses = [read_address(cidr.partition("/")[0]) for cidr in cidrs]
    return [PodEnd("", addresses=(each,)) for each in addresses if each is not None and each.family == "IPv4"]


def _selector(labels: dict[str, str]) -> LabelSelector:
    return label_selector_of({"matchLabels": labels})


def subject_text(group: PodGroup) -> str:
    """What a group of pods is called: its namespace, and which of its pods."""
    return group.namespace if group.text == ALL_PODS else f"{group.namespace} ({group.text})"


def api_server(network: ClusterNetwork) -> list[Peer]:
    """The API server at each of its ports."""
    ports = dict.fromkeys(port for _, port in network.api_server)
    return [
        Peer(
            "API server",
            [_of_address(address) for address, at in network.api_server if at == port],
            ports_of("TCP", port, port),
        )
        for port in ports
    ]


def shared(endpoints: Iterable[SharedEndpoint], groups: Groups) -> Iterator[Peer]:
    """What the platform shares with all tenants; the first address stands for a range."""
    for endpoint in endpoints:
        if endpoint.cidr is not None:
            yield Peer("shared endpoints", _firsts([endpoint.cidr]), text=f"shared endpoint {endpoint.cidr}")
            continue
        found = [
            _of_group(group)
            for group in groups.all
            if group.namespace == endpoint.namespace and endpoint.pods.items() <= (group.pod.labels or {}).items()
        ]
        yield Peer("shared endpoints", found, text=f"shared endpoint in {endpoint.namespace}")


def metadata_service() -> Peer:
    """The addresses at which clouds hand out machines' credentials."""
    return Peer("metadata service", _firsts(_METADATA))


def nodes(network: ClusterNetwork) -> Peer:
    """The cluster's nodes, by their addresses."""
    return Peer("nodes", [_of_address(address) for address in network.nodes])


def private_networks(network: ClusterNetwork, blocks: Iterable[Block]) -> Peer:
    """Private, carrier-grade NAT and link-local addresses, except those that other peers have."""
    return Peer("private networks", [*_pieces(tuple(blocks), _of_other_peers(network), is_private=True)])


def internet(network: ClusterNetwork, blocks: Iterable[Block]) -> Peer:
    """All other addresses, except multicast and reserved ones and those of `METADATA_CIDRS`."""
    return Peer("internet", [*_pieces(tuple(blocks), _of_other_peers(network), is_private=False)])


def _of_other_peers(network: ClusterNetwork) -> tuple[Block, ...]:
    settings = network.settings
    cidrs = [*settings.dns.addresses, *settings.routing_cidrs, *(each.cidr for each in settings.shared if each.cidr)]
    nodes = [Block(each.family, each.number, each.number) for each in network.nodes]
    return (*(read_block(cidr) for cidr in cidrs), *nodes)


def _of_group(group: PodGroup) -> Member:
    return Member(group.pod, subject_text(group), group)


def _of_address(address: Address) -> Member:
    return Member(AddressEnd(address), str(address))


def _firsts(texts: Iterable[str]) -> list[Member]:
    """The first address of each range, which is usually the only one."""
    return [
        Member(AddressEnd(address), text.removesuffix("/32").removesuffix("/128"))
        for text in texts
        if (address := read_address(text.partition("/")[0])) is not None
    ]


@lru_cache(maxsize=256)
def _pieces(blocks: tuple[Block, ...], closed: tuple[Block, ...], *, is_private: bool) -> tuple[Member, ...]:
    found: list[Member] = []
    for family in FAMILIES:
        edges = [edge for block in blocks if block.family == family for edge in block.edges()]
        left = without(_spans(family, is_private=is_private), _spans_of(family, closed))
        found += [Member(AddressEnd(Address(family, span[0])), span=span) for span in pieces(left, edges)]
    return tuple(found)


@lru_cache(maxsize=4)
def _spans(family: Family, *, is_private: bool) -> tuple[Span, ...]:
    if is_private:
        return tuple(without(_of(family, _PRIVATE), _of(family, _METADATA)))
    whole = [all_of(family)] if family == "IPv4" else _of(family, [_GLOBAL_IPV6])
    return tuple(without(whole, _of(family, [*_PRIVATE, *_SPECIAL, *METADATA_CIDRS])))


def _of(family: Family, texts: Iterable[str]) -> list[Span]:
    return _spans_of(family, map(read_block, texts))


def _spans_of(family: Family, blocks: Iterable[Block]) -> list[Span]:
    return [(block.first, block.last) for block in blocks if block.family == family]


def _may_have(end: End, family: Family) -> bool:
    if isinstance(end, PodEnd) and end.addresses is None:
        return True
    return end.address(family) is not None
