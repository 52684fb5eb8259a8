"""Sets of ports: for each protocol, the ranges of ports that a policy, or all of them, allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Protocol: TypeAlias = Literal["TCP", "UDP", "SCTP"]
Ranges: TypeAlias = tuple[tuple[int, int], ...]  # sorted, without overlaps

PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
LAST_PORT = 65535
_EVERY: Ranges = ((1, LAST_PORT),)


@dataclass(frozen=True, slots=True)
class PortSet:
    """Ports by protocol, in the order of `PROTOCOLS`."""

    ranges: tuple[Ranges, Ranges, Ranges] = ((), (), ())

    def __bool__(self) -> bool:
        return self is not NONE and self != NONE

    def __or__(self, other: PortSet) -> PortSet:
        if self is ALL or other is NONE:
            return self
        if other is ALL or self is NONE:
            return other
        tcp, udp, sctp = (_joined((*a, *b)) for a, b in zip(self.ranges, other.ranges, strict=True))
        return _of(tcp, udp, sctp)

    def __and__(self, other: PortSet) -> PortSet:
        if self is ALL or other is NONE:
            return other
        if other is ALL or self is NONE:
            return self
        tcp, udp, sctp = (_common(a, b) for a, b in zip(self.ranges, other.ranges, strict=True))
        return _of(tcp, udp, sctp)

    def __sub__(self, other: PortSet) -> PortSet:
        return self & other.others()

    def others(self) -> PortSet:
        """All ports that are not in the set."""
        if self is ALL or self is NONE:
            return NONE if self is ALL else ALL
        tcp, udp, sctp = (_missing(each) for each in self.ranges)
        return _of(tcp, udp, sctp)

    def of(self, protocol: Protocol) -> Ranges:
        """The ranges of one protocol."""
        return self.ranges[PROTOCOLS.index(protocol)]

    def has(self, protocol: Protocol, port: int) -> bool:
        """Whether a port is in the set."""
        return any(first <= port <= last for first, last in self.of(protocol))


NONE = PortSet()
ALL = PortSet((_EVERY, _EVERY, _EVERY))


def ports_of(protocol: Protocol, first: int = 1, last: int = LAST_PORT) -> PortSet:
    """The ports of one protocol, from the first to the last.

    Example:
        >>> ports_of("UDP", 53, 53).has("UDP", 53), ports_of("UDP", 53, 53).has("TCP", 53)
        (True, False)
    """
    tcp, udp, sctp = (((first, last),) if each == protocol else () for each in PROTOCOLS)
    return _of(tcp, udp, sctp)


def read_protocol(value: object) -> Protocol | None:
    """The protocol in a manifest, where a missing one is TCP; None if it is not one."""
    return next((each for each in PROTOCOLS if each == ("TCP" if value is None else value)), None)


def union(sets: Iterable[PortSet]) -> PortSet:
    """The ports that are in any of the sets."""
    found = NONE
    for each in sets:
        found |= each
    return found


def ranges_text(ranges: Ranges) -> str:
    """Ranges of ports as text.

    Example:
        >>> ranges_text(((1, 65535),)), ranges_text(((53, 53), (8080, 8090)))
        ('all', '53, 8080-8090')
    """
    if ranges == _EVERY:
        return "all"
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def _of(tcp: Ranges, udp: Ranges, sctp: Ranges) -> PortSet:
    """The set; `NONE` and `ALL` are always the same objects, which most comparisons meet."""
    if not (tcp or udp or sctp):
        return NONE
    return ALL if tcp == udp == sctp == _EVERY else PortSet((tcp, udp, sctp))


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found)


def _common(some: Ranges, others: Ranges) -> Ranges:
    return tuple(
        (max(a, c), min(b, d)) for a, b in some for c, d in others if max(a, c) <= min(b, d)
    )  # sorted, since both are


def _missing(ranges: Ranges) -> Ranges:
    def gaps() -> Iterator[tuple[int, int]]:
        start = 1
        for first, last in ranges:
            if start < first:
                yield start, first - 1
            start = last + 1
        if start <= LAST_PORT:
            yield start, LAST_PORT

    return tuple(gaps())
