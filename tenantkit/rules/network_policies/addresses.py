"""Addresses and address blocks, as numbers of their family.

A block is read as the server reads it: host bits after the prefix are ignored. Rejected alternative: to keep Python's
`ip_network` objects, whose comparisons are ten times slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Family: TypeAlias = Literal["IPv4", "IPv6"]
Span: TypeAlias = tuple[int, int]  # from the first to the last address

FAMILIES: tuple[Family, ...] = ("IPv4", "IPv6")
_FAMILY_OF: dict[int, Family] = {4: "IPv4", 6: "IPv6"}
_LAST: dict[Family, int] = {"IPv4": 2**32 - 1, "IPv6": 2**128 - 1}


class Address(NamedTuple):
    """One address."""

    family: Family
    number: int

    def __str__(self) -> str:
        return str(IPv4Address(self.number) if self.family == "IPv4" else IPv6Address(self.number))


@dataclass(frozen=True, slots=True)
class Block:
    """A range of addresses, except some ranges in it."""

    family: Family
    first: int
    last: int
    excepted: tuple[Span, ...] = ()

    def __contains__(self, address: Address) -> bool:
        return (
            address.family == self.family
            and self.first <= address.number <= self.last
            and not any(first <= address.number <= last for first, last in self.excepted)
        )

    def edges(self) -> Iterable[int]:
        """The addresses at which membership changes."""
        for first, last in ((self.first, self.last), *self.excepted):
            yield first
            yield last + 1


def read_address(text: object) -> Address | None:
    """The address in a text; None if it is not one.

    Example:
        >>> read_address("10.0.0.1"), read_address("node-1")
        (Address(family='IPv4', number=167772161), None)
    """
    try:
        address = ip_address(text if isinstance(text, str) else "")
    except ValueError:
        return None
    return Address(_FAMILY_OF[address.version], int(address))


def read_block(cidr: str, excepted: Sequence[str] = ()) -> Block:
    """The block of an `ipBlock`.

    Raises:
        ValueError: the text is not a range of addresses.

    Example:
        >>> read_address("10.1.0.1") in read_block("10.0.0.0/8", ["10.1.0.0/16"])
        False
    """
    whole = ip_network(cidr, strict=False)
    parts = [ip_network(each, strict=False) for each in excepted]
    # those of the other family leave nothing out
    spans = [(int(part[0]), int(part[-1])) for part in parts if part.version == whole.version]
    return Block(_FAMILY_OF[whole.version], int(whole[0]), int(whole[-1]), tuple(spans))


def without(spans: Iterable[Span], removed: Iterable[Span]) -> list[Span]:
    """The spans without those that are removed."""
    left = list(spans)
    for first, last in removed:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, first - 1)), (max(start, last + 1), end))
            if part[0] <= part[1]
        ]
    return left


def pieces(spans: Iterable[Span], edges: Iterable[int]) -> list[Span]:
    """The spans cut at each edge, so that no block with these edges tells two addresses of one piece apart."""
    ordered = sorted(set(edges))
    found: list[Span] = []
    for first, last in spans:
        starts = [first, *(edge for edge in ordered if first < edge <= last)]
        found += zip(starts, [*(start - 1 for start in starts[1:]), last], strict=True)
    return found


def all_of(family: Family) -> Span:
    """All addresses of a family."""
    return 0, _LAST[family]


def span_text(family: Family, spans: Iterable[Span], limit: int = 3) -> str:
    """The spans as blocks, the first ones by name.

    Example:
        >>> span_text("IPv4", [(167772160, 167772191), (0, 0)])
        '10.0.0.0/27, 0.0.0.0/32'
    """
    kind = IPv4Address if family == "IPv4" else IPv6Address
    texts = [str(each) for first, last in spans for each in summarize_address_range(kind(first), kind(last))]
    return first_of(texts, limit)
