"""The selectors in the attributes of an access review, which the server checks and RBAC does not look at.

Source: pkg/apis/authorization/validation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import Cause
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.validation import label_value, qualified_name

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_ROOT = "spec.resourceAttributes"


def selector_errors(attributes: Manifest) -> list[Cause]:
    """The errors of `fieldSelector` and `labelSelector`; an unknown operator is none, as newer clients may know it."""
    errors: list[Cause] = []
    for name in ("fieldSelector", "labelSelector"):
        selector, field = attributes.get(name), f"{_ROOT}.{name}"
        if selector is None:
            continue
        text, requirements = selector.get("rawSelector", ""), selector.get("requirements") or []
        if text and requirements:
            why = f'Invalid value: "{text}": may not specified at the same time as requirements'
            errors.append(Cause(f"{field}.rawSelector", why, "FieldValueInvalid"))
        if not text and not requirements:
            why = f"Required value: when {field} is specified, requirements or rawSelector is required"
            errors.append(Cause(f"{field}.requirements", why, "FieldValueRequired"))
        for index, requirement in enumerate(requirements):
            where = f"{field}.requirements[{index}]"
            errors += _requirement_errors(requirement, where)
            if name == "labelSelector":
                errors += _label_errors(requirement, where)
    return errors


def _requirement_errors(requirement: Manifest, field: str) -> list[Cause]:
    errors: list[Cause] = []
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if not requirement.get("key") and ".fieldSelector." in field:
        errors.append(Cause(f"{field}.key", "Required value: must be specified", "FieldValueRequired"))
    if operator in {"In", "NotIn"} and not values:
        why = "Required value: must be specified when `operator` is 'In' or 'NotIn'"
        errors.append(Cause(f"{field}.values", why, "FieldValueRequired"))
    if operator in {"Exists", "DoesNotExist"} and values:
        why = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        errors.append(Cause(f"{field}.values", why, "FieldValueForbidden"))
    return errors


def _label_errors(requirement: Manifest, field: str) -> list[Cause]:
    errors = ErrorList()
    errors.all_of(f"{field}.key", requirement.get("key", ""), qualified_name(requirement.get("key", "")))
    for index, value in enumerate(requirement.get("values") or ()):
        errors.all_of(f"{field}.values[{index}]", value, label_value(value))
    return list(errors)
