"""ResourceQuota: what each object counts for, whether it still fits, and what is used.

One table says which quota entries a kind can count towards and how much an object takes; admission and the quota
controller both read it, so that what is reserved and what is counted again never differ. As on a real server usage is
reserved in `status.used` when an object is admitted, and only the controller gives it back.
Turned down: counting afresh at each request, which would hide the time in which a new quota does not count yet.

Source: page "Resource Quotas"; pkg/quota/v1/evaluator/core and apiserver's admission/plugin/resourcequota, 1.37.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from tenantkit.sandbox.amounts import ONE, ZERO, Amount, parse_amounts, pod_amounts, shown, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.amounts import Amounts
    from tenantkit.sandbox.resources import Resource
    from tenantkit.sandbox.store import Store

_ALIASED = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_PODS = frozenset(
    {"pods", "count/pods", *_COMPUTE}
    | {f"requests.{name}" for name in _COMPUTE}
    | {f"limits.{name}" for name in _COMPUTE}
)
_SERVICES = frozenset({"services", "count/services", "services.nodeports", "services.loadbalancers"})
_CLAIMS = ("persistentvolumeclaims", "requests.storage")
_BY_CLASS = ".storageclass.storage.k8s.io/"
# Under these a container that says nothing is refused: kept by Kubernetes for old clients' sake, for no other resource.
_MUST_BE_SAID = frozenset({name for name in _PODS if name.rpartition(".")[2] in {"cpu", "memory"}})
# A server counts these too; the sandbox, which serves none of them, knows that there are none.
_ALWAYS_NONE = frozenset(
    {
        "replicationcontrollers",
        "count/controllerrevisions.apps",
        "count/cronjobs.batch",
        "count/csistoragecapacities.storage.k8s.io",
        "count/daemonsets.apps",
        "count/deployments.apps",
        "count/endpoints",
        "count/endpointslices.discovery.k8s.io",
        "count/horizontalpodautoscalers.autoscaling",
        "count/jobs.batch",
        "count/podcertificaterequests.certificates.k8s.io",
        "count/poddisruptionbudgets.policy",
        "count/podtemplates",
        "count/replicasets.apps",
        "count/replicationcontrollers",
        "count/resourceclaims.resource.k8s.io",
        "count/resourceclaimtemplates.resource.k8s.io",
        "count/statefulsets.apps",
    }
)
_UNCOUNTED = frozenset({"events", "events.events.k8s.io"})


class QuotaExceededError(Exception):
    """The object does not fit, or does not say what it needs; the message is the server's."""


def tracked(resource: Resource, names: Iterable[str]) -> set[str]:
    """Which of these quota entries objects of this kind count towards."""
    if resource.qualified in _UNCOUNTED or not resource.namespaced or "list" not in resource.verbs:
        return set()
    match resource.qualified:
        case "pods":
            return {name for name in names if name in _PODS or _is_extended(name)}
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
            return _pod_usage(manifest, now)
        case "services":
            return _service_usage(manifest.get("spec") or {})
        case "persistentvolumeclaims":
            return _claim_usage(manifest)
        case qualified:
            return dict.fromkeys(_counting(qualified), ONE)


def in_scope(quota: Manifest, resource: Resource, manifest: Manifest) -> bool:
    """Whether the quota's scopes, if it has any, take this object in; only pods have scopes here."""
    spec = quota["spec"]
    selectors: list[Manifest] = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes") or ()]
    selectors += (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(resource.qualified == "pods" and _selects(selector, manifest["spec"]) for selector in selectors)


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
        _check_said(quota, resource, manifest, names)
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
    used |= dict.fromkeys(_ALWAYS_NONE.intersection(hard), ZERO)
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
    return {"hard": dict(hard), "used": written(used)}


def counts_less(resource: Resource, before: Manifest, after: Manifest, now: datetime) -> bool:
    """Whether a change of an object gives quota back, or moves it to another scope, so that quotas need a new count."""
    match resource.qualified:
        case "pods":
            ended = _is_charged(before, now) and not _is_charged(after, now)
            return ended or _is_terminating(before["spec"]) != _is_terminating(after["spec"])
        case "services":
            exposed = {"NodePort", "LoadBalancer"}
            return ({before["spec"].get("type")} & exposed) != ({after["spec"].get("type")} & exposed)
        case _:
            return False


def is_checked_on_update(resource: Resource, before: Manifest, after: Manifest) -> bool:
    """Whether an update of this kind can take more: services and claims can, a pod only by a change of its deadline."""
    if resource.qualified == "pods":
        return _is_terminating(before["spec"]) != _is_terminating(after["spec"])
    return resource.qualified in {"services", "persistentvolumeclaims"}


def _counting(qualified: str) -> set[str]:
    """The entries that only count objects of a kind: `count/…` for all, a name of its own for the oldest four."""
    return {f"count/{qualified}"} | ({qualified} & _ALIASED)


def _check_said(quota: Manifest, resource: Resource, manifest: Manifest, names: set[str]) -> None:
    """Refuse a pod with a container that does not say what the quota limits."""
    required = names & _MUST_BE_SAID
    if resource.qualified != "pods" or not required or _has_pod_level(manifest["spec"]):
        return
    silent: dict[str, set[str]] = {}
    for container in (*manifest["spec"]["containers"], *(manifest["spec"].get("initContainers") or ())):
        resources = container.get("resources") or {}
        said = _compute_usage(parse_amounts(resources.get("requests")), parse_amounts(resources.get("limits")))
        for name in required - said.keys():
            silent.setdefault(name, set()).add(container["name"])
    if silent:
        listed = "; ".join(f"{name} for: {','.join(sorted(silent[name]))}" for name in sorted(silent))
        raise QuotaExceededError(f"failed quota: {quota['metadata']['name']}: must specify {listed}")


def _more_than(taken: Amounts, before: Amounts) -> Amounts:
    """What an update takes beyond what was taken before; never less than nothing."""
    return {
        name: Amount(max(Fraction(0), amount.value - before.get(name, ZERO).value), amount.family)
        for name, amount in taken.items()
    }


def _pod_usage(pod: Manifest, now: datetime) -> Amounts:
    if not _is_charged(pod, now):
        return {"count/pods": ONE}
    spec, status = pod["spec"], pod.get("status")
    requests, limits = pod_amounts(spec, "requests", status=status), pod_amounts(spec, "limits", status=status)
    return {"count/pods": ONE, "pods": ONE} | _compute_usage(requests, limits)


def _compute_usage(requests: Amounts, limits: Amounts) -> Amounts:
    """Requests and limits under the names that a quota uses."""
    used: Amounts = {}
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith("hugepages-"):
            used[name] = amount
        if name in _COMPUTE or name.startswith("hugepages-") or _is_extended(f"requests.{name}"):
            used[f"requests.{name}"] = amount
    return used | {f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE}


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


def _is_extended(name: str) -> bool:
    """Whether a quota entry is about huge pages, or the `requests.` of what Kubernetes does not know, such as GPUs."""
    if name.startswith(("hugepages-", "requests.hugepages-")):
        return True
    return name.startswith("requests.") and "/" in name and "kubernetes.io/" not in name


def _is_charged(pod: Manifest, now: datetime) -> bool:
    """A finished pod, and one that outstays its grace period, count no more."""
    if (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        return False
    deleted, grace_s = (pod["metadata"].get(field) for field in ("deletionTimestamp", "deletionGracePeriodSeconds"))
    if deleted is None or grace_s is None:
        return True
    return now <= datetime.fromisoformat(deleted) + timedelta(seconds=grace_s)


def _is_terminating(spec: Manifest) -> bool:
    """In the quota's sense: it has a deadline."""
    deadline_s = spec.get("activeDeadlineSeconds")
    return deadline_s is not None and deadline_s >= 0


def _has_pod_level(spec: Manifest) -> bool:
    """Whether the pod says for itself what its containers then need not."""
    resources = spec.get("resources") or {}
    names = {*(resources.get("requests") or ()), *(resources.get("limits") or ())}
    return any(name in {"cpu", "memory"} or name.startswith("hugepages-") for name in names)


def _is_best_effort(spec: Manifest) -> bool:
    holders = [spec] if spec.get("resources") else [*spec["containers"], *(spec.get("initContainers") or ())]
    for holder in holders:
        for quantities in (holder.get("resources") or {}).values():
            if isinstance(quantities, dict) and any(
                amount.value for name, amount in parse_amounts(quantities).items() if name in {"cpu", "memory"}
            ):
                return False
    return True


def _reaches_elsewhere(spec: Manifest) -> bool:
    """Whether its affinity looks at pods of other namespaces."""
    for field in ("podAffinity", "podAntiAffinity"):
        affinity = (spec.get("affinity") or {}).get(field) or {}
        terms = [*(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ())]
        terms += [
            term["podAffinityTerm"] for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        ]
        if any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in terms):
            return True
    return False


_SCOPES = {
    "Terminating": _is_terminating,
    "NotTerminating": lambda spec: not _is_terminating(spec),
    "BestEffort": _is_best_effort,
    "NotBestEffort": lambda spec: not _is_best_effort(spec),
    "CrossNamespacePodAffinity": _reaches_elsewhere,
}


def _selects(selector: Manifest, spec: Manifest) -> bool:
    """Whether one scope takes in the pod."""
    if selector["scopeName"] != "PriorityClass":
        test = _SCOPES.get(selector["scopeName"])
        return test is not None and test(spec)
    name, values = spec.get("priorityClassName"), selector.get("values") or ()
    match selector["operator"]:
        case "In":
            return bool(name) and name in values
        case "NotIn":
            return not name or name not in values
        case "Exists":
            return bool(name)
        case _:
            return not name
