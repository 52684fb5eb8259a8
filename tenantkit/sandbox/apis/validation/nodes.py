"""Validation of Nodes.

Source: pkg/apis/core/validation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.validation import label_value, qualified_name

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def check_node(errors: ErrorList, node: Manifest, old: Manifest | None) -> None:
    """A Node."""
    spec = node.get("spec") or {}
    seen = set[tuple[str, str]]()
    for index, taint in enumerate(spec.get("taints") or []):
        field, key, effect = f"metadata.taints[{index}]", taint.get("key", ""), taint.get("effect", "")
        errors.all_of(f"{field}.key", key, qualified_name(key))
        value = taint.get("value", "")
        if reasons := label_value(value):
            errors.invalid(f"{field}.value", value, ";".join(reasons))
        if not effect:
            errors.required(f"{field}.effect")
        else:
            errors.one_of(f"{field}.effect", effect, _EFFECTS)
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            errors.duplicate(field, shown, "taints must be unique by key and effect pair")
        seen.add((key, effect))
    if old is None:
        return
    before, now = (old.get("spec") or {}).get("providerID"), spec.get("providerID")
    if before and now != before:
        text = f"field cannot be {'modified' if now else 'cleared'} once set"
        errors.invalid("spec.providerID", None, text)
