"""What the network settings of a platform leave open or closed on this cluster: said before they are stored."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from tenantkit.manifests.network_policies import METADATA_CIDRS
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tenantkit.provision.plans.found_network import FoundNetwork
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.network import Network

_NAMED = 3
_DNS_PORT = 53


def network_notices(network: Network, found: FoundNetwork, tenant_namespaces: Collection[str]) -> Iterator[PlanNotice]:
    """What is not covered by the settings, with what to set; nothing where tenants are not isolated.

    Args:
        network: the settings to store.
        found: what the cluster says of its own network.
        tenant_namespaces: the namespaces of all tenants.
    """
    if not network.isolate:
        return
    if found.unread:
        text = (
            f"you may not list {', '.join(found.unread)}, so it is not known whether `network` names the cluster's own "
            f"ranges, its DNS and its ingress controllers"
        )
        yield PlanNotice("network-not-read", text)
    yield from _open_ranges(network, found)
    yield from _dns(network, found)
    yield from _controllers(network, found, tenant_namespaces)
    yield from _api_server(network, found)


def not_isolated_notices(network: Network, tenants: Iterable[str]) -> Iterator[PlanNotice]:
    """Names in `not_isolated` that no tenant has.

    Args:
        network: the settings to store.
        tenants: the names of all tenants.
    """
    unknown = sorted(set(network.not_isolated).difference(tenants))
    if unknown:
        text = f"network.not_isolated names {', '.join(map(repr, unknown))}, and there is no such tenant"
        yield PlanNotice("no-such-tenant", text)


def _open_ranges(network: Network, found: FoundNetwork) -> Iterator[PlanNotice]:
    """The cluster's own ranges that its tenants would reach as a part of the internet."""
    if not network.internet:
        return
    by_use: dict[str, list[str]] = {}
    for it in found.ranges:
        if not _is_covered(it.cidr, (*network.cluster_cidrs, *METADATA_CIDRS)):
            by_use.setdefault(it.what, []).append(it.cidr)
    for what, cidrs in by_use.items():
        text = (
            f"network.cluster_cidrs does not name {first_of(cidrs, _NAMED)}, where the cluster has {what}: isolated "
            f"tenants reach them as a part of the internet until you add the range"
        )
        yield PlanNotice("range-not-covered", text)


def _dns(network: Network, found: FoundNetwork) -> Iterator[PlanNotice]:
    dns = network.dns
    caches = [address for address in found.node_dns if not _is_covered(address, dns.addresses)]
    if caches:
        text = (
            f"a DNS cache on each node answers at {', '.join(caches)}: add them to network.dns.addresses, or isolated "
            f"tenants resolve no names"
        )
        yield PlanNotice("dns-not-open", text)
    if found.dns is None:
        if "services" not in found.unread:
            labels = ", ".join(f"{key}={value}" for key, value in dns.pods.items())
            places = ", ".join([f"pods with {labels} in namespace {dns.namespace!r}", *dns.addresses])
            text = (
                f"there is no Service 'kube-dns' in 'kube-system', so it is not known where DNS is: isolated tenants "
                f"resolve names only at {places} (network.dns)"
            )
            yield PlanNotice("dns-not-found", text)
        return
    spec = found.dns.get("spec") or {}
    selector = spec.get("selector") or {}
    wanted = {"namespace": found.dns["metadata"]["namespace"], "pods": selector, "port": _target(spec, dns.port)}
    is_same = dns.namespace == wanted["namespace"] and dns.port == wanted["port"]
    if not (is_same and dns.pods.items() <= selector.items()):
        arguments = ", ".join(f"{key}={value!r}" for key, value in wanted.items())
        name = found.dns["metadata"]["name"]
        text = f"Service {name!r} sends DNS to other pods than network.dns names: set Dns({arguments})"
        yield PlanNotice("dns-not-open", text)


def _target(spec: Manifest, default: int) -> int:
    """The port of the DNS Service's pods; the default where it is named, since the name is the pods' own."""
    targets = [port.get("targetPort", _DNS_PORT) for port in spec.get("ports") or () if port.get("port") == _DNS_PORT]
    return next((target for target in targets if isinstance(target, int)), default)


def _controllers(network: Network, found: FoundNetwork, tenant_namespaces: Collection[str]) -> Iterator[PlanNotice]:
    controllers = [it for it in found.controllers if it.namespace not in tenant_namespaces]
    for one in controllers:
        if one.is_on_host:
            uncovered = [it for it in found.node_addresses if not _is_covered(it, network.routing_cidrs)]
            if uncovered or not network.routing_cidrs:
                nodes = f", for example {first_of(uncovered, _NAMED)}" if uncovered else ""
                text = (
                    f"{one.what} answers on the host network, as ingress controllers do, and no namespace selector "
                    f"matches it: add its nodes' addresses to network.routing_cidrs{nodes}, or no route answers by it"
                )
                yield PlanNotice("controller-not-named", text)
        elif one.namespace not in network.routing_namespaces:
            text = (
                f"{one.what} answers from outside at the ports of the web, as ingress controllers do: if it is one, "
                f"add {one.namespace!r} to network.routing_namespaces, or no route answers by it"
            )
            yield PlanNotice("controller-not-named", text)
    if not controllers and not network.routing_namespaces and not network.routing_cidrs:
        text = (
            "network names no ingress controller, so no route of an isolated tenant answers: set routing_namespaces or "
            "routing_cidrs"
        )
        yield PlanNotice("controller-not-named", text)


def _api_server(network: Network, found: FoundNetwork) -> Iterator[PlanNotice]:
    """A policy sees the address before or after a Service has replaced it: that depends on the network plug-in."""
    closed = [(address, port) for address, port in found.api_server if not _reaches(network, address, port)]
    if closed:
        shared = ", ".join(
            f"SharedEndpoint(cidr={str(ip_network(address))!r}, port={port})" for address, port in closed[:_NAMED]
        )
        text = (
            f"pods of isolated tenants do not reach the API server, which operators and notebooks may need: to open "
            f"it, add {shared} to network.shared"
        )
        yield PlanNotice("api-server-closed", text)


def _reaches(network: Network, address: str, port: int) -> bool:
    closed = (*network.cluster_cidrs, *METADATA_CIDRS)
    return (network.internet and not _is_covered(address, closed)) or any(
        it.cidr is not None and _is_covered(address, [it.cidr]) and it.port in (None, port) for it in network.shared
    )


def _is_covered(cidr: str, ranges: Iterable[str]) -> bool:
    """Whether a range is within one of these."""
    network = ip_network(cidr)
    return any(
        network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
        for other in map(ip_network, ranges)
    )
