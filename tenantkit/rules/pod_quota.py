"""Pods in quotas: the entries that they count towards, their usage, their scopes, and the resources that they must set.

The sandbox's admission and tenantkit's forecasts both use these rules, so that they never differ.

Source: page "Resource Quotas"; in k8s.io/kubernetes, pkg/quota/v1/evaluator/core/pods.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ONE, parse_amounts, pod_amounts
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.times import later, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_ENTRIES = frozenset(
    {"pods", "count/pods", *_COMPUTE}
    | {f"requests.{name}" for name in _COMPUTE}
    | {f"limits.{name}" for name in _COMPUTE}
)
# entries under which each container must set the resource; Kubernetes keeps this for compatibility
_MUST_BE_SET = frozenset({name for name in _ENTRIES if name.rpartition(".")[2] in {"cpu", "memory"}})


def pod_entries(names: Iterable[str]) -> set[str]:
    """The quota entries, of those given, that pods count towards.

    Example:
        >>> sorted(pod_entries(["pods", "services", "requests.nvidia.com/gpu"]))
        ['pods', 'requests.nvidia.com/gpu']
    """
    return {name for name in names if name in _ENTRIES or _is_extended(name)}


def pod_usage(pod: Manifest, now: datetime) -> Amounts:
    """How much of each entry a pod uses, whether or not a quota has that entry.

    Args:
        pod: with its status, if any. A finished pod only counts towards `count/pods`.
        now: a terminating pod counts until its grace period ends.
    """
    if not is_charged(pod, now):
        return {"count/pods": ONE}
    spec, status = pod["spec"], pod.get("status")
    requests, limits = pod_amounts(spec, "requests", status=status), pod_amounts(spec, "limits", status=status)
    return {"count/pods": ONE, "pods": ONE} | _compute_usage(requests, limits)


def pod_in_scope(quota: Manifest, spec: Manifest) -> bool:
    """Whether a pod of this spec is in all scopes of the quota."""
    quota_spec = quota["spec"]
    selectors: list[Manifest] = [{"scopeName": scope, "operator": "Exists"} for scope in quota_spec.get("scopes") or ()]
    selectors += (quota_spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(_is_in_scope(selector, spec) for selector in selectors)


def unset_resources(spec: Manifest, entries: Iterable[str]) -> str:
    """The resources that containers must set under a quota with these entries, but do not; empty if none is missing.

    Returns:
        In the server's words: `limits.memory for: main; requests.cpu for: main`.
    """
    required = _MUST_BE_SET.intersection(entries)
    if not required or _has_pod_level(spec):
        return ""
    missing: dict[str, set[str]] = {}
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        present = _compute_usage(parse_amounts(resources.get("requests")), parse_amounts(resources.get("limits")))
        for name in required - present.keys():
            missing.setdefault(name, set()).add(container["name"])
    return "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))


def _compute_usage(requests: Amounts, limits: Amounts) -> Amounts:
    """Requests and limits under the names of quota entries."""
    used: Amounts = {}
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith("hugepages-"):
            used[name] = amount
        if name in _COMPUTE or name.startswith("hugepages-") or _is_extended(f"requests.{name}"):
            used[f"requests.{name}"] = amount
    return used | {f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE}


def _is_extended(name: str) -> bool:
    """Whether a quota entry limits huge pages or an extended resource such as GPUs."""
    if name.startswith(("hugepages-", "requests.hugepages-")):
        return True
    return name.startswith("requests.") and "/" in name and "kubernetes.io/" not in name


def is_charged(pod: Manifest, now: datetime) -> bool:
    """Whether a pod counts: not if it is finished or has outlived its grace period."""
    if (pod.get("status") or {}).get("phase") in ENDED:
        return False
    deleted, grace_s = (pod["metadata"].get(field) for field in ("deletionTimestamp", "deletionGracePeriodSeconds"))
    ends = parse_time(deleted)
    return ends is None or grace_s is None or now <= later(ends, grace_s)


def has_deadline(spec: Manifest) -> bool:
    """Whether a pod is in the scope `Terminating`."""
    deadline_s = spec.get("activeDeadlineSeconds")
    return deadline_s is not None and deadline_s >= 0


def _has_pod_level(spec: Manifest) -> bool:
    """Whether the pod sets pod-level resources, so that its containers need not."""
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


def _has_cross_namespace_affinity(spec: Manifest) -> bool:
    """Whether the pod's affinity refers to other namespaces."""
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
    "Terminating": has_deadline,
    "NotTerminating": lambda spec: not has_deadline(spec),
    "BestEffort": _is_best_effort,
    "NotBestEffort": lambda spec: not _is_best_effort(spec),
    "CrossNamespacePodAffinity": _has_cross_namespace_affinity,
}


def _is_in_scope(selector: Manifest, spec: Manifest) -> bool:
    """Whether a pod is in one scope."""
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
