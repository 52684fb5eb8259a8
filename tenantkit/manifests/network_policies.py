"""The NetworkPolicies of a tenant: what its pods may receive and send.

Policies only ever add what is allowed (page "Network Policies"), so one denies everything and each other one opens one
way. A policy has one type, or opens the same in both directions: some network plug-ins open the other direction of a
policy that has both types and rules for one. All select every pod of the namespace.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import own_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.network import Dns, Network, SharedEndpoint
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

DEFAULT_DENY = "tenantkit-default-deny"
SAME_NAMESPACE = "tenantkit-same-namespace"
DNS = "tenantkit-dns"
FROM_ROUTING = "tenantkit-from-routing"
EGRESS = "tenantkit-egress"
POLICY_NAMES = (DEFAULT_DENY, SAME_NAMESPACE, DNS, FROM_ROUTING, EGRESS)

_NAME_LABEL = "kubernetes.io/metadata.name"
_DNS_PORT = 53
_EVERYWHERE = ("0.0.0.0/0", "::/0")
# Where clouds hand out machines' credentials and settings. No setting opens these by way of the internet.
METADATA_CIDRS = ("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "fe80::/10", "fd00:ec2::254/128")


def make_network_policies(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The five NetworkPolicies of a tenant; none for a tenant that is not isolated."""
    if not platform.is_isolated(tenant):
        return []
    network = platform.network
    inside: list[Manifest] = [{"podSelector": {}}]
    specs: dict[str, Manifest] = {
        DEFAULT_DENY: {"policyTypes": ["Ingress", "Egress"]},
        SAME_NAMESPACE: {
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": inside}],
            "egress": [{"to": inside}],
        },
        DNS: {"policyTypes": ["Egress"], "egress": _dns(network.dns)},
        FROM_ROUTING: {"policyTypes": ["Ingress"], "ingress": _from_routing(network)},
        EGRESS: {"policyTypes": ["Egress"], "egress": [*_internet(network), *map(_shared, network.shared)]},
    }
    return [_policy(tenant, platform, name, spec) for name, spec in specs.items()]


def closed_cidrs(cluster_cidrs: tuple[str, ...], everywhere: str) -> list[str]:
    """The ranges inside `everywhere` that are not the internet: the cluster's and the metadata addresses.

    A range within another one is left out.
    """
    return list(_closed(cluster_cidrs, everywhere))


def _policy(tenant: Tenant, platform: Platform, name: str, spec: Manifest) -> Manifest:
    """The server leaves out empty lists, so they are left out here, too."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": platform.namespace(tenant), "labels": own_labels(tenant.name)},
        "spec": {"podSelector": {}, **{key: value for key, value in spec.items() if value}},
    }


def _dns(dns: Dns) -> list[Manifest]:
    """A cache on the node, and the address of the Service, answer at the port of DNS whatever the pods' port is."""
    pods, addresses = [_pods(dns.namespace, dns.pods)], _blocks(dns.addresses)
    if dns.port == _DNS_PORT:
        return [{"to": pods + addresses, "ports": _dns_ports(dns.port)}]
    at_addresses = [{"to": addresses, "ports": _dns_ports(_DNS_PORT)}] if addresses else []
    return [{"to": pods, "ports": _dns_ports(dns.port)}, *at_addresses]


def _dns_ports(port: int) -> list[Manifest]:
    return [{"protocol": protocol, "port": port} for protocol in ("UDP", "TCP")]


def _from_routing(network: Network) -> list[Manifest]:
    """A namespace's selector does not match its pods on the host network, so these are allowed by address."""
    peers = [_pods(namespace, {}) for namespace in network.routing_namespaces] + _blocks(network.routing_cidrs)
    return [{"from": peers}] if peers else []


def _internet(network: Network) -> list[Manifest]:
    if not network.internet:
        return []
    blocks = [
        {"ipBlock": {"cidr": everywhere, "except": closed_cidrs(network.cluster_cidrs, everywhere)}}
        for everywhere in _EVERYWHERE
    ]
    return [{"to": blocks}]


def _shared(endpoint: SharedEndpoint) -> Manifest:
    peer = _block(endpoint.cidr) if endpoint.cidr is not None else _pods(str(endpoint.namespace), endpoint.pods)
    ports = [] if endpoint.port is None else [{"protocol": "TCP", "port": endpoint.port}]
    return {"to": [peer], "ports": ports} if ports else {"to": [peer]}


def _pods(namespace: str, labels: dict[str, str]) -> Manifest:
    peer: Manifest = {"namespaceSelector": {"matchLabels": {_NAME_LABEL: namespace}}}
    return peer | ({"podSelector": {"matchLabels": dict(labels)}} if labels else {})


def _blocks(cidrs: Iterable[str]) -> list[Manifest]:
    return [_block(cidr) for cidr in cidrs]


def _block(cidr: str) -> Manifest:
    return {"ipBlock": {"cidr": cidr}}


@lru_cache(maxsize=16)
def _closed(cluster_cidrs: tuple[str, ...], everywhere: str) -> tuple[str, ...]:
    version = ip_network(everywhere).version
    networks = [ip_network(cidr) for cidr in dict.fromkeys((*cluster_cidrs, *METADATA_CIDRS))]
    listed = [network for network in networks if network.version == version]
    return tuple(
        str(network)
        for network in listed
        if not any(network != other and network.subnet_of(other) for other in listed)  # type: ignore[arg-type]
    )
