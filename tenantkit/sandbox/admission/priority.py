"""Priority and DefaultTolerationSeconds: a pod's priority, and how long it tolerates a node that is not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import PRIORITY_CLASSES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.storage.store import Store

_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_S = 300
_PRIORITY = ("priority", "preemptionPolicy")


def default_priority_and_tolerations(attributes: Attributes) -> Manifest:
    """Priority and DefaultTolerationSeconds: a pod's default priority and tolerations."""
    if attributes.resource.qualified != "pods" or attributes.subresource or attributes.operation == "DELETE":
        return attributes.manifest
    if attributes.old:
        previous = {key: value for key, value in attributes.old["spec"].items() if key in _PRIORITY}
        spec = {**previous, **attributes.manifest["spec"]}
    else:
        spec = _with_priority(attributes)
    tolerations = list(spec.get("tolerations") or ())
    tolerations += [
        {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": _TOLERATION_S}
        for key in _TOLERATED
        if not any(_tolerates(toleration, key) for toleration in tolerations)
    ]
    return {**attributes.manifest, "spec": {**spec, "tolerations": tolerations}}


def _with_priority(attributes: Attributes) -> Manifest:
    """A new pod's spec with the priority of its class, or of the default class."""
    spec: Manifest = attributes.manifest["spec"]
    name, store = spec.get("priorityClassName") or "", attributes.store
    found = store.get(PRIORITY_CLASSES, name) if name else default_priority_class(store)
    if name and found is None:
        raise attributes.refused(f"no PriorityClass with name {name} was found")
    found = found or {"value": 0, "metadata": {"name": ""}}
    requested, value = spec.get("priority"), found.get("value", 0)
    policy = found.get("preemptionPolicy", "PreemptLowerPriority")
    lead, tail = (
        "must not be provided in pod spec; priority admission controller computed",
        "from the given PriorityClass",
    )
    if requested not in {None, value}:
        raise attributes.refused(f"the integer value of priority ({requested}) {lead} {value} {tail} name")
    if spec.get("preemptionPolicy") not in {None, policy}:
        sent = spec["preemptionPolicy"]
        raise attributes.refused(f"the string value of PreemptionPolicy ({sent}) {lead} {policy} {tail} name")
    named = {"priorityClassName": found["metadata"]["name"]} if found["metadata"]["name"] else {}
    return {**spec, **named, "preemptionPolicy": policy, "priority": value}


def default_priority_class(store: Store) -> Manifest | None:
    """The PriorityClass of pods that name none; None if no class is marked as the default."""
    marked = [item for item in store.list(PRIORITY_CLASSES) if item.get("globalDefault")]
    return min(marked, key=lambda item: int(item.get("value", 0)), default=None)


def check_default_priority(attributes: Attributes) -> None:
    """Priority: refuse a second default PriorityClass."""
    if (
        attributes.resource != PRIORITY_CLASSES
        or attributes.operation == "DELETE"
        or not attributes.manifest.get("globalDefault")
    ):
        return
    found = default_priority_class(attributes.store)
    name = found["metadata"]["name"] if found else ""
    if name and (attributes.operation == "CREATE" or name != attributes.manifest["metadata"]["name"]):
        raise attributes.refused(f"PriorityClass {name} is already marked as default. Only one default can exist")


def _tolerates(toleration: Manifest, key: str) -> bool:
    return toleration.get("key") in {None, "", key} and toleration.get("effect") in {None, "", "NoExecute"}
