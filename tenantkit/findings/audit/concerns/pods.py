"""Pods and templates that reach for more than their own resources.

Source: pages "Pod Priority and Preemption", "Taints and Tolerations", "Assigning Pods to Nodes" (nodeName), "Volumes",
"Pod Security Standards", "Disruptions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Doubt, Evidence, cut
from tenantkit.findings.audit.concerns.templates import POD_KINDS, pods_and_templates
from tenantkit.findings.audit.fields import items, mapping, name_of
from tenantkit.findings.audit.view import PLATFORM
from tenantkit.hints import Message
from tenantkit.rules.pod_security.levels import violations
from tenantkit.rules.pod_volumes import TYPES_APART_FROM_NODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

NODE_NAME_MARK = "tenantkit.dev/node-name-by"  # put into the snapshot by its reader, never sent to a server
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_CHANGE = Message("change the workload, or delete it")


def _system_priority(view: TenantView) -> Iterator[Found]:
    for name, path, pod in pods_and_templates(view):
        found = str(mapping(pod, "spec").get("priorityClassName") or "")
        if found.startswith("system-"):
            yield Evidence(name, f"{path}.priorityClassName", found)


def _listed_priority(view: TenantView) -> Iterator[Found]:
    defaults = {
        str(it["metadata"]["name"]) for it in view.cluster.snapshot.of("PriorityClass", "") if it.get("globalDefault")
    }
    allowed = {*view.platform.priority_classes, *defaults}
    for name, path, pod in pods_and_templates(view):
        found = str(mapping(pod, "spec").get("priorityClassName") or "")
        if found and not found.startswith("system-") and found not in allowed:
            yield Evidence(name, f"{path}.priorityClassName", found)


def _node_names(view: TenantView) -> Iterator[Found]:
    """Templates with a node, and pods whose node was set by somebody who wrote the pod, not by the scheduler."""
    for name, path, pod in pods_and_templates(view):
        node = mapping(pod, "spec").get("nodeName")
        if not node:
            continue
        if not name.startswith("Pod/"):
            yield Evidence(name, f"{path}.nodeName", str(node))
            continue
        by = mapping(pod, "metadata").get(NODE_NAME_MARK)
        if by == "unknown":
            yield Doubt(f"{name} spec.nodeName: its managed fields do not say who has set it")
        elif by:
            yield Evidence(name, "spec.nodeName", f"{node}, set by {by!r} and not by the scheduler")


def _tolerations(view: TenantView) -> Iterator[Found]:
    for name, path, pod in pods_and_templates(view):
        for place, toleration in enumerate(items(pod, "spec", "tolerations")):
            key = toleration.get("key")
            if not key and toleration.get("operator") == "Exists":
                yield Evidence(name, f"{path}.tolerations[{place}]", "tolerates every taint")
            elif key in (*_CONTROL_PLANE, *view.platform.guardrails.reserved_taints):
                yield Evidence(name, f"{path}.tolerations[{place}]", f"tolerates {key}")


def _volumes(view: TenantView) -> Iterator[Found]:
    """Volumes of the node, and network volumes that need no claim; inline CSI volumes only of listed drivers."""
    for name, path, pod in pods_and_templates(view):
        for place, volume in enumerate(items(pod, "spec", "volumes")):
            kinds = sorted(volume.keys() - {"name"})
            foreign = [kind for kind in kinds if kind not in TYPES_APART_FROM_NODE]
            driver = mapping(volume, "csi").get("driver")
            if driver is not None and driver not in view.platform.guardrails.csi_drivers:
                foreign.append(f"csi driver {driver}")
            if foreign:
                yield Evidence(name, f"{path}.volumes[{place}]", ", ".join(foreign))


def _pod_security(view: TenantView) -> Iterator[Found]:
    """Pods that the platform's level forbids: older ones, or those let in while it was lower."""
    security = view.platform.security
    for name, path, pod in pods_and_templates(view):
        found = violations(pod, security.enforce, security.version)
        if found:
            yield Evidence(name, path, cut(", ".join(map(str, found))))


def _budgets(view: TenantView) -> Iterator[Found]:
    for budget in view.of("PodDisruptionBudget"):
        spec, status = mapping(budget, "spec"), mapping(budget, "status")
        if spec.get("maxUnavailable") in (0, "0%"):
            yield Evidence(name_of(budget), "spec.maxUnavailable", str(spec["maxUnavailable"]))
            continue
        least, expected = spec.get("minAvailable"), status.get("expectedPods")
        counts = isinstance(least, int) and isinstance(expected, int) and least >= expected > 0
        if least == "100%" or counts:
            yield Evidence(name_of(budget), "spec.minAvailable", f"{least} of {expected or 'all'} pods")


CHECKS = (
    Check(
        "pod-system-priority",
        "pods",
        "critical",
        "No pod or template has a priority class of the system, which preempts other tenants' pods.",
        _CHANGE,
        _system_priority,
        POD_KINDS,
    ),
    Check(
        "pod-priority-classes",
        "pods",
        "medium",
        "Pods and templates have no priority class that the platform does not list.",
        Message("change the workload, or add the class to the platform's priority_classes"),
        _listed_priority,
        (*POD_KINDS, "PriorityClass", PLATFORM),
    ),
    Check(
        "pod-node-name",
        "pods",
        "high",
        "No pod or template names its node, which evades the scheduler and every taint.",
        _CHANGE,
        _node_names,
        POD_KINDS,
    ),
    Check(
        "pod-tolerations",
        "pods",
        "medium",
        "No pod or template tolerates every taint, or those of the control plane.",
        _CHANGE,
        _tolerations,
        (*POD_KINDS, PLATFORM),
    ),
    Check(
        "pod-volumes",
        "volumes",
        "high",
        "No pod or template has a volume of the node, or one of a network server without a claim.",
        _CHANGE,
        _volumes,
        (*POD_KINDS, PLATFORM),
    ),
    Check(
        "pod-security-met",
        "pods",
        "critical",
        "Each pod and template meets the platform's Pod Security level.",
        _CHANGE,
        _pod_security,
        (*POD_KINDS, PLATFORM),
    ),
    Check(
        "disruption-budgets",
        "pods",
        "medium",
        "No PodDisruptionBudget blocks every eviction, which would keep nodes from being drained.",
        Message("change or delete the PodDisruptionBudget"),
        _budgets,
        ("PodDisruptionBudget",),
    ),
)
