"""ResourceQuota: what each object counts for, whether it still fits, and what is used.

One table says which quota entries a kind can count towards and how much an object takes; admission and the quota
controller both read it, so that what is reserved and what is counted again never differ. As on a real server usage is
reserved in `status.used` when an object is admitted, and only the controller gives it back.
Turned down: counting afresh at each request, which would hide the time in which a new quota does not count yet.

Source: page "Resource Quotas"; pkg/quota/v1/evaluator/core and apiserver's admission/plugin/resourcequota, 1.37.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ONE, ZERO, Amount, parse_amounts, shown, written
from tenantkit.rules.pod_quota import has_deadline, is_charged, left_unsaid, pod_entries, pod_in_scope, pod_usage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

_ALIASED = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_SERVICES = frozenset({"services", "count/services", "services.nodeports", "services.loadbalancers"})
_CLAIMS = ("persistentvolumeclaims", "requests.storage")
_BY_CLASS = ".storageclass.storage.k8s.io/"
# A server counts these too; the sandbox, which serves none of them, knows that there are none.
_ALWAYS_NONE = frozenset(
    {
        "replicationcontrollers",
        "count/controllerrevisions.apps",
        "count/csistoragecapacities.storage.k8s.io",
        "count/daemonsets.apps",
        "count/endpoints",
        "count/horizontalpodautoscalers.autoscaling",
        "count/podcertificaterequests.certificates.k8s.io",
        "count/poddisruptionbudgets.policy",
        "count/podtemplates",
        "count/replicationcontrollers",
        "count/resourceclaims.resource.k8s.io",
        "count/resourceclaimtemplates.resource.k8s.io",
    }
)
_DEVICES = ".deviceclass.resource.k8s.io/devices"
_UNCOUNTED = frozenset({"events", "events.events.k8s.io"})


class QuotaExceededError(Exception):
    """The object does not fit, or does not say what it needs; the message is the server's."""


def tracked(resource: Resource, names: Iterable[str]) -> set[str]:
    """Which of these quota entries objects of this kind count towards."""
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
    """Whether the quota's scopes, if it has any, take this object in; only pods have scopes here."""
    if resource.qualified == "pods":
        return pod_in_scope(quota, manifest["spec"])
    return not quota["spec"].get("scopes") and not (quota["spec"].get("scopeSelector") or {}).get("matchExpressions")


def reserve(
    quotas: Iterable[Manifest], resource: Resource, manifest: Manifest, old: Manifest | None, now: datetime
) -> list[Manifest]:
    """The quotas whose `status.used` grows when this object is admitted, grown; raises QuotaExceededError."""
    taken = usage(resource, manifest, now)
    grown: list[Manifest] = []
    for quota in quotas:
        status = quota.get("status") or {}
        hard = parse_amounts(status.get("hard"))
        names = tracked(resource, hard)
        if not names or not in_scope(quota, resource, manifest):
            continue
        used = parse_amounts(status.get("used"))
        unsaid = left_unsaid(manifest["spec"], names) if resource.qualified == "pods" else ""
        if unsaid:
            raise QuotaExceededError(f"failed quota: {quota['metadata']['name']}: must specify {unsaid}")
        if not names <= used.keys():
            unknown = ",".join(sorted(names))
            raise QuotaExceededError(f"status unknown for quota: {quota['metadata']['name']}, resources: {unknown}")
        asked = taken
        if old is not None and in_scope(quota, resource, old):
            asked = _more_than(taken, usage(resource, old, now))
        asked = {name: amount for name, amount in asked.items() if amount.value and name in hard}
        after = {name: used.get(name, ZERO) + amount for name, amount in asked.items()}
        over = [name for name, amount in after.items() if amount.value > hard[name].value]
        if over:
            raise QuotaExceededError(
                f"exceeded quota: {quota['metadata']['name']}, requested: {shown(asked, over)}, "
                f"used: {shown(used, over)}, limited: {shown(hard, over)}"
            )
        if asked:
            grown.append({**quota, "status": {**status, "used": written(used | after)}})
    return grown


def recount(quota: Manifest, resources: Iterable[Resource], store: Store, now: datetime) -> Manifest:
    """The status that the quota controller would write: `hard` as asked, `used` counted from what is stored."""
    hard = (quota["spec"].get("hard")) or {}
    used = {
        name: amount for name, amount in parse_amounts((quota.get("status") or {}).get("used")).items() if name in hard
    }
    used |= {name: ZERO for name in hard if name in _ALWAYS_NONE or name.endswith(_DEVICES)}
    for resource in resources:
        names = tracked(resource, hard)
        if not names:
            continue
        counted = dict.fromkeys(names, ZERO)
        for manifest in store.list(resource, quota["metadata"]["namespace"]):
            if in_scope(quota, resource, manifest):
                for name, amount in usage(resource, manifest, now).items():
                    if name in counted:
                        counted[name] += amount
        used |= counted
    return {name: amounts for name, amounts in (("hard", dict(hard)), ("used", written(used))) if amounts}


def counts_less(resource: Resource, before: Manifest, after: Manifest, now: datetime) -> bool:
    """Whether a change of an object gives quota back, or moves it to another scope, so that quotas need a new count."""
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
    """Whether an update of this kind can take more: services and claims can, a pod only by a change of its deadline."""
    if resource.qualified == "pods":
        return has_deadline(before["spec"]) != has_deadline(after["spec"])
    return resource.qualified in {"services", "persistentvolumeclaims"}


def _counting(qualified: str) -> set[str]:
    """The entries that only count objects of a kind: `count/…` for all, a name of its own for the oldest four."""
    return {f"count/{qualified}"} | ({qualified} & _ALIASED)


def _more_than(taken: Amounts, before: Amounts) -> Amounts:
    """What an update takes beyond what was taken before; never less than nothing."""
    return {
        name: Amount(max(Fraction(0), amount.value - before.get(name, ZERO).value), amount.family)
        for name, amount in taken.items()
    }


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
