"""The cluster of the walls: namespaces, nodes and pods on the real API server, and a network in which they are real."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.network import Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant
from tests.controlplane.nodes import make_node
from tests.controlplane.walls.cast import (
    API_PORT,
    API_SERVICE,
    DNS,
    DNS_SERVICE,
    HOST_CONTROLLER,
    HOSTS,
    NODE,
    NODE_DNS,
    OTHER_NODE,
    PODS,
    ROUTING_CIDRS,
    ROUTING_NAMESPACE,
    SERVICE_CIDR,
    SHARED_PORT,
    TENANTS,
    UDP,
    WEB,
)
from tests.controlplane.walls.packets import Servers
from tests.controlplane.walls.wires import NetworkNamespace, Wires
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

CANARY_NAMESPACE = "canary"
CANARY_PORTS = (1001, 1002, 1003)
CANARIES = {"canary": (CANARY_NAMESPACE, {"app": "canary"}), "canary-client": (CANARY_NAMESPACE, {"app": "client"})}
OWNER = "owner@example.com"
_WITHIN_S = 30.0


def set_platform(cluster: Cluster, *, isolated: Sequence[str]) -> None:
    """Install the platform, and apply the tenants, of which these are isolated."""
    shared = [SharedEndpoint(cidr=f"{address}/{_bits(address)}", port=SHARED_PORT) for address in HOSTS["shared"]]
    network = Network(
        not_isolated=tuple(name for name in TENANTS if name not in isolated),
        routing_namespaces=(ROUTING_NAMESPACE,),
        routing_cidrs=ROUTING_CIDRS,
        shared=tuple(shared),
    )
    install_platform(cluster, Platform(network=network))
    apply(cluster, plan(cluster, tenants()), progress=False)


def tenants() -> list[Tenant]:
    return [Tenant(name=name, team=name, owners=(OWNER,), size="medium") for name in TENANTS]


def build(cluster: Cluster, *, ipv6: bool) -> dict[str, tuple[str, ...]]:
    """Create the namespaces, nodes and pods; returns the pods' addresses, which kwok chooses."""
    for name in (ROUTING_NAMESPACE, "stranger", CANARY_NAMESPACE):
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for name, place in ((NODE, NODE), (OTHER_NODE, HOST_CONTROLLER)):
        node = make_node(name)
        addresses = HOSTS[place] if ipv6 else HOSTS[place][:1]
        node["status"]["addresses"] = [{"type": "InternalIP", "address": each} for each in addresses]
        cluster.create(node)
    everybody = PODS | CANARIES
    for name, (namespace, labels) in everybody.items():
        _create_pod(cluster, _pod(name, namespace, labels, NODE))
    _create_pod(cluster, _pod(HOST_CONTROLLER, ROUTING_NAMESPACE, {"app": "controller"}, OTHER_NODE, host=True))
    cluster.create(_api_server())
    return {
        name: _addresses(cluster, name, namespace, f"fd00:10:244::{number:x}" if ipv6 else "")
        for number, (name, (namespace, _)) in enumerate(everybody.items(), 2)
    }


def connect_all(pods: Mapping[str, tuple[str, ...]], *, ipv6: bool) -> dict[str, NetworkNamespace]:
    """Make the network: the node, which is this process's own network, and everything that is connected to it."""
    node = NetworkNamespace(NODE, here=True)
    settings = {
        "ipv4/ip_forward": "1",
        "ipv6/conf/all/forwarding": "1",
        "ipv4/icmp_ratemask": "0",  # else most refusals are not sent, and each costs a time-out
        "ipv6/icmp/ratemask": "\n",
    }
    for name, value in settings.items():
        Path(f"/proc/sys/net/{name}").write_text(value)
    own = HOSTS[NODE] if ipv6 else HOSTS[NODE][:1]
    node.ip(
        "link set lo up",
        f"address add {NODE_DNS}/32 dev lo",
        *(f"address add {each}/{_bits(each)} dev lo{' nodad' if ':' in each else ''}" for each in own),
        f"route add {SERVICE_CIDR} dev lo src {own[0]}",  # so that the node's own packets are translated, too
    )
    wires, servers = Wires(node, own), Servers()
    for name, addresses in pods.items():
        place = wires.attach(name, *addresses)
        for address in addresses:
            ports = (CANARY_PORTS, ()) if name in CANARIES else ((WEB, DNS), (UDP, DNS))
            servers.listen(place, address, tcp=ports[0], udp=ports[1])
    for name, both in HOSTS.items():
        addresses = both if ipv6 else both[:1]
        place = node if name == NODE else wires.attach(name, *addresses)
        for address in addresses:
            web = (WEB, API_PORT) if name == NODE else (80, 443, SHARED_PORT, SHARED_PORT + 1)
            servers.listen(place, address, tcp=web, udp=() if name == NODE else (DNS,))
    servers.listen(node, NODE_DNS, tcp=(DNS, WEB), udp=(DNS,))
    _translate_services(pods["dns"][0])
    return wires.places


def _translate_services(dns: str) -> None:
    """What kube-proxy would write."""
    for chain in ("PREROUTING", "OUTPUT"):
        to_nat = ["iptables", "-w", "-t", "nat", "-A", chain, "-d"]
        for protocol in ("udp", "tcp"):
            where = [DNS_SERVICE, "-p", protocol, "--dport", str(DNS), "-j", "DNAT", "--to-destination", f"{dns}:{DNS}"]
            subprocess.run([*to_nat, *where], check=True)
        to_server = f"{HOSTS[NODE][0]}:{API_PORT}"
        where = [API_SERVICE, "-p", "tcp", "--dport", "443", "-j", "DNAT", "--to-destination", to_server]
        subprocess.run([*to_nat, *where], check=True)


def _pod(name: str, namespace: str, labels: dict[str, str], node: str, *, host: bool = False) -> Manifest:
    container: dict[str, Any] = {
        "name": "main",
        "image": "registry.example.ai/server:1",
        "ports": [{"name": "web", "containerPort": WEB}],
    }
    spec: dict[str, Any] = {
        "nodeName": node,
        "hostNetwork": host,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
    }
    if namespace in TENANTS:
        spec["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        container["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        spec["tolerations"] = []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": spec,
    }


def _create_pod(cluster: Cluster, pod: Manifest) -> None:
    """Create a pod; at first its namespace has no service account yet, and the server refuses it."""
    eventually(lambda: cluster.create(pod), timeout_s=_WITHIN_S)


def _addresses(cluster: Cluster, name: str, namespace: str, ipv6: str) -> tuple[str, ...]:
    """A pod's addresses; kwok gives one, and a second one of IPv6 is added."""
    address = eventually(
        lambda: str(cluster.get("Pod", name, namespace)["status"].get("podIP") or ""), timeout_s=_WITHIN_S
    )
    if not ipv6:
        return (address,)
    operations = [
        {"op": "add", "path": "/status/podIPs", "value": [{"ip": address}, {"ip": ipv6}]},
        {"op": "add", "path": "/status/hostIPs", "value": [{"ip": each} for each in HOSTS[NODE]]},
    ]
    cluster.patch_json(ObjectRef("v1", "Pod", name, namespace), operations, subresource="status")
    return (address, ipv6)


def _api_server() -> Manifest:
    """Where the API server is for pods: the real one listens on a loopback address, which pods cannot reach."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [HOSTS[NODE][0]]}],
        "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP"}],
    }


def _bits(address: str) -> int:
    return 128 if ":" in address else 32
