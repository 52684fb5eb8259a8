"""Validation of PriorityClasses.

Source: pkg/apis/scheduling/validation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_HIGHEST_PRIORITY = 1_000_000_000


def check_priority_class(errors: ErrorList, item: Manifest, old: Manifest | None) -> None:
    """A PriorityClass."""
    name, value = item["metadata"]["name"], item.get("value", 0)
    if old is not None:
        if value != old.get("value", 0):
            errors.forbidden("value", "may not be changed in an update.")
        if item["preemptionPolicy"] != old.get("preemptionPolicy"):
            errors.invalid("preemptionPolicy", item["preemptionPolicy"], IMMUTABLE)
        return
    if name.startswith("system-"):
        if (error := _system_class_error(name, value, is_default=item.get("globalDefault", False))) is not None:
            text = "priority class names with 'system-' prefix are reserved for system use only. error: "
            errors.forbidden("metadata.name", text + error)
    elif value > _HIGHEST_PRIORITY:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        errors.forbidden("value", text)
    if not item["preemptionPolicy"]:
        errors.required("preemptionPolicy")
    else:
        errors.one_of("preemptionPolicy", item["preemptionPolicy"], ("PreemptLowerPriority", "Never"))


def _system_class_error(name: str, value: int, *, is_default: bool) -> str | None:
    wanted = SYSTEM_PRIORITIES.get(name)
    if wanted is None:
        return f"{name} is not a known system priority class"
    if value != wanted:
        return f"value of {name} PriorityClass must be {wanted}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else None
