"""Validation of EndpointSlices.

Source: pkg/apis/discovery/validation, 1.37.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import dns_label, dns_subdomain

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}
_IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def check_endpoint_slice(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """An EndpointSlice."""
    kind = item.get("addressType", "")
    names = set[str]()
    for index, port in enumerate(item.get("ports") or []):
        field, name = f"ports[{index}]", port.get("name", "")
        errors.all_of(f"{field}.name", name, dns_label(name) if name else ())
        if name in names:
            errors.duplicate(f"{field}.name", name)
        names.add(name)
        errors.one_of(f"{field}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))
    endpoints = item.get("endpoints") or []
    if old is None or endpoints != (old.get("endpoints") or []):
        for index, endpoint in enumerate(endpoints):
            _check_endpoint(errors, f"endpoints[{index}]", endpoint, kind)
    if not kind:
        errors.required("addressType")
    else:
        errors.one_of("addressType", kind, ("FQDN", "IPv4", "IPv6"))
    if old is not None and kind != old.get("addressType"):
        errors.invalid("addressType", None, IMMUTABLE)
    for index, endpoint in enumerate(endpoints):
        if not endpoint.get("addresses"):
            errors.required(f"endpoints[{index}].addresses")


def _check_endpoint(errors: ErrorList, field: str, endpoint: Manifest, kind: str) -> None:
    for index, address in enumerate(endpoint.get("addresses") or []):
        where = f"{field}.addresses[{index}]"
        if kind in {"IPv4", "IPv6"}:
            _check_address(errors, where, address, int(kind[-1]))
    if endpoint.get("nodeName") is not None:
        errors.all_of(f"{field}.nodeName", endpoint["nodeName"], dns_subdomain(endpoint["nodeName"]))
    if endpoint.get("hostname") is not None:
        errors.all_of(f"{field}.hostname", endpoint["hostname"], dns_label(endpoint["hostname"]))


def _check_address(errors: ErrorList, field: str, text: str, version: int) -> None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        errors.invalid(field, text, _IP_TEXT)
        return
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
