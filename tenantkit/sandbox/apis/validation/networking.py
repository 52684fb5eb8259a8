"""What Ingresses, IngressClasses, NetworkPolicies and Services may say.

Source: pkg/apis/networking/validation, pkg/apis/core/validation; pages "Ingress", "Network Policies", "Service".
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import (
    check_labels,
    dns_label,
    dns_subdomain,
    path_segment,
    port,
    port_name,
    port_number,
    qualified_name,
    wildcard_subdomain,
)

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NEVER_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NEVER_AT_END = ("/..", "/.")
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_SERVICE_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LONGEST_CONTROLLER = 250
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_DIRECTIONS = ("Ingress", "Egress")


def check_ingress(problems: ErrorList, ingress: Manifest, old: Manifest | None) -> None:
    """An Ingress."""
    spec = ingress.get("spec") or {}
    annotation = (ingress["metadata"].get("annotations") or {}).get(_CLASS_ANNOTATION)
    name = spec.get("ingressClassName")
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        text = "either `defaultBackend` or `rules` must be specified"
        problems.invalid("spec", spec.get("rules"), text)
    if spec.get("defaultBackend") is not None:
        _check_backend(problems, "spec.defaultBackend", spec["defaultBackend"])
    for index, rule in enumerate(spec.get("rules") or []):
        _check_rule(problems, f"spec.rules[{index}]", rule)
    for index, item in enumerate(spec.get("tls") or []):
        for at, host in enumerate(item.get("hosts") or []):
            problems.all_of(f"spec.tls[{index}].hosts[{at}]", host, _host(host))
        if item.get("secretName"):
            problems.all_of(f"spec.tls[{index}].secretName", item["secretName"], dns_subdomain(item["secretName"]))
    _check_addresses(problems, (ingress.get("status") or {}).get("loadBalancer") or {})
    if name is not None:
        problems.all_of("spec.ingressClassName", name, dns_subdomain(name))
    if old is None and annotation is not None and name is not None and annotation != name:
        text = "must match `ingressClassName` when both are specified"
        problems.invalid(f"annotations.{_CLASS_ANNOTATION}", annotation, text)


def _check_addresses(problems: ErrorList, balancer: Manifest) -> None:
    for index, item in enumerate(balancer.get("ingress") or []):
        if item.get("ip") and not _is_address(item["ip"]):
            problems.invalid(f"status.loadBalancer.ingress[{index}].ip", item["ip"], _ADDRESS)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host(host: str) -> list[str]:
    return wildcard_subdomain(host) if "*" in host else dns_subdomain(host)


def _check_rule(problems: ErrorList, field: str, rule: Manifest) -> None:
    host = rule.get("host")
    if host:
        if _is_address(host):
            problems.invalid(f"{field}.host", host, "must be a DNS name, not an IP address")
        else:
            problems.all_of(f"{field}.host", host, _host(host))
    if rule.get("http") is not None:
        paths = rule["http"].get("paths") or []
        if not paths:
            problems.required(f"{field}.http.paths")
        for index, path in enumerate(paths):
            _check_path(problems, f"{field}.http.paths[{index}]", path)


def _check_path(problems: ErrorList, field: str, item: Manifest) -> None:
    path, kind = item.get("path", ""), item.get("pathType")
    if kind is None:
        problems.required(f"{field}.pathType", "pathType must be specified")
        return
    if kind not in _PATH_TYPES:
        problems.unsupported(f"{field}.pathType", kind, _PATH_TYPES)
    else:
        if not path.startswith("/") and (path or kind != "ImplementationSpecific"):
            problems.invalid(f"{field}.path", path, "must be an absolute path")
        if kind != "ImplementationSpecific":
            inside = [f"must not contain '{part}'" for part in _NEVER_IN_PATHS if part in path]
            at_end = [f"cannot end with '{part}'" for part in _NEVER_AT_END if path.endswith(part)]
            problems.all_of(f"{field}.path", path, inside + at_end)
    _check_backend(problems, f"{field}.backend", item.get("backend") or {})


def _check_backend(problems: ErrorList, field: str, backend: Manifest) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        problems.invalid(field, "", "cannot set both resource and service backends")
    elif resource is not None:
        for part in ("kind", "name"):
            if not resource.get(part):
                problems.required(f"{field}.resource.{part}")
    elif service is not None:
        if not service.get("name"):
            problems.required(f"{field}.service.name")
        else:
            problems.all_of(f"{field}.service.name", service["name"], dns_label(service["name"]))
        where = service.get("port") or {}
        if where.get("name") and where.get("number"):
            problems.invalid(field, "", "cannot set both port name & port number")
        elif where.get("name"):
            problems.all_of(f"{field}.service.port.name", where["name"], port_name(where["name"]))
        elif where.get("number"):
            problems.all_of(f"{field}.service.port.number", where["number"], port_number(where["number"]))
        else:
            problems.required(field, "port name or number is required")
    else:
        problems.invalid(field, "", "resource or service backend is required")


def check_ingress_class(problems: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """An IngressClass."""
    spec = item.get("spec") or {}
    controller = spec.get("controller", "")
    host, _, path = controller.partition("/")
    if old is not None and controller != (old.get("spec") or {}).get("controller", ""):
        problems.invalid("spec.controller", controller, IMMUTABLE)
    if len(controller) > _LONGEST_CONTROLLER:
        problems.too_long("spec.controller", _LONGEST_CONTROLLER)
    if not controller:
        problems.required("spec.controller")
    elif not host or not path:
        problems.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        problems.all_of("spec.controller", host, dns_subdomain(host))
        if not re.fullmatch(_HTTP_PATH, path):
            problems.invalid("spec.controller", path, f"Invalid path (regex used for validation is '{_HTTP_PATH}')")
    if spec.get("parameters") is not None:
        _check_parameters(problems, spec["parameters"])


def _check_parameters(problems: ErrorList, parameters: Manifest) -> None:
    """What an IngressClass refers to; that there are a kind and a name is checked by declarations, after all else."""
    field, scope, namespace = "spec.parameters", parameters.get("scope"), parameters.get("namespace")
    if parameters.get("apiGroup") is not None:
        problems.all_of(f"{field}.apiGroup", parameters["apiGroup"], dns_subdomain(parameters["apiGroup"]))
    for part in ("kind", "name"):
        problems.all_of(f"{field}.{part}", parameters.get(part, ""), path_segment(parameters.get(part, "")))
    if scope not in ("Cluster", "Namespace"):
        problems.unsupported(f"{field}.scope", scope, ("Cluster", "Namespace"))
    elif scope == "Namespace" and namespace is None:
        problems.required(f"{field}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        problems.all_of(f"{field}.namespace", namespace, dns_label(str(namespace)))
    elif namespace is not None:
        problems.forbidden(f"{field}.namespace", "`parameters.scope` is set to 'Cluster'")
    for part in ("kind", "name"):
        if not parameters.get(part):
            problems.required(f"{field}.{part}")


def check_network_policy(problems: ErrorList, policy: Manifest) -> None:
    """A NetworkPolicy."""
    spec = policy.get("spec") or {}
    check_selector(problems, "spec.podSelector", spec.get("podSelector") or {})
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or []):
            field = f"spec.{direction}[{index}]"
            for at, item in enumerate(rule.get("ports") or []):
                _check_policy_port(problems, f"{field}.ports[{at}]", item)
            for at, peer in enumerate(rule.get(peers) or []):
                _check_peer(problems, f"{field}.{peers}[{at}]", peer)
    types = spec.get("policyTypes") or []
    if len(types) > len(_DIRECTIONS):
        problems.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, item in enumerate(types):
        problems.one_of(f"spec.policyTypes[{index}]", item, _DIRECTIONS)


def _check_policy_port(problems: ErrorList, field: str, item: Manifest) -> None:
    if item.get("protocol") is not None:
        problems.one_of(f"{field}.protocol", item["protocol"], ("TCP", "UDP", "SCTP"))
    number, last = item.get("port"), item.get("endPort")
    if number is None:
        if last is not None:
            problems.invalid(f"{field}.endPort", last, "may not be specified when `port` is not specified")
        return
    problems.all_of(f"{field}.port", number, port(number))
    if last is not None:
        if isinstance(number, str):
            problems.invalid(f"{field}.endPort", last, "may not be specified when `port` is non-numeric")
        elif last < number:
            problems.invalid(f"{field}.endPort", last, "must be greater than or equal to `port`")
        else:
            problems.all_of(f"{field}.endPort", last, port_number(last))


def _check_peer(problems: ErrorList, field: str, peer: Manifest) -> None:
    for part in ("podSelector", "namespaceSelector"):
        if peer.get(part) is not None:
            check_selector(problems, f"{field}.{part}", peer[part])
    if peer.get("ipBlock") is not None:
        _check_block(problems, f"{field}.ipBlock", peer["ipBlock"])
    given = [part for part in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(part) is not None]
    if not given:
        problems.required(field, "must specify a peer")
    elif "ipBlock" in given and len(given) > 1:
        problems.forbidden(field, "may not specify both ipBlock and another peer")


def _check_block(problems: ErrorList, field: str, block: Manifest) -> None:
    whole = _network(block.get("cidr", ""))
    if not block.get("cidr"):
        problems.required(f"{field}.cidr")
        return
    if whole is None:
        problems.invalid(f"{field}.cidr", block["cidr"], _CIDR)
        return
    for index, text in enumerate(block.get("except") or []):
        part = _network(text)
        if part is None:
            problems.invalid(f"{field}.except[{index}]", text, _CIDR)
        elif part.version != whole.version or part == whole or not part.subnet_of(whole):  # type: ignore[arg-type]
            problems.invalid(f"{field}.except[{index}]", text, "must be a strict subset of `cidr`")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def check_selector(problems: ErrorList, field: str, selector: Manifest) -> None:
    """A label selector."""
    labels = selector.get("matchLabels") or {}
    check_labels(problems, f"{field}.matchLabels", labels)
    for index, item in enumerate(selector.get("matchExpressions") or []):
        where, operator, values = (
            f"{field}.matchExpressions[{index}]",
            item.get("operator", ""),
            item.get("values") or [],
        )
        if operator in ("In", "NotIn"):
            if not values:
                problems.required(f"{where}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                problems.forbidden(
                    f"{where}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                )
        else:
            problems.invalid(f"{where}.operator", operator, "not a valid selector operator")
        problems.all_of(f"{where}.key", item.get("key", ""), qualified_name(item.get("key", "")))


def check_service(problems: ErrorList, service: Manifest, old: Manifest | None) -> None:
    """A Service."""
    spec = service.get("spec") or {}
    ports, kind = spec.get("ports") or [], spec.get("type", "")
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        problems.required("spec.ports")
    if kind == "ExternalName":
        name = spec.get("externalName", "").removesuffix(".")
        if name:
            problems.all_of("spec.externalName", spec["externalName"], dns_subdomain(name))
        else:
            problems.required("spec.externalName")
    _check_service_ports(problems, ports)
    check_labels(problems, "spec.selector", spec.get("selector") or {})
    problems.one_of("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None"))
    problems.one_of("spec.type", kind, _SERVICE_TYPES)
    if kind != "LoadBalancer" and ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        problems.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'")
    policy = spec.get("externalTrafficPolicy")
    if policy and kind not in ("NodePort", "LoadBalancer") and not spec.get("externalIPs"):
        problems.invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
    if spec.get("internalTrafficPolicy") is not None:
        problems.one_of("spec.internalTrafficPolicy", spec["internalTrafficPolicy"], ("Cluster", "Local"))
    if old is not None:
        before = old.get("spec") or {}
        addresses = (before.get("clusterIPs") or [""])[0], (spec.get("clusterIPs") or [""])[0]
        if "ExternalName" not in (kind, before.get("type")) and addresses[0] and addresses[0] != addresses[1]:
            problems.invalid("spec.clusterIPs[0]", spec.get("clusterIPs"), "may not change once set")


def _check_service_ports(problems: ErrorList, ports: list[Manifest]) -> None:
    names, seen = set[str](), set[tuple[Any, Any]]()
    for index, item in enumerate(ports):
        field, name = f"spec.ports[{index}]", item.get("name", "")
        if not name:
            if len(ports) > 1:
                problems.required(f"{field}.name")
        else:
            problems.all_of(f"{field}.name", name, dns_label(name))
            if name in names:
                problems.duplicate(f"{field}.name", name)
            names.add(name)
        problems.all_of(f"{field}.port", item.get("port", 0), port_number(item.get("port", 0)))
        problems.one_of(f"{field}.protocol", item.get("protocol", "TCP"), _PROTOCOLS)
        target = item.get("targetPort", item.get("port", 0))
        problems.all_of(f"{field}.targetPort", target, port(target))
        key = (item.get("protocol", "TCP"), item.get("port", 0))
        if key in seen:
            text = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1], "TargetPort": 0, "NodePort": 0}
            problems.duplicate(field, text)
        seen.add(key)
