"""What a pod counts for in a quota: under which entries, in which scopes, how long, and what it must say for itself.

The sandbox admits and counts by this, and the product foretells by it, so that the two never differ.

Source: page "Resource Quotas"; in k8s.io/kubernetes, pkg/quota/v1/evaluator/core/pods.go, 1.37.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ONE, parse_amounts, pod_amounts
from tenantkit.rules.pod_status import ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_ENTRIES = frozenset(
    {"pods", "count/pods", *_COMPUTE}
    | {f"requests.{name}" for name in _COMPUTE}
    | {f"limits.{name}" for name in _COMPUTE}
)
# Under these a container that says nothing is refused: kept by Kubernetes for old clients' sake, for no other resource.
_MUST_BE_SAID = frozenset({name for name in _ENTRIES if name.rpartition(".")[2] in {"cpu", "memory"}})


def pod_entries(names: Iterable[str]) -> set[str]:
    """Which of these quota entries pods count towards.

    Example:
        >>> sorted(pod_entries(["pods", "services", "requests.nvidia.com/gpu"]))
        ['pods', 'requests.nvidia.com/gpu']
    """
    return {name for name in names if name in _ENTRIES or _is_extended(name)}


def pod_usage(pod: Manifest, now: datetime) -> Amounts:
    """How much of each entry the pod takes, whether or not a quota has it.

    Args:
        pod: with its status, if it has one: a finished pod takes nothing but its own count.
        now: a pod that is going counts until its grace period is over.
    """
    if not is_charged(pod, now):
        return {"count/pods": ONE}
    spec, status = pod["spec"], pod.get("status")
    requests, limits = pod_amounts(spec, "requests", status=status), pod_amounts(spec, "limits", status=status)
    return {"count/pods": ONE, "pods": ONE} | _compute_usage(requests, limits)


def pod_in_scope(quota: Manifest, spec: Manifest) -> bool:
    """Whether the quota's scopes, if it has any, take in a pod of this spec."""
    wanted = quota["spec"]
    selectors: list[Manifest] = [{"scopeName": scope, "operator": "Exists"} for scope in wanted.get("scopes") or ()]
    selectors += (wanted.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(_selects(selector, spec) for selector in selectors)


def left_unsaid(spec: Manifest, entries: Iterable[str]) -> str:
    """What the pod's containers must say under a quota with these entries, and do not; empty when all is said.

    Returns:
        In the server's words: `limits.memory for: main; requests.cpu for: main`.
    """
    required = _MUST_BE_SAID.intersection(entries)
    if not required or _has_pod_level(spec):
        return ""
    silent: dict[str, set[str]] = {}
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        said = _compute_usage(parse_amounts(resources.get("requests")), parse_amounts(resources.get("limits")))
        for name in required - said.keys():
            silent.setdefault(name, set()).add(container["name"])
    return "; ".join(f"{name} for: {','.join(sorted(silent[name]))}" for name in sorted(silent))


def _compute_usage(requests: Amounts, limits: Amounts) -> Amounts:
    """Requests and limits under the names that a quota uses."""
    used: Amounts = {}
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith("hugepages-"):
            used[name] = amount
        if name in _COMPUTE or name.startswith("hugepages-") or _is_extended(f"requests.{name}"):
            used[f"requests.{name}"] = amount
    return used | {f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE}


def _is_extended(name: str) -> bool:
    """Whether a quota entry is about huge pages, or the `requests.` of what Kubernetes does not know, such as GPUs."""
    if name.startswith(("hugepages-", "requests.hugepages-")):
        return True
    return name.startswith("requests.") and "/" in name and "kubernetes.io/" not in name


def is_charged(pod: Manifest, now: datetime) -> bool:
    """Whether it counts: a finished pod, and one that outstays its grace period, count no more."""
    if (pod.get("status") or {}).get("phase") in ENDED:
        return False
    deleted, grace_s = (pod["metadata"].get(field) for field in ("deletionTimestamp", "deletionGracePeriodSeconds"))
    if deleted is None or grace_s is None:
        return True
    return now <= datetime.fromisoformat(deleted) + timedelta(seconds=grace_s)


def has_deadline(spec: Manifest) -> bool:
    """Whether it is terminating in the quota's sense."""
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
    "Terminating": has_deadline,
    "NotTerminating": lambda spec: not has_deadline(spec),
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
