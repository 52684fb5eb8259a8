"""Validation of Services.

Source: pkg/apis/core/validation, 1.37; page "Service".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.validation import check_labels, dns_label, dns_subdomain, port, port_number

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def check_service(errors: ErrorList, service: Manifest, old: Manifest | None) -> None:
    """A Service."""
    spec = service.get("spec") or {}
    ports, kind = spec.get("ports") or [], spec.get("type", "")
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        errors.required("spec.ports")
    if kind == "ExternalName":
        name = spec.get("externalName", "").removesuffix(".")
        if name:
            errors.all_of("spec.externalName", spec["externalName"], dns_subdomain(name))
        else:
            errors.required("spec.externalName")
    _check_service_ports(errors, ports)
    check_labels(errors, "spec.selector", spec.get("selector") or {})
    errors.one_of("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None"))
    errors.one_of("spec.type", kind, _TYPES)
    if kind != "LoadBalancer" and ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        errors.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'")
    policy = spec.get("externalTrafficPolicy")
    if policy and kind not in ("NodePort", "LoadBalancer") and not spec.get("externalIPs"):
        errors.invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
    if spec.get("internalTrafficPolicy") is not None:
        errors.one_of("spec.internalTrafficPolicy", spec["internalTrafficPolicy"], ("Cluster", "Local"))
    if old is not None:
        before = old.get("spec") or {}
        addresses = (before.get("clusterIPs") or [""])[0], (spec.get("clusterIPs") or [""])[0]
        if "ExternalName" not in (kind, before.get("type")) and addresses[0] and addresses[0] != addresses[1]:
            errors.invalid("spec.clusterIPs[0]", spec.get("clusterIPs"), "may not change once set")


def _check_service_ports(errors: ErrorList, ports: list[Manifest]) -> None:
    names, seen = set[str](), set[tuple[Any, Any]]()
    for index, item in enumerate(ports):
        field, name = f"spec.ports[{index}]", item.get("name", "")
        if not name:
            if len(ports) > 1:
                errors.required(f"{field}.name")
        else:
            errors.all_of(f"{field}.name", name, dns_label(name))
            if name in names:
                errors.duplicate(f"{field}.name", name)
            names.add(name)
        errors.all_of(f"{field}.port", item.get("port", 0), port_number(item.get("port", 0)))
        errors.one_of(f"{field}.protocol", item.get("protocol", "TCP"), _PROTOCOLS)
        target = item.get("targetPort", item.get("port", 0))
        errors.all_of(f"{field}.targetPort", target, port(target))
        key = (item.get("protocol", "TCP"), item.get("port", 0))
        if key in seen:
            text = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1], "TargetPort": 0, "NodePort": 0}
            errors.duplicate(field, text)
        seen.add(key)
