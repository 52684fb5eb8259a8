"""The quota entries that each kind counts towards, and how much of them an object uses.

Admission and the quota controller use the same functions, so that reserved and counted usage never differ. As on a real
server, admission reserves usage in `status.used`, and only the controller releases it.
Rejected alternative: counting all objects at each request, which would hide that a new quota is not enforced until the
controller has counted it.

Source: page "Resource Quotas"; pkg/quota/v1/evaluator/core, 1.37.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ONE, ZERO, Amount, parse_amounts
from tenantkit.rules.pod_quota import has_deadline, is_charged, pod_entries, pod_in_scope, pod_usage
from tenantkit.rules.quota_entries import entry_of_class

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

_ALIASED = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_SERVICES = frozenset({"services", "count/services", "services.nodeports", "services.loadbalancers"})
_CLAIMS = ("persistentvolumeclaims", "requests.storage")
_UNCOUNTED = frozenset({"events", "events.events.k8s.io"})


def tracked(resource: Resource, names: Iterable[str]) -> set[str]:
    """The entries of a quota, among `names`, that objects of this kind count towards."""
    if resource.qualified in _UNCOUNTED or not resource.namespaced or "list" not in resource.verbs:
        return set()
    match resource.qualified:
        case "pods":
            return pod_entries(names)
        case "services":
            return set(_SERVICES.intersection(names))
        case "persistentvolumeclaims":
            endings = tuple(entry_of_class("", name) for name in _CLAIMS)
            return {
                name for name in names if name in {*_CLAIMS, "count/persistentvolumeclaims"} or name.endswith(endings)
            }
        case qualified:
            return _object_counts(qualified).intersection(names)


def usage(resource: Resource, manifest: Manifest, now: datetime) -> Amounts:
    """How much of each quota entry an object uses."""
    match resource.qualified:
        case "pods":
            return pod_usage(manifest, now)
        case "services":
            return _service_usage(manifest.get("spec") or {})
        case "persistentvolumeclaims":
            return _claim_usage(manifest)
        case qualified:
            return dict.fromkeys(_object_counts(qualified), ONE)


def in_scope(quota: Manifest, resource: Resource, manifest: Manifest) -> bool:
    """Whether an object is in a quota's scopes; a quota with scopes matches only pods here."""
    if resource.qualified == "pods":
        return pod_in_scope(quota, manifest["spec"])
    return not quota["spec"].get("scopes") and not (quota["spec"].get("scopeSelector") or {}).get("matchExpressions")


def counts_less(resource: Resource, before: Manifest, after: Manifest, now: datetime) -> bool:
    """Whether an update releases quota or moves a pod to another scope, so that usage must be counted again."""
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
    """Whether an update can use more quota: of Services and claims always, of a pod only if its deadline changes."""
    if resource.qualified == "pods":
        return has_deadline(before["spec"]) != has_deadline(after["spec"])
    return resource.qualified in {"services", "persistentvolumeclaims"}


def _object_counts(qualified: str) -> set[str]:
    """The entries that count objects of a kind: `count/…`, and for four kinds also the plain name."""
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
    storage = parse_amounts((claim["spec"].get("resources") or {}).get("requests")).get("storage")
    if storage is not None:
        used["requests.storage"] = Amount(Fraction(ceil(storage.value)), storage.family)
    beta_class = (claim["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    storage_class = beta_class or claim["spec"].get("storageClassName")
    if storage_class:
        used |= {entry_of_class(storage_class, name): used[name] for name in _CLAIMS if name in used}
    return used
