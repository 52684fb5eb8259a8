"""Validation of metadata and of label selectors, which objects of all kinds have.

Source: k8s.io/apimachinery, pkg/api/validation/objectmeta.go and pkg/apis/meta/v1/validation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.finalizers import FOREGROUND, ORPHAN
from tenantkit.sandbox.apimachinery.validation import check_labels, label_value, non_negative, qualified_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_MOST_ANNOTATION_BYTES = 256 * 1024


def check_metadata(errors: ErrorList, metadata: Manifest, name_rule: Callable[[str], list[str]]) -> None:
    """The metadata of an object; `name_rule` returns what is wrong with a name of its kind."""
    name, generated = metadata.get("name", ""), metadata.get("generateName", "")
    if generated:  # the server appends to it, so its end is judged differently
        errors.all_of("metadata.generateName", generated, name_rule(_completed(generated)))
    if not name:
        errors.required("metadata.name", "name or generateName is required")
    else:
        errors.all_of("metadata.name", name, name_rule(name))
    non_negative(errors, "metadata.generation", metadata.get("generation"))
    check_labels(errors, "metadata.labels", metadata.get("labels") or {})
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        errors.all_of("metadata.annotations", key, qualified_name(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _MOST_ANNOTATION_BYTES:
        errors.too_long("metadata.annotations", _MOST_ANNOTATION_BYTES)
    _check_owners(errors, metadata.get("ownerReferences") or [])
    for item in metadata.get("finalizers") or []:
        errors.all_of("metadata.finalizers", item, qualified_name(item))
    if {ORPHAN, FOREGROUND} <= set(metadata.get("finalizers") or ()):
        both = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        errors.invalid("metadata.finalizers", metadata["finalizers"], both)


def check_metadata_update(errors: ErrorList, metadata: Manifest, old: Manifest) -> None:
    """The metadata of an update."""
    added = sorted(set(metadata.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if added and old.get("deletionTimestamp"):
        listed = ", ".join(f'"{item}"' for item in added)
        why = "no new finalizers can be added if the object is being deleted"
        errors.forbidden("metadata.finalizers", f"{why}, found new finalizers []string{{{listed}}}")
    for part in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        before: Any = old.get(part)
        if metadata.get(part) != before:
            errors.invalid(f"metadata.{part}", metadata.get(part), IMMUTABLE)


def check_selector(errors: ErrorList, field: str, selector: Manifest) -> None:
    """A label selector."""
    labels = selector.get("matchLabels") or {}
    check_labels(errors, f"{field}.matchLabels", labels)
    for index, item in enumerate(selector.get("matchExpressions") or []):
        where, operator, values = (
            f"{field}.matchExpressions[{index}]",
            item.get("operator", ""),
            item.get("values") or [],
        )
        if operator in ("In", "NotIn"):
            if not values:
                errors.required(f"{where}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                errors.forbidden(
                    f"{where}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                )
        else:
            errors.invalid(f"{where}.operator", operator, "not a valid selector operator")
        errors.all_of(f"{where}.key", item.get("key", ""), qualified_name(item.get("key", "")))
        for at, value in enumerate(values):
            errors.all_of(f"{where}.values[{at}]", value, label_value(value))


def _completed(prefix: str) -> str:
    """A generateName as the server judges it: a final dash is replaced, and dots alone are followed by something."""
    if prefix in {".", ".."}:
        return f"{prefix}a"
    return f"{prefix[:-2]}a" if prefix[-1:] == "-" and prefix != "-" else prefix


def _check_owners(errors: ErrorList, owners: list[Manifest]) -> None:
    first = ""
    for index, owner in enumerate(owners):
        field = f"metadata.ownerReferences[{index}]"
        for part in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(part):
                errors.required(f"{field}.{part}", "must not be empty")
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            errors.invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            name = f"{owner.get('kind')}/{owner.get('name')}"
            if first:
                why = f'Found "true" in references for {first} and {name}'
                only = "Only one reference can have Controller set to true"
                errors.invalid("metadata.ownerReferences", owners, f"{only}. {why}")
            first = first or name
