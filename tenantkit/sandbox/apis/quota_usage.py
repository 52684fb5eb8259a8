"""The quota entries that each kind counts towards, and how much of them an object takes.

Admission and the quota controller both read this, so that reserved and counted amounts never differ. As on a real
server, admission reserves usage in `status.used`, and only the controller gives it back.
Rejected alternative: counting at each request, which hides the time in which a new quota is not counted yet.

Source: page "Resource Quotas"; pkg/quota/v1/evaluator/core, 1.37.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ONE, ZERO, Amount, parse_amounts
from tenantkit.rules.pod_quota import has_deadline, is_charged, pod_entries, pod_in_scope, pod_usage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

_ALIASED = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_SERVICES = frozenset({"services", "count/services", "services.nodeports", "services.loadbalancers"})
_CLAIMS = ("persistentvolumeclaims", "requests.storage")
_BY_CLASS = ".storageclass.storage.k8s.io/"
_UNCOUNTED = frozenset({"events", "events.events.k8s.io"})


def tracked(resource: Resource, names: Iterable[str]) -> set[str]:
    """The quota entries, of those given, that objects of this kind count towards."""
    if resource.qualified in _UNCOUNTED or not resource.namespaced or "list" not in resource.verbs:
        return set()
    match resource.qualified:
        case "pods":
            return pod_entries(names)
        case "services":
            return set(_SERVICES.intersection(names))
        case "persistentvolumeclaims":
            endings = tuple(_BY_CLASS + name for name in _CLAIMS)
            return {
                name for name in names if name in {*_CLAIMS, "count/persistentvolumeclaims"} or name.endswith(endings)
            }
        case qualified:
            return _counting(qualified).intersection(names)


def usage(resource: Resource, manifest: Manifest, now: datetime) -> Amounts:
    """How much of each quota entry this object takes."""
    match resource.qualified:
        case "pods":
            return pod_usage(manifest, now)
        case "services":
            return _service_usage(manifest.get("spec") or {})
        case "persistentvolumeclaims":
            return _claim_usage(manifest)
        case qualified:
            return dict.fromkeys(_counting(qualified), ONE)


def in_scope(quota: Manifest, resource: Resource, manifest: Manifest) -> bool:
    """Whether the quota's scopes include this object; only pods have scopes here."""
    if resource.qualified == "pods":
        return pod_in_scope(quota, manifest["spec"])
    return not quota["spec"].get("scopes") and not (quota["spec"].get("scopeSelector") or {}).get("matchExpressions")


def counts_less(resource: Resource, before: Manifest, after: Manifest, now: datetime) -> bool:
    """Whether a change of an object releases usage or moves it to another scope, so that quotas must be counted."""
    match resource.qualified:
        case "pods":
            ended = is_charged(before, now) and not is_charged(after, now)
            return ended or has_deadline(before["spec"]) != has_deadline(after["spec"])
        case "services":
            exposed = {"NodePort", "LoadBalancer"}
            return ({before["spec"].get("type")} & exposed) != ({after["spec"].get("type")} & exposed)
        case _:
            return False


def is_checked_on_update(resource: Resource, before: Manifest, after: Manifest) -> bool:
    """Whether an update may take more of a quota: of services and claims always, of pods with a new deadline."""
    if resource.qualified == "pods":
        return has_deadline(before["spec"]) != has_deadline(after["spec"])
    return resource.qualified in {"services", "persistentvolumeclaims"}


def _counting(qualified: str) -> set[str]:
    """The entries that count objects of a kind: `count/…`, and for four old kinds also their name."""
    return {f"count/{qualified}"} | ({qualified} & _ALIASED)


def _service_usage(spec: Manifest) -> Amounts:
    kind, ports = spec.get("type"), spec.get("ports") or ()
    used = {"count/services": ONE, "services": ONE, "services.loadbalancers": ZERO, "services.nodeports": ZERO}
    if kind == "LoadBalancer":
        used["services.loadbalancers"] = ONE
        if spec.get("allocateLoadBalancerNodePorts") is False:
            ports = [port for port in ports if port.get("nodePort")]
    if kind in {"NodePort", "LoadBalancer"}:
        used["services.nodeports"] = Amount(Fraction(len(ports)))
    return used


def _claim_usage(claim: Manifest) -> Amounts:
    used = {"persistentvolumeclaims": ONE, "count/persistentvolumeclaims": ONE}
    asked = parse_amounts((claim["spec"].get("resources") or {}).get("requests")).get("storage")
    if asked is not None:
        used["requests.storage"] = Amount(Fraction(ceil(asked.value)), asked.family)
    old_class = (claim["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    storage_class = old_class or claim["spec"].get("storageClassName")
    if storage_class:
        used |= {f"{storage_class}{_BY_CLASS}{name}": used[name] for name in _CLAIMS if name in used}
    return used
