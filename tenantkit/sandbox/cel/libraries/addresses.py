"""IP addresses and CIDRs: `cidr('10.0.0.0/8').containsIP('10.1.2.3')`.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/ip.go and cidr.go, 1.37.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.go_text import quoted
from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import CIDR, IP

if TYPE_CHECKING:
    from collections.abc import Callable

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
_LEAD = "network address parse error during conversion from string"
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")


def _address(text: str) -> Address:
    lead = f"IP Address {quoted(text)} parse error during conversion from string"
    try:
        found = ip_address(text)
    except ValueError as error:
        raise ValueError(f"{lead}: ParseAddr({quoted(text)}): unable to parse IP") from error
    if isinstance(found, IPv6Address):
        if found.scope_id:
            raise ValueError(f"IP address {quoted(text)} with zone value is not allowed")
        if found.ipv4_mapped:
            raise ValueError(f"IPv4-mapped IPv6 address {quoted(text)} is not allowed")
    return found


def _interface(text: str) -> Interface:
    address, slash, length = text.rpartition("/")
    why = f"netip.ParsePrefix({quoted(text)})"
    if not slash:
        raise ValueError(f"{_LEAD}: {_LEAD}: {why}: no '/'")
    try:
        found = ip_interface(text)
    except ValueError as error:
        is_long = _PREFIX.fullmatch(length) and _is(_address)(address)
        what = "prefix length out of range" if is_long else "unable to parse prefix"
        raise ValueError(f"{_LEAD}: {_LEAD}: {why}: {what}") from error
    if not _PREFIX.fullmatch(length):
        raise ValueError(f"{_LEAD}: {_LEAD}: {why}: bad bits after slash: {quoted(length)}")
    if isinstance(found, IPv6Interface) and found.ip.ipv4_mapped:
        raise ValueError(f"{_LEAD}: IPv4-mapped IPv6 address {quoted(address)} is not allowed")
    return found


def _is(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


def _held_address(address: Address) -> Any:
    return IP.value(str(address))


def _held_interface(found: Interface) -> Any:
    return CIDR.value(str(found))


def _of_address(function: Callable[[Address], Any]) -> Callable[[Any], Any]:
    return lambda value: function(ip_address(IP.text(value)))


def _of_interface(function: Callable[[Interface], Any]) -> Callable[[Any], Any]:
    return lambda value: function(ip_interface(CIDR.text(value)))


def _contains_address(value: Any, address: Address) -> bool:
    return address in ip_interface(CIDR.text(value)).network


def _contains_interface(value: Any, other: Interface) -> bool:
    network = ip_interface(CIDR.text(value)).network
    return network.version == other.version and other.ip in network and network.prefixlen <= other.network.prefixlen


def _is_link_local_multicast(address: Address) -> bool:
    start = int(address) >> (8 if address.version == 4 else 112)  # noqa: PLR2004 (224.0.0.0/24, ff?2::/16)
    return start == 0xE00000 if address.version == 4 else start & 0xFF0F == 0xFF02  # noqa: PLR2004 (the same)


def _is_global_unicast(address: Address) -> bool:
    """As in Go, which counts private addresses."""
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and address != ip_address("255.255.255.255")


ADDRESS_LIBRARY = (
    Overload("ip", ["string"], IP, lambda text: _held_address(_address(text)), is_member=False),
    Overload("isIP", ["string"], "bool", _is(_address), is_member=False),
    Overload("ip.isCanonical", ["string"], "bool", lambda text: str(_address(text)) == text, is_member=False),
    Overload("string", [IP], "string", IP.text, is_member=False),
    Overload("family", [IP], "int", _of_address(lambda address: address.version)),
    Overload("isUnspecified", [IP], "bool", _of_address(lambda address: address.is_unspecified)),
    Overload("isLoopback", [IP], "bool", _of_address(lambda address: address.is_loopback)),
    Overload("isLinkLocalMulticast", [IP], "bool", _of_address(_is_link_local_multicast)),
    Overload("isLinkLocalUnicast", [IP], "bool", _of_address(lambda address: address.is_link_local)),
    Overload("isGlobalUnicast", [IP], "bool", _of_address(_is_global_unicast)),
    Overload("cidr", ["string"], CIDR, lambda text: _held_interface(_interface(text)), is_member=False),
    Overload("isCIDR", ["string"], "bool", _is(_interface), is_member=False),
    Overload("string", [CIDR], "string", CIDR.text, is_member=False),
    Overload("ip", [CIDR], IP, _of_interface(lambda found: _held_address(found.ip))),
    Overload("prefixLength", [CIDR], "int", _of_interface(lambda found: found.network.prefixlen)),
    Overload("masked", [CIDR], CIDR, _of_interface(lambda found: _held_interface(ip_interface(str(found.network))))),
    Overload("containsIP", [CIDR, IP], "bool", lambda one, other: _contains_address(one, ip_address(IP.text(other)))),
    Overload("containsIP", [CIDR, "string"], "bool", lambda one, text: _contains_address(one, _address(text))),
    Overload(
        "containsCIDR",
        [CIDR, CIDR],
        "bool",
        lambda one, other: _contains_interface(one, ip_interface(CIDR.text(other))),
    ),
    Overload("containsCIDR", [CIDR, "string"], "bool", lambda one, text: _contains_interface(one, _interface(text))),
)
