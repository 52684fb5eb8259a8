"""From connections to rows: ports with the same answer for the same reason are one row, and so are ends and families.

A row holds for its ports. Where some ports are allowed and the rest is not, the rest is one row, `others`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tenantkit.rules.listing import first_of
from tenantkit.rules.network_policies.addresses import span_text
from tenantkit.rules.network_policies.ports import PROTOCOLS, ranges_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tenantkit.findings.connectivity.peers import Member, Peer
    from tenantkit.rules.network_policies.addresses import Family
    from tenantkit.rules.network_policies.evaluation import Connection, Side
    from tenantkit.rules.network_policies.policies import Direction, Policy
    from tenantkit.rules.network_policies.ports import PortSet

ConnectivityCode: TypeAlias = Literal[
    "not-isolated",  # no policy selects the pods in this direction, at either end
    "allowed",  # policies isolate an end, and allow it
    "from-its-node",  # a node always reaches its own pods
    "denied",  # the tenant's own policies do not allow it
    "denied-by-peer",  # those of the other end do not
    "unknown",
]
_NAMED = 5
_PEER = " of the other end"
_OTHERS, _ALL = "others", "all"


class Outcome(NamedTuple):
    """The answer for some ports, and why."""

    ports: PortSet
    allowed: bool | None
    code: ConnectivityCode
    policies: tuple[str, ...] = ()
    peer_policies: tuple[str, ...] = ()
    reason: str = ""
    is_rest: bool = False


class PeerRow(NamedTuple):
    """One answer about a peer: for which of its members, ports, protocols and families."""

    peer: str
    port: str
    protocol: str
    family: str
    outcome: Outcome


def peer_rows(
    peer: Peer, direction: Direction, families: Sequence[Family], connect: Callable[[Member, Family], Connection]
) -> Iterator[PeerRow]:
    """The rows about one peer; none if it has no members."""
    found: dict[tuple[Outcome, str], list[Family]] = {}
    for family in families:
        members = peer.of_family(family)
        by_outcome: dict[Outcome, list[Member]] = {}
        for member in members:
            for outcome in outcomes(direction, connect(member, family), peer.ports):
                by_outcome.setdefault(outcome, []).append(member)
        for outcome, having in by_outcome.items():
            text = str(peer) if len(having) == len(members) else f"{peer}: {_members_text(having, family)}"
            found.setdefault((outcome, text), []).append(family)
    for (outcome, text), having_families in found.items():
        for protocol, port in _port_texts(outcome, peer.ports):
            yield PeerRow(text, port, protocol, ", ".join(having_families), outcome)


def outcomes(direction: Direction, found: Connection, asked: PortSet) -> list[Outcome]:
    """The answers for the ports of one connection: allowed ports, unknown ones, and the rest."""
    own, peer = (found.egress, found.ingress) if direction == "Egress" else (found.ingress, found.egress)
    allowed, unknown = found.allowed & asked, found.unknown & asked
    denied = asked - (allowed | unknown)
    back: Direction = "Ingress" if direction == "Egress" else "Egress"
    by_peer = denied & (own.allowed | own.unknown)
    answers = [
        _allowed(found, own, peer, allowed),
        Outcome(unknown, allowed=None, code="unknown", reason=_unknown_reason(own, peer)),
        Outcome(by_peer, allowed=False, code="denied-by-peer", peer_policies=_names(peer), reason=_closed(back, _PEER)),
        Outcome(denied - by_peer, allowed=False, code="denied", policies=_names(own), reason=_closed(direction, "")),
    ]
    parts = [answer for answer in answers if answer.ports]
    if len(parts) > 1 and parts[-1].allowed is False:
        parts[-1] = parts[-1]._replace(is_rest=True)
    return parts


def _allowed(found: Connection, own: Side, peer: Side, ports: PortSet) -> Outcome:
    if found.always == "from-its-node":
        return Outcome(ports, allowed=True, code="from-its-node", reason="a node always reaches its own pods")
    if not own.selecting and not peer.selecting:
        return Outcome(ports, allowed=True, code="not-isolated", reason="no NetworkPolicy applies")
    names, peer_names = _allowing(own, ports), _allowing(peer, ports)
    reasons = [f"allowed by {', '.join(names)}"] if names else []
    reasons += [f"allowed at the other end by {', '.join(peer_names)}"] if peer_names else []
    return Outcome(
        ports, allowed=True, code="allowed", policies=names, peer_policies=peer_names, reason="; ".join(reasons)
    )


def _closed(direction: Direction, of_whom: str) -> str:
    return f"{direction.lower()}{of_whom} is isolated, and no NetworkPolicy allows this"


def _unknown_reason(own: Side, peer: Side) -> str:
    if not own.readable or not peer.readable:
        which = "these pods" if not own.readable else "the other end"
        return f"the NetworkPolicies of {which} may not be read"
    odd = [f"NetworkPolicy {_place(each)}: {why}" for each in _policies(own, peer) for why in each.problems()]
    return "; ".join(odd[:_NAMED]) or "labels, named ports or addresses of the pods are unknown"


def _policies(*sides: Side) -> list[Policy]:
    return [each.policy for side in sides for each in side.selecting]


def _place(policy: Policy) -> str:
    return f"{policy.name!r} in {policy.namespace!r}"


def _names(side: Side) -> tuple[str, ...]:
    return tuple(sorted({each.policy.name for each in side.selecting}))


def _allowing(side: Side, ports: PortSet) -> tuple[str, ...]:
    return tuple(sorted({each.policy.name for each in side.selecting if each.surely & ports}))


def _port_texts(outcome: Outcome, asked: PortSet) -> Iterator[tuple[str, str]]:
    """Protocols and ports: one pair for the protocols that have the same ports."""
    by_ports: dict[str, list[str]] = {}
    for protocol in PROTOCOLS:
        if outcome.is_rest and asked.of(protocol):
            by_ports.setdefault(_OTHERS, []).append(protocol)
        elif not outcome.is_rest and outcome.ports.of(protocol):
            by_ports.setdefault(ranges_text(outcome.ports.of(protocol)), []).append(protocol)
    for port, protocols in by_ports.items():
        yield (_ALL if len(protocols) == len(PROTOCOLS) else ", ".join(protocols)), port


def _members_text(members: Iterable[Member], family: Family) -> str:
    listed = list(members)
    spans = [member.span for member in listed if member.span is not None]
    if spans:
        return span_text(family, _merged(spans))
    return first_of(dict.fromkeys(member.text for member in listed), _NAMED)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and found[-1][1] + 1 == first:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found
