"""Who may reach whom, by the NetworkPolicies: from each tenant's pods, and to them.

One row stands for pods that no policy tells apart, and for other ends with the same answer for the same reason, so that
the frame grows with the tenants and not with the pods. Rejected alternative: a row for each pair of pods, which is a
million rows for a thousand pods.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.findings.connectivity.outcomes import Outcome, PeerRow, peer_rows
from tenantkit.findings.connectivity.peers import (
    Groups,
    api_server,
    internet,
    metadata_service,
    nodes,
    private_networks,
    shared,
    subject_text,
)
from tenantkit.findings.connectivity.read_network import read_network
from tenantkit.frames.kit.coverage import note_scope
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.network_policies.evaluation import NOT_ISOLATED, connection, joined, side
from tenantkit.rules.network_policies.groups import ALL_PODS, blocks_of
from tenantkit.rules.network_policies.policies import DIRECTIONS
from tenantkit.rules.network_policies.ports import ALL, ports_of
from tenantkit.rules.selectors.label_selectors import parse_label_selector

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.findings.connectivity.network import ClusterNetwork
    from tenantkit.findings.connectivity.peers import (
        Member,
        Peer,
    )
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.network_policies.addresses import Family
    from tenantkit.rules.network_policies.evaluation import Connection, Policies, Side
    from tenantkit.rules.network_policies.groups import PodGroup
    from tenantkit.rules.network_policies.policies import Direction

CONNECTIVITY: Schema = {
    "tenant": "string",
    "namespace": "string",
    "pods": "Int64",
    "direction": "string",
    "peer": "string",
    "source": "string",
    "destination": "string",
    "port": "string",
    "protocol": "string",
    "family": "string",
    "allowed": "boolean",
    "policies": "string",
    "peer_policies": "string",
    "code": "string",
    "reason": "string",
}

MOST_GROUPS = 50  # of a namespace: more rows than anybody reads


@takes_cluster
def connectivity(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return who may reach whom by the NetworkPolicies: from each tenant's pods, and to them.

    It says what the policies allow, not what happens: a network plug-in has to enforce them, and a connection that was
    made before a policy may go on. Pods that no policy tells apart are one group. A namespace without pods is shown
    as if it had some. A pod without an address is taken to have one like the other pods, or one of the platform's
    `cluster_cidrs`, if policies treat all of these alike.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's pods, by name. Default: all tenants'.
        namespaces: only the pods of these, in place of `tenant`. Default: those of the connection; if it has none, all
            tenants' namespaces, else those of your tenants.
        label_selector: only pods whose labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, namespace: string, of the pods; pods: Int64, how many there are; direction: string, `Egress` (from the
        pods) or `Ingress` (to them); peer: string, the other end: `same namespace`, `same tenant`, `other tenants`,
        `other namespaces`, `ingress controllers`, `DNS`, `API server`, `shared endpoints`, `metadata service`, `nodes`,
        `private networks`, `internet`; source, destination: string, with the labels or addresses that make a
        difference; port (`all`, `53`, `8080-8090`, or `others` for those that no other row of the pair names), protocol
        (`all`, or one or more of TCP, UDP and SCTP), family (IPv4, IPv6 or both): string; allowed: boolean, <NA>:
        unknown; policies, peer_policies: string, the names of the policies of the pods' namespace, and of the other
        ends', which allow it, or isolate the pods and do not; code: string, `not-isolated`, `allowed`, `from-its-node`,
        `denied` (by the pods' own policies), `denied-by-peer`, `unknown`; reason: string. Sorted by namespace; for each
        group of pods first what it may reach. At most 50 groups of pods of a namespace are shown.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        kind, why some answers are unknown, and of which other kinds (`ciliumnetworkpolicies.cilium.io`, …) there are
        policies: these are not evaluated.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: NetworkPolicies may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list networkpolicies, pods and namespaces, for the whole cluster or in each namespace; list nodes, and
    endpointslices in `default`, for what depends on them.
    Source: page "Network Policies".

    Example:
        >>> ways = connectivity(cluster, tenant="speech")
        >>> ways.query("direction == 'Egress' and peer == 'other tenants'")["allowed"].to_list()
        [False]
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    named = filters.namespaces or cluster.namespaces or None
    reading = read_network(cluster, named)
    if named is None and reading.scope != "cluster":
        named = reading.scope
    incomplete = dict(reading.incomplete)
    frame = connectivity_frame(
        reading.network, namespaces=named, label_selector=filters.label_selector, incomplete=incomplete
    )
    read = reading.network.policies
    scope = (
        reading.scope if named is None else tuple(name for name in named if reading.scope == "cluster" or name in read)
    )
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "pods", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def connectivity_frame(
    network: ClusterNetwork,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    incomplete: dict[str, str] | None = None,
) -> pd.DataFrame:
    """The frame of `connectivity`, from what was read of a cluster; `incomplete` gets what is left out."""
    groups = Groups(network)
    subjects = _subjects(groups, network.tenants if namespaces is None else namespaces, label_selector)
    left_out = {} if incomplete is None else incomplete
    found = _Connections(network.policies)
    rows = (
        _row(network, subject, direction, peer, row)
        for subject in _limited(subjects, left_out)
        for direction, peer, row in _subject_rows(groups, subject, found)
    )
    return frame_of_rows(rows, CONNECTIVITY)


def _subjects(groups: Groups, namespaces: Iterable[str], label_selector: str | None) -> list[PodGroup]:
    """The groups of pods that rows are about."""
    network = groups.network
    wanted = set(namespaces)
    if label_selector is not None:
        selector = parse_label_selector(label_selector)
        matching = [pod for pod in network.pods if pod.namespace in wanted and selector.matches(pod.labels)]
        found = groups.grouped(matching)
        return [replace(group, text=str(selector)) if group.text == ALL_PODS else group for group in found]
    known = {group.namespace for group in groups.all}
    # a namespace that does not exist has no pods to speak of
    real = [name for name in wanted - known if not network.is_whole or name in network.namespaces]
    return [group for group in groups.all if group.namespace in wanted] + groups.grouped(map(groups.any_pod, real))


def _limited(subjects: Iterable[PodGroup], incomplete: dict[str, str]) -> Iterator[PodGroup]:
    counts: dict[str, int] = {}
    for subject in sorted(subjects, key=lambda group: (group.namespace, group.text)):
        counts[subject.namespace] = counts.get(subject.namespace, 0) + 1
        if counts[subject.namespace] <= MOST_GROUPS:
            yield subject
    many = [f"{namespace} ({count})" for namespace, count in counts.items() if count > MOST_GROUPS]
    if many:
        text = f"only {MOST_GROUPS} groups of pods are shown of {', '.join(many)}: choose some with label_selector"
        incomplete["Pod"] = "; ".join(filter(None, (incomplete.get("Pod"), text)))


class _SubjectRow(NamedTuple):
    direction: Direction
    peer: str
    row: PeerRow


def _subject_rows(groups: Groups, subject: PodGroup, found: _Connections) -> Iterator[_SubjectRow]:
    families = _families(groups.network, subject)
    for direction in reversed(DIRECTIONS):
        if direction == "Egress" and not groups.network.api_server:
            yield _SubjectRow(direction, "API server", _unknown_api_server(families))
        if direction == "Ingress" and not subject.pod.host_network:
            yield _SubjectRow(direction, "nodes", _own_node(families))
        for peer in _peers(groups, subject, direction):
            for row in peer_rows(peer, direction, families, found.between(direction, subject)):
                yield _SubjectRow(direction, peer.kind, row)


def _peers(groups: Groups, subject: PodGroup, direction: Direction) -> Iterator[Peer]:
    network = groups.network
    blocks = blocks_of(network.policies.get(subject.namespace, ()))
    is_egress = direction == "Egress"
    if is_egress:
        yield groups.same_namespace(subject)
    yield groups.same_tenant(subject)
    yield groups.other_tenants(subject)
    yield groups.other_namespaces(subject, with_dns=not is_egress)
    yield groups.ingress_controllers()
    if is_egress:
        yield groups.dns()
        yield from shared(network.settings.shared, groups)
        yield from api_server(network)
        yield metadata_service()
    yield nodes(network)
    yield private_networks(network, blocks)
    yield internet(network, blocks)


def _families(network: ClusterNetwork, subject: PodGroup) -> tuple[Family, ...]:
    """The families of the subject's addresses; of all pods where these are unknown."""
    addresses = subject.pod.addresses
    return network.families() if addresses is None else tuple(sorted({each.family for each in addresses}))


def _own_node(families: Iterable[Family]) -> PeerRow:
    outcome = Outcome(ALL, allowed=True, code="from-its-node", reason="a node always reaches its own pods")
    return PeerRow("own node", "all", "all", ", ".join(families), outcome)


def _unknown_api_server(families: Iterable[Family]) -> PeerRow:
    reason = (
        "the API server's address is unknown: no EndpointSlice of Service 'kubernetes' in 'default' is there, or you "
        "may not list it"
    )
    outcome = Outcome(ports_of("TCP"), allowed=None, code="unknown", reason=reason)
    return PeerRow("API server", "all", "TCP", ", ".join(families), outcome)


def _row(network: ClusterNetwork, subject: PodGroup, direction: Direction, peer: str, row: PeerRow) -> tuple[Any, ...]:
    own, outcome = subject_text(subject), row.outcome
    source, destination = (own, row.peer) if direction == "Egress" else (row.peer, own)
    return (
        network.tenants.get(subject.namespace),
        subject.namespace,
        subject.count,
        direction,
        peer,
        source,
        destination,
        row.port,
        row.protocol,
        row.family,
        outcome.allowed,
        ", ".join(outcome.policies) or None,
        ", ".join(outcome.peer_policies) or None,
        outcome.code,
        outcome.reason,
    )


class _Connections:
    """Connections between groups; what policies of other namespaces cannot tell apart is asked once.

    So that a hundred tenants with the same policies cost a hundred answers, not ten thousand.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._sides: dict[Hashable, Side] = {}
        self._joined: dict[tuple[int, int], Connection] = {}
        self._kinds: dict[Hashable, int] = {}

    def between(self, direction: Direction, subject: PodGroup) -> Any:
        """The function that returns the connection of a subject with a member, in a direction."""
        kind = self._kind(subject)
        back: Direction = "Ingress" if direction == "Egress" else "Egress"

        def connect(member: Member, family: Family) -> Connection:
            group = member.group
            if group is None or group.namespace == subject.namespace or group.pod.host_network:
                return self._one(direction, subject, member, family)
            own = self._side(direction, subject, group, self._kind(group), family)
            if not own.allowed and not own.unknown:
                return self._join(direction, own, NOT_ISOLATED)
            return self._join(direction, own, self._side(back, group, subject, kind, family))

        return connect

    def _one(self, direction: Direction, subject: PodGroup, member: Member, family: Family) -> Connection:
        ends = (subject.pod, member.end)
        source, destination = ends if direction == "Egress" else ends[::-1]
        return connection(source, destination, self._policies, family)

    def _side(self, direction: Direction, group: PodGroup, other: PodGroup, kind: int, family: Family) -> Side:
        key = (direction, id(group), kind, family)
        if key not in self._sides:
            self._sides[key] = side(direction, group.pod, other.pod, self._policies, family)
        return self._sides[key]

    def _join(self, direction: Direction, own: Side, other: Side) -> Connection:
        key = (id(own), id(other))
        if key not in self._joined:
            egress, ingress = (own, other) if direction == "Egress" else (other, own)
            self._joined[key] = joined(egress, ingress)
        return self._joined[key]

    def _kind(self, group: PodGroup) -> int:
        return self._kinds.setdefault(group.seen, len(self._kinds))
