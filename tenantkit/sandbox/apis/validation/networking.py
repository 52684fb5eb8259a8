"""Validation of Ingresses, IngressClasses and NetworkPolicies.

Source: pkg/apis/networking/validation, 1.37; pages "Ingress" and "Network Policies".
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import (
    dns_label,
    dns_subdomain,
    path_segment,
    port,
    port_name,
    port_number,
    wildcard_subdomain,
)
from tenantkit.sandbox.apis.validation.metadata import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NEVER_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NEVER_AT_END = ("/..", "/.")
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LONGEST_CONTROLLER = 250
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_DIRECTIONS = ("Ingress", "Egress")


def check_ingress(errors: ErrorList, ingress: Manifest, old: Manifest | None) -> None:
    """An Ingress."""
    spec = ingress.get("spec") or {}
    annotation = (ingress["metadata"].get("annotations") or {}).get(_CLASS_ANNOTATION)
    name = spec.get("ingressClassName")
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        text = "either `defaultBackend` or `rules` must be specified"
        errors.invalid("spec", spec.get("rules"), text)
    if spec.get("defaultBackend") is not None:
        _check_backend(errors, "spec.defaultBackend", spec["defaultBackend"])
    for index, rule in enumerate(spec.get("rules") or []):
        _check_rule(errors, f"spec.rules[{index}]", rule)
    for index, item in enumerate(spec.get("tls") or []):
        for at, host in enumerate(item.get("hosts") or []):
            errors.all_of(f"spec.tls[{index}].hosts[{at}]", host, _host(host))
        if item.get("secretName"):
            errors.all_of(f"spec.tls[{index}].secretName", item["secretName"], dns_subdomain(item["secretName"]))
    _check_addresses(errors, (ingress.get("status") or {}).get("loadBalancer") or {})
    if name is not None:
        errors.all_of("spec.ingressClassName", name, dns_subdomain(name))
    if old is None and annotation is not None and name is not None and annotation != name:
        text = "must match `ingressClassName` when both are specified"
        errors.invalid(f"annotations.{_CLASS_ANNOTATION}", annotation, text)


def _check_addresses(errors: ErrorList, balancer: Manifest) -> None:
    for index, item in enumerate(balancer.get("ingress") or []):
        if item.get("ip") and not _is_address(item["ip"]):
            errors.invalid(f"status.loadBalancer.ingress[{index}].ip", item["ip"], _ADDRESS)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host(host: str) -> list[str]:
    return wildcard_subdomain(host) if "*" in host else dns_subdomain(host)


def _check_rule(errors: ErrorList, field: str, rule: Manifest) -> None:
    host = rule.get("host")
    if host:
        if _is_address(host):
            errors.invalid(f"{field}.host", host, "must be a DNS name, not an IP address")
        else:
            errors.all_of(f"{field}.host", host, _host(host))
    if rule.get("http") is not None:
        paths = rule["http"].get("paths") or []
        if not paths:
            errors.required(f"{field}.http.paths")
        for index, path in enumerate(paths):
            _check_path(errors, f"{field}.http.paths[{index}]", path)


def _check_path(errors: ErrorList, field: str, item: Manifest) -> None:
    path, kind = item.get("path", ""), item.get("pathType")
    if kind is None:
        errors.required(f"{field}.pathType", "pathType must be specified")
        return
    if kind not in _PATH_TYPES:
        errors.unsupported(f"{field}.pathType", kind, _PATH_TYPES)
    else:
        if not path.startswith("/") and (path or kind != "ImplementationSpecific"):
            errors.invalid(f"{field}.path", path, "must be an absolute path")
        if kind != "ImplementationSpecific":
            inside = [f"must not contain '{part}'" for part in _NEVER_IN_PATHS if part in path]
            at_end = [f"cannot end with '{part}'" for part in _NEVER_AT_END if path.endswith(part)]
            errors.all_of(f"{field}.path", path, inside + at_end)
    _check_backend(errors, f"{field}.backend", item.get("backend") or {})


def _check_backend(errors: ErrorList, field: str, backend: Manifest) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        errors.invalid(field, "", "cannot set both resource and service backends")
    elif resource is not None:
        for part in ("kind", "name"):
            if not resource.get(part):
                errors.required(f"{field}.resource.{part}")
    elif service is not None:
        if not service.get("name"):
            errors.required(f"{field}.service.name")
        else:
            errors.all_of(f"{field}.service.name", service["name"], dns_label(service["name"]))
        where = service.get("port") or {}
        if where.get("name") and where.get("number"):
            errors.invalid(field, "", "cannot set both port name & port number")
        elif where.get("name"):
            errors.all_of(f"{field}.service.port.name", where["name"], port_name(where["name"]))
        elif where.get("number"):
            errors.all_of(f"{field}.service.port.number", where["number"], port_number(where["number"]))
        else:
            errors.required(field, "port name or number is required")
    else:
        errors.invalid(field, "", "resource or service backend is required")


def check_ingress_class(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """An IngressClass."""
    spec = item.get("spec") or {}
    controller = spec.get("controller", "")
    host, _, path = controller.partition("/")
    if old is not None and controller != (old.get("spec") or {}).get("controller", ""):
        errors.invalid("spec.controller", controller, IMMUTABLE)
    if len(controller) > _LONGEST_CONTROLLER:
        errors.too_long("spec.controller", _LONGEST_CONTROLLER)
    if not controller:
        errors.required("spec.controller")
    elif not host or not path:
        errors.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        errors.all_of("spec.controller", host, dns_subdomain(host))
        if not re.fullmatch(_HTTP_PATH, path):
            errors.invalid("spec.controller", path, f"Invalid path (regex used for validation is '{_HTTP_PATH}')")
    if spec.get("parameters") is not None:
        _check_parameters(errors, spec["parameters"])


def _check_parameters(errors: ErrorList, parameters: Manifest) -> None:
    """The parameters of an IngressClass; the server checks for missing names last, by declarative validation."""
    field, scope, namespace = "spec.parameters", parameters.get("scope"), parameters.get("namespace")
    if parameters.get("apiGroup") is not None:
        errors.all_of(f"{field}.apiGroup", parameters["apiGroup"], dns_subdomain(parameters["apiGroup"]))
    for part in ("kind", "name"):
        errors.all_of(f"{field}.{part}", parameters.get(part, ""), path_segment(parameters.get(part, "")))
    if scope not in ("Cluster", "Namespace"):
        errors.unsupported(f"{field}.scope", scope, ("Cluster", "Namespace"))
    elif scope == "Namespace" and namespace is None:
        errors.required(f"{field}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        errors.all_of(f"{field}.namespace", namespace, dns_label(str(namespace)))
    elif namespace is not None:
        errors.forbidden(f"{field}.namespace", "`parameters.scope` is set to 'Cluster'")
    for part in ("kind", "name"):
        if not parameters.get(part):
            errors.required(f"{field}.{part}")


def check_network_policy(errors: ErrorList, policy: Manifest) -> None:
    """A NetworkPolicy."""
    spec = policy.get("spec") or {}
    check_selector(errors, "spec.podSelector", spec.get("podSelector") or {})
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or []):
            field = f"spec.{direction}[{index}]"
            for at, item in enumerate(rule.get("ports") or []):
                _check_policy_port(errors, f"{field}.ports[{at}]", item)
            for at, peer in enumerate(rule.get(peers) or []):
                _check_peer(errors, f"{field}.{peers}[{at}]", peer)
    types = spec.get("policyTypes") or []
    if len(types) > len(_DIRECTIONS):
        errors.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, item in enumerate(types):
        errors.one_of(f"spec.policyTypes[{index}]", item, _DIRECTIONS)


def _check_policy_port(errors: ErrorList, field: str, item: Manifest) -> None:
    if item.get("protocol") is not None:
        errors.one_of(f"{field}.protocol", item["protocol"], ("TCP", "UDP", "SCTP"))
    number, last = item.get("port"), item.get("endPort")
    if number is None:
        if last is not None:
            errors.invalid(f"{field}.endPort", last, "may not be specified when `port` is not specified")
        return
    errors.all_of(f"{field}.port", number, port(number))
    if last is not None:
        if isinstance(number, str):
            errors.invalid(f"{field}.endPort", last, "may not be specified when `port` is non-numeric")
        elif last < number:
            errors.invalid(f"{field}.endPort", last, "must be greater than or equal to `port`")
        else:
            errors.all_of(f"{field}.endPort", last, port_number(last))


def _check_peer(errors: ErrorList, field: str, peer: Manifest) -> None:
    for part in ("podSelector", "namespaceSelector"):
        if peer.get(part) is not None:
            check_selector(errors, f"{field}.{part}", peer[part])
    if peer.get("ipBlock") is not None:
        _check_block(errors, f"{field}.ipBlock", peer["ipBlock"])
    given = [part for part in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(part) is not None]
    if not given:
        errors.required(field, "must specify a peer")
    elif "ipBlock" in given and len(given) > 1:
        errors.forbidden(field, "may not specify both ipBlock and another peer")


def _check_block(errors: ErrorList, field: str, block: Manifest) -> None:
    whole = _network(block.get("cidr", ""))
    if not block.get("cidr"):
        errors.required(f"{field}.cidr")
        return
    if whole is None:
        errors.invalid(f"{field}.cidr", block["cidr"], _CIDR)
        return
    for index, text in enumerate(block.get("except") or []):
        part = _network(text)
        if part is None:
            errors.invalid(f"{field}.except[{index}]", text, _CIDR)
        elif part.version != whole.version or part == whole or not part.subnet_of(whole):  # type: ignore[arg-type]
            errors.invalid(f"{field}.except[{index}]", text, "must be a strict subset of `cidr`")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
