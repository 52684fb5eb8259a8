"""NetworkPolicies in a tenant's namespace that its spec does not want: tenantkit's of before, or somebody else's.

Policies only ever add what is allowed (page "Network Policies"), so a policy of somebody else can open what the
platform closed. What it opens is said in words, with every peer and port.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.manifests.network_policies import POLICY_NAMES
from tenantkit.provision.ownership import is_applied_by_us, is_ours
from tenantkit.rules.manifest import list_in, mapping_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest

_DIRECTIONS = (("Ingress", "ingress", "from"), ("Egress", "egress", "to"))
_EVERYWHERE = {"0.0.0.0/0": "all IPv4 addresses", "::/0": "all IPv6 addresses"}
_NAME_LABEL = "kubernetes.io/metadata.name"


def is_policy_of(policy: Manifest, tenant: str) -> bool:
    """Whether tenantkit made a NetworkPolicy for a tenant: by its labels or its field managers, and its name."""
    is_named = policy["metadata"]["name"] in POLICY_NAMES
    return is_applied_by_us(policy) if is_named else is_ours(policy, tenant) and is_applied_by_us(policy)


def openings(policy: Manifest, *, has_own: bool = False) -> list[str]:
    """What a NetworkPolicy allows beyond the own namespace, in words: `ingress from everywhere`.

    Args:
        policy: as the server returns it; fields of wrong types are read as absent.
        has_own: also what it allows within the own namespace.
    """
    spec = mapping_in(policy.get("spec"))
    types = spec.get("policyTypes") or ()
    found: list[str] = []
    for of_type, rules, peers in _DIRECTIONS:
        if of_type in types:
            texts = (_rule(mapping_in(rule), rules, peers, has_own=has_own) for rule in list_in(spec.get(rules)))
            found += chain.from_iterable(texts)
    return list(dict.fromkeys(found))


def selected_pods(policy: Manifest) -> str:
    """The pods that a NetworkPolicy is about, in words: `pods with app=db`."""
    labels = _selector(mapping_in(mapping_in(policy.get("spec")).get("podSelector")))
    return f"pods with {labels}" if labels else "all pods"


def _rule(rule: Manifest, direction: str, word: str, *, has_own: bool) -> Iterator[str]:
    """A rule without peers is about everybody, one without ports about every port."""
    ports = ", ".join(_port(mapping_in(port)) for port in list_in(rule.get("ports")))
    on = f" on {ports}" if ports else ""
    peers = list_in(rule.get(word))
    if not peers:
        yield f"{direction} {word} everywhere{on}"
    for peer in map(mapping_in, peers):
        is_outside = peer.get("ipBlock") is not None or peer.get("namespaceSelector") is not None
        if is_outside or has_own:
            yield f"{direction} {word} {_peer(peer)}{on}"


def _peer(peer: Manifest) -> str:
    block = peer.get("ipBlock")
    if block is not None:
        excepted = ", ".join(map(str, list_in(mapping_in(block).get("except"))))
        cidr = str(mapping_in(block).get("cidr"))
        return _EVERYWHERE.get(cidr, cidr) + (f" except {excepted}" if excepted else "")
    pods = _selector(mapping_in(peer.get("podSelector")))
    if peer.get("namespaceSelector") is None:
        return f"pods with {pods} in this namespace" if pods else "all pods in this namespace"
    namespaces = mapping_in(peer.get("namespaceSelector"))
    where = f"namespaces with {_selector(namespaces)}" if _selector(namespaces) else "all namespaces"
    labels = mapping_in(namespaces.get("matchLabels"))
    if list(labels) == [_NAME_LABEL] and not namespaces.get("matchExpressions"):
        where = f"namespace {labels[_NAME_LABEL]}"
    return f"pods with {pods} in {where}" if pods else f"all pods in {where}"


def _selector(selector: Manifest) -> str:
    """A label selector in kubectl's syntax; empty if it selects everything."""
    parts = [f"{key}={value}" for key, value in mapping_in(selector.get("matchLabels")).items()]
    for expression in map(mapping_in, list_in(selector.get("matchExpressions"))):
        values = ", ".join(map(str, list_in(expression.get("values"))))
        parts.append(f"{expression.get('key')} {expression.get('operator')}" + (f" ({values})" if values else ""))
    return ", ".join(parts)


def _port(port: Manifest) -> str:
    number, last = port.get("port"), port.get("endPort")
    text = str(port.get("protocol") or "TCP") + (f" {number}" if number is not None else "")
    return text + (f"-{last}" if last is not None else "")
