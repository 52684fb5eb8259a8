"""Random worlds for NetworkPolicies: two namespaces with pods, and policies about them.

Everything is drawn from small sets, so that selectors match, ports meet and blocks contain addresses. A world is drawn
from a `random.Random`, so that Hypothesis shrinks it, and that a seed is enough to draw it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.rules.network_policies.addresses import read_address
from tenantkit.rules.network_policies.endpoints import AddressEnd, read_pod
from tenantkit.rules.network_policies.ports import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.addresses import Address
    from tenantkit.rules.network_policies.endpoints import End, PodEnd

NAMESPACES = ("one", "two")
NAME_LABEL = "kubernetes.io/metadata.name"
PORTS = (80, 81, 8080)
OUTSIDE = ("192.0.2.1", "198.51.100.7", "172.16.0.9")
OUTSIDE_IPV6 = ("2001:db8::1", "fd00:1::9")
_BLOCKS = ("0.0.0.0/0", "192.0.2.0/24", "198.51.100.0/25", "172.16.0.0/12", "192.0.2.1/32")
_POD_BLOCKS = ("10.0.0.0/8", "10.0.0.0/30", "10.0.0.2/32")
_BLOCKS_IPV6 = ("::/0", "2001:db8::/32", "fd00::/8")
_VALUES = ("x", "y")


@dataclass(frozen=True)
class World:
    """Namespaces by name with their labels, pods and policies as manifests."""

    namespaces: dict[str, dict[str, str]]
    pods: Sequence[Manifest]
    policies: Sequence[Manifest]

    def pod_ends(self) -> list[PodEnd]:
        return [read_pod(pod, self.namespaces[pod["metadata"]["namespace"]]) for pod in self.pods]

    def ends(self) -> list[End]:
        outside = [at for text in (*OUTSIDE, *OUTSIDE_IPV6) if (at := read_address(text)) is not None]
        return [*self.pod_ends(), *(AddressEnd(at) for at in outside)]


def draw_world(random: Random, *, pod_blocks: bool = True, ipv6: bool = True, host_network: bool = True) -> World:
    """A world; what a second evaluator does not know can be left out."""
    namespaces = {name: {NAME_LABEL: name, **_labels(random, "team")} for name in NAMESPACES}
    pods = [
        _pod(random, number, random.choice(NAMESPACES), ipv6=ipv6, host_network=host_network)
        for number in range(1, random.randint(2, 4))
    ]
    blocks = (*_BLOCKS, *(_POD_BLOCKS if pod_blocks else ()), *(_BLOCKS_IPV6 if ipv6 else ()))
    policies = [
        _policy(random, f"policy-{number}", random.choice(NAMESPACES), blocks) for number in range(random.randint(1, 4))
    ]
    return World(namespaces, pods, policies)


def _pod(random: Random, number: int, namespace: str, *, ipv6: bool, host_network: bool) -> Manifest:
    addresses = [f"10.0.0.{number}", *([f"fd00::{number}"] if ipv6 else [])]
    ports: list[Any] = []
    if random.random() < 0.5:
        ports = [{"name": "web", "containerPort": random.choice(PORTS), "protocol": random.choice(("TCP", "UDP"))}]
    on_host = host_network and random.random() < 0.15
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{number}", "namespace": namespace, "labels": _labels(random, "app", "tier")},
        "spec": {"hostNetwork": on_host, "containers": [{"name": "main", "image": "i", "ports": ports}]},
        "status": {
            "podIP": "10.9.9.9" if on_host else addresses[0],
            "podIPs": [{"ip": "10.9.9.9" if on_host else address} for address in addresses],
            "hostIP": "10.9.9.9",
        },
    }


def _labels(random: Random, *keys: str) -> dict[str, str]:
    return {key: random.choice(_VALUES) for key in keys if random.random() < 0.7}


def _policy(random: Random, name: str, namespace: str, blocks: Sequence[str]) -> Manifest:
    spec: dict[str, Any] = {"podSelector": _selector(random, "app", "tier")}
    if random.random() < 0.6:
        spec["ingress"] = [_rule(random, "from", blocks) for _ in range(random.randint(0, 2))]
    if random.random() < 0.6:
        spec["egress"] = [_rule(random, "to", blocks) for _ in range(random.randint(0, 2))]
    if random.random() < 0.7:
        spec["policyTypes"] = random.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def _rule(random: Random, peers: str, blocks: Sequence[str]) -> Manifest:
    rule: dict[str, Any] = {}
    if random.random() < 0.8:
        rule[peers] = [_peer(random, blocks) for _ in range(random.randint(1, 2))]
    if random.random() < 0.6:
        rule["ports"] = [_port(random) for _ in range(random.randint(1, 2))]
    return rule


def _peer(random: Random, blocks: Sequence[str]) -> Manifest:
    kind = random.randrange(4)
    if kind == 0:
        block: dict[str, Any] = {"cidr": random.choice(blocks)}
        if block["cidr"] == "0.0.0.0/0" and random.random() < 0.5:
            block["except"] = ["172.16.0.0/12"]
        return {"ipBlock": block}
    peer = {}
    if kind in (1, 3):
        peer["podSelector"] = _selector(random, "app", "tier")
    if kind in (2, 3):
        peer["namespaceSelector"] = _selector(random, "team", NAME_LABEL)
    return peer


def _port(random: Random) -> Manifest:
    port: dict[str, Any] = {}
    if random.random() < 0.8:
        port["protocol"] = random.choice(PROTOCOLS)
    kind = random.randrange(4)
    if kind == 0:
        port |= {"port": 80, "endPort": random.choice((81, 8080))}
    elif kind == 1:
        port["port"] = "web"
    elif kind == 2:
        port["port"] = random.choice(PORTS)
    return port


def _selector(random: Random, *keys: str) -> Manifest:
    if random.random() < 0.3:
        return {}
    key = random.choice(keys)
    values = NAMESPACES if key == NAME_LABEL else _VALUES
    if random.random() < 0.5:
        return {"matchLabels": {key: random.choice(values)}}
    operator = random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    wanted = {"values": [random.choice(values)]} if operator in ("In", "NotIn") else {}
    return {"matchExpressions": [{"key": key, "operator": operator, **wanted}]}


def address(text: str) -> Address:
    found = read_address(text)
    assert found is not None
    return found
