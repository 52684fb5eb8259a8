"""Validation of EndpointSlices.

Source: pkg/apis/discovery/validation, 1.37.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import dns_label, dns_subdomain, label_value, qualified_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}
_MOST_ENDPOINTS, _MOST_ADDRESSES, _MOST_PORTS, _MOST_HINTS = 1000, 100, 20_000, 8
_IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def check_endpoint_slice(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """An EndpointSlice."""
    kind = item.get("addressType", "")
    _check_ports(errors, item.get("ports") or [])
    endpoints = item.get("endpoints") or []
    if old is None or endpoints != (old.get("endpoints") or []):
        _check_endpoints(errors, endpoints, kind)
    if not kind:
        errors.required("addressType")
    else:
        errors.one_of("addressType", kind, ("FQDN", "IPv4", "IPv6"))
    if old is not None and kind != old.get("addressType"):
        errors.invalid("addressType", None, IMMUTABLE)
    for index, endpoint in enumerate(endpoints):
        if not endpoint.get("addresses"):
            errors.required(f"endpoints[{index}].addresses")


def _check_ports(errors: ErrorList, ports: list[Manifest]) -> None:
    if len(ports) > _MOST_PORTS:
        errors.too_many("ports", len(ports), _MOST_PORTS)
        return
    names = set[str]()
    for index, port in enumerate(ports):
        field, name = f"ports[{index}]", port.get("name", "")
        errors.all_of(f"{field}.name", name, dns_label(name) if name else ())
        if name in names:
            errors.duplicate(f"{field}.name", name)
        names.add(name)
        errors.one_of(f"{field}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))
        if (protocol := port.get("appProtocol")) is not None:
            errors.all_of(f"{field}.appProtocol", protocol, qualified_name(protocol))


def _check_endpoints(errors: ErrorList, endpoints: list[Manifest], kind: str) -> None:
    if len(endpoints) > _MOST_ENDPOINTS:
        errors.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
        return
    for index, endpoint in enumerate(endpoints):
        _check_endpoint(errors, f"endpoints[{index}]", endpoint, kind)


def _check_endpoint(errors: ErrorList, field: str, endpoint: Manifest, kind: str) -> None:
    addresses = endpoint.get("addresses") or []
    if len(addresses) > _MOST_ADDRESSES:
        errors.too_many(f"{field}.addresses", len(addresses), _MOST_ADDRESSES)
    for index, address in enumerate(addresses):
        where = f"{field}.addresses[{index}]"
        if kind in {"IPv4", "IPv6"}:
            _check_address(errors, where, address, int(kind[-1]))
        elif kind == "FQDN":
            errors.all_of(where, address, _not_fully_qualified(address))
    if endpoint.get("nodeName") is not None:
        errors.all_of(f"{field}.nodeName", endpoint["nodeName"], dns_subdomain(endpoint["nodeName"]))
    if endpoint.get("hostname") is not None:
        errors.all_of(f"{field}.hostname", endpoint["hostname"], dns_label(endpoint["hostname"]))
    hints = endpoint.get("hints") or {}
    _check_hints(errors, f"{field}.hints.forZones", hints.get("forZones") or [], label_value)
    _check_hints(errors, f"{field}.hints.forNodes", hints.get("forNodes") or [], dns_subdomain)


def _check_hints(errors: ErrorList, field: str, hints: list[Manifest], rule: Callable[[str], list[str]]) -> None:
    """The zones or nodes that an endpoint is for."""
    if len(hints) > _MOST_HINTS:
        errors.too_many(field, len(hints), _MOST_HINTS)
        return
    names = set[str]()
    for index, hint in enumerate(hints):
        name = hint.get("name", "")
        if name in names:
            errors.duplicate(f"{field}[{index}].name", name)
        names.add(name)
        errors.all_of(f"{field}[{index}].name", name, rule(name))


def _not_fully_qualified(name: str) -> list[str]:
    """Why this is not a fully qualified domain name."""
    name = name.removesuffix(".")
    if reasons := dns_subdomain(name):
        return reasons
    if "." not in name:
        return ["should be a domain with at least two segments separated by dots"]
    return [reason for label in name.split(".") for reason in dns_label(label)]


def _check_address(errors: ErrorList, field: str, text: str, version: int) -> None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        errors.invalid(field, text, _IP_TEXT)
        return
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        errors.invalid(field, text, "must not be an IPv4-mapped IPv6 address")
    elif address.version == 6 and text != str(address):  # noqa: PLR2004 (IPv6)
        errors.invalid(field, text, f'must be in canonical form ("{address}")')
    if address.version != version:
        errors.invalid(field.rpartition("[")[0], text, f"must be an IPv{version} address")
    for is_wrong, reason in (
        (address.is_unspecified, f"may not be unspecified ({text})"),
        (address.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (address.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (address in _MULTICAST[version], "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ):
        if is_wrong:
            errors.invalid(field, text, reason)
