"""What network-config-analyzer printed, as sets of ports: `a/x[Pod] => 0.0.0.0-9.255.255.255 : {protocols:TCP,…}`."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.rules.network_policies.addresses import Block, read_address, read_block
from tenantkit.rules.network_policies.endpoints import PodEnd
from tenantkit.rules.network_policies.ports import ALL, LAST_PORT, NONE, PROTOCOLS, ports_of, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.network_policies.endpoints import End
    from tenantkit.rules.network_policies.ports import PortSet

_LINE = re.compile(r"(\S+) => (\S+) : (.*)")
_SAID = "unique endpoints"


@dataclass(frozen=True)
class Answers:
    """The allowed connections; what is not listed is denied."""

    lines: tuple[tuple[str, str, PortSet], ...]

    def allowed(self, source: End, destination: End) -> PortSet:
        """The ports that are allowed; of two addresses outside nothing is said, and nothing is denied."""
        return union(ports for one, other, ports in self.lines if _is(source, one) and _is(destination, other))


def read_answers(printed: str) -> Answers:
    """The answers in what was printed.

    Raises:
        ValueError: there are none; the text has the reason.
    """
    if _SAID not in printed or "Error" in printed:
        raise ValueError(printed)
    found = filter(None, (_LINE.fullmatch(line.strip()) for line in printed.splitlines()))
    return Answers(tuple((match[1], match[2], _ports(match[3])) for match in found))


def _is(end: End, text: str) -> bool:
    if isinstance(end, PodEnd):
        return text.removesuffix("[Pod]") == "/".join(end.place)
    return any(end.at in block for block in _blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    """`10.0.0.0/8`, `10.0.0.1` and `10.0.0.0-10.0.0.9`, separated by commas; none for a pod."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        if (start := read_address(first)) is not None:
            end = read_address(last) or start
            yield Block(start.family, start.number, end.number)
        else:
            with suppress(ValueError):
                yield read_block(part)


def _ports(text: str) -> PortSet:
    """`All connections`, or `{protocols:TCP,UDP}` and `{protocols:TCP,dst_ports:80,90-99}`, several with commas."""
    if text == "All connections":
        return ALL
    if text == "No connections":
        return NONE
    parts = re.findall(r"\{protocols:([A-Z-]+(?:,\s*[A-Z-]+)*)(?:,\s*dst_ports:([0-9,-]+))?\}", text)
    if not parts or re.sub(r"\{[^{}]*\}|[\s,]", "", text):
        raise ValueError(f"not understood: {text}")
    return union(
        ports_of(protocol, first, last)
        for protocols, ports in parts
        for protocol in PROTOCOLS
        if protocol in re.split(r",\s*", protocols)
        for first, last in _ranges(ports)
    )


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in filter(None, text.split(",")) if text else [f"1-{LAST_PORT}"]:
        first, _, last = part.partition("-")
        yield int(first), int(last or first)
