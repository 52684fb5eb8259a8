"""Services and endpoints that lead traffic into or out of a tenant past the platform's routes.

Source: page "Service"; CVE-2020-8554 (external addresses), CVE-2021-25740 (endpoints made by hand).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence, cut
from tenantkit.findings.audit.fields import items, labels_of, mapping, name_of, texts
from tenantkit.findings.audit.view import PLATFORM, SPEC
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView
    from tenantkit.spec.guardrails import ServiceType

_SERVICE = "Service"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_CONTROLLER = "endpointslice-controller.k8s.io"
_SERVICE_NAME = "kubernetes.io/service-name"


def _external_names(view: TenantView) -> Iterator[Found]:
    for service in view.of(_SERVICE):
        spec = mapping(service, "spec")
        if spec.get("type") == "ExternalName" and "ExternalName" not in view.platform.guardrails.service_types:
            yield Evidence(name_of(service), "spec.externalName", cut(spec.get("externalName")))


def _external_addresses(view: TenantView) -> Iterator[Found]:
    for service in view.of(_SERVICE):
        addresses = texts(service, "spec", "externalIPs")
        if addresses:
            yield Evidence(name_of(service), "spec.externalIPs", cut(", ".join(addresses)))


def _node_ports(view: TenantView) -> Iterator[Found]:
    yield from _of_type(view, "NodePort", view.platform.quota(view.grant).node_ports)


def _load_balancers(view: TenantView) -> Iterator[Found]:
    yield from _of_type(view, "LoadBalancer", view.platform.quota(view.grant).load_balancers)


def _of_type(view: TenantView, wanted: ServiceType, granted: int) -> Iterator[Found]:
    """Services of a type, if the quota grants none: the quota only refuses those that are made after it."""
    if granted or wanted in view.platform.guardrails.service_types:
        return
    for service in view.of(_SERVICE):
        if mapping(service, "spec").get("type") == wanted:
            yield Evidence(name_of(service), "spec.type", wanted)


def _endpoints_by_hand(view: TenantView) -> Iterator[Found]:
    """Slices that no controller made from pods; copies of Endpoints count, since a person made these."""
    selecting = {
        str(service["metadata"]["name"]) for service in view.of(_SERVICE) if mapping(service, "spec", "selector")
    }
    for found in view.of("EndpointSlice"):
        labels = labels_of(found)
        addresses = [address for endpoint in items(found, "endpoints") for address in endpoint.get("addresses") or ()]
        is_made = labels.get(_MANAGED_BY) == _CONTROLLER and labels.get(_SERVICE_NAME) in selecting
        if addresses and not is_made:
            yield Evidence(name_of(found), "endpoints", cut(", ".join(map(str, addresses))))


CHECKS = (
    Check(
        "service-external-name",
        "services",
        "high",
        "No Service is a name for another host (ExternalName).",
        Message("delete the Service"),
        _external_names,
        (_SERVICE, PLATFORM),
    ),
    Check(
        "service-external-ips",
        "services",
        "critical",
        "No Service takes external addresses, which would catch others' traffic.",
        Message("remove spec.externalIPs"),
        _external_addresses,
        (_SERVICE,),
    ),
    Check(
        "service-node-port",
        "services",
        "high",
        "No Service has a port on the nodes, unless the quota grants some.",
        Message("change the Service to type ClusterIP, or grant node ports"),
        _node_ports,
        (_SERVICE, SPEC),
    ),
    Check(
        "service-load-balancer",
        "services",
        "high",
        "No Service has a load balancer, unless the quota grants some.",
        Message("change the Service to type ClusterIP, or grant load balancers"),
        _load_balancers,
        (_SERVICE, SPEC),
    ),
    Check(
        "endpoints-by-hand",
        "services",
        "high",
        "Each address behind a Service is that of a pod that its selector chose.",
        Message("delete the EndpointSlice or the Endpoints"),
        _endpoints_by_hand,
        (_SERVICE, "EndpointSlice"),
    ),
)
