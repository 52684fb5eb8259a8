"""Validation of ValidatingAdmissionPolicies and their bindings; expressions are compiled.

Source: pkg/apis/admissionregistration/validation/validation.go, 1.37; page "Validating Admission Policy".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.validation import dns_subdomain, path_segment, qualified_name
from tenantkit.sandbox.apis.validation.custom import RESERVED
from tenantkit.sandbox.apis.validation.match_resources import check_match_resources
from tenantkit.sandbox.apis.validation.metadata import check_selector

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList
    from tenantkit.sandbox.cel.expressions import Declared, Expression, Scope

_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ACTIONS = ("Audit", "Deny", "Warn")
_MOST_CONDITIONS, _MOST_ANNOTATIONS, _LONGEST_ANNOTATION = 64, 20, 5 * 1024
_STATIC = ".static.k8s.io"
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    f"'{_LABEL_1035.pattern}')"
)
_NO_ITEM = "validations or auditAnnotations must contain at least one item"


def check_policy(errors: ErrorList, policy: Manifest, old: Manifest | None) -> None:
    """A ValidatingAdmissionPolicy."""
    from tenantkit.sandbox.cel.engine import NoEngineError

    spec = policy.get("spec") or {}
    failure, kind, match = spec.get("failurePolicy"), spec.get("paramKind"), spec.get("matchConstraints")
    if failure not in {"Fail", "Ignore"}:
        errors.unsupported("spec.failurePolicy", failure, ("Fail", "Ignore"))
    if kind is not None:
        _check_kind(errors, kind)
    if match is None:
        errors.required("spec.matchConstraints")
    else:
        check_match_resources(errors, "spec.matchConstraints", match)
        if not match.get("resourceRules"):
            errors.required("spec.matchConstraints.resourceRules")
    try:
        _check_expressions(errors, policy, old)
    except NoEngineError as error:
        raise ApiError(code=500, reason="InternalError", message=f"Internal error occurred: {error}") from error
    _check_static(errors, policy)


def check_policy_binding(errors: ErrorList, binding: Manifest) -> None:
    """A ValidatingAdmissionPolicyBinding."""
    spec = binding.get("spec") or {}
    if not spec.get("policyName"):
        errors.required("spec.policyName")
    else:
        errors.all_of("spec.policyName", spec["policyName"], dns_subdomain(spec["policyName"]))
    if spec.get("paramRef") is not None:
        _check_ref(errors, spec["paramRef"])
    if spec.get("matchResources") is not None:
        check_match_resources(errors, "spec.matchResources", spec["matchResources"])
    field, actions = "spec.validationActions", spec.get("validationActions") or []
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            errors.unsupported(f"{field}[{index}]", action, _ACTIONS)
        if action in actions[:index]:
            errors.duplicate(f"{field}[{index}]", action)
    if {"Deny", "Warn"} <= set(actions):
        why = "repeating the same validation failure information in the API response and headers serves no purpose"
        errors.invalid(field, actions, f"must not contain both Deny and Warn ({why})")
    if not actions:
        errors.required(field)
    _check_static(errors, binding)


def _check_static(errors: ErrorList, item: Manifest) -> None:
    name = item["metadata"].get("name", "")
    if name.endswith(_STATIC):
        why = f'names ending with "{_STATIC}" are reserved for static manifest-based configurations'
        errors.invalid("metadata.name", name, f"{why} and cannot be managed via the API")


def _check_kind(errors: ErrorList, kind: Manifest) -> None:
    """The kind of the parameters."""
    field, version, name = "spec.paramKind", kind.get("apiVersion", ""), kind.get("kind", "")
    if not version:
        errors.required(f"{field}.apiVersion")
    elif version.count("/") > 1:
        errors.invalid(f"{field}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    else:
        group, _, number = version.rpartition("/")
        if group:
            errors.all_of(f"{field}.apiVersion", group, dns_subdomain(group))
        if not number:
            errors.invalid(f"{field}.apiVersion", version, "version must be specified")
        elif not _LABEL_1035.fullmatch(number):
            errors.invalid(f"{field}.apiVersion", number, _LABEL_1035_TEXT)
    if not name:
        errors.required(f"{field}.kind")
    elif not _LABEL_1035.fullmatch(name.lower()):
        errors.invalid(f"{field}.kind", name, f"may have mixed case, but should otherwise match: {_LABEL_1035_TEXT}")


def _check_ref(errors: ErrorList, ref: Manifest) -> None:
    """The reference of a binding to its parameters."""
    field, name, selector = "spec.paramRef", ref.get("name"), ref.get("selector")
    both = "name and selector are mutually exclusive"
    if name:
        errors.all_of(f"{field}.name", name, path_segment(name))
        if selector is not None:
            errors.forbidden(f"{field}.name", both)
    if selector is not None:
        check_selector(errors, f"{field}.selector", selector)
        if name:
            errors.forbidden(f"{field}.selector", both)
    if not name and selector is None:
        errors.required(field, "one of name or selector must be specified")
    action = ref.get("parameterNotFoundAction")
    if not action:
        errors.required(f"{field}.parameterNotFoundAction")
    elif action not in {"Deny", "Allow"}:
        errors.unsupported(f"{field}.parameterNotFoundAction", action, ("Deny", "Allow"))


def _check_expressions(errors: ErrorList, policy: Manifest, old: Manifest | None) -> None:
    from tenantkit.sandbox.cel.expressions import Scope

    spec = policy.get("spec") or {}
    has_params, conditions = spec.get("paramKind") is not None, spec.get("matchConditions") or []
    if old is None or conditions != ((old.get("spec") or {}).get("matchConditions") or []):
        _check_conditions(errors, conditions, Scope(has_params))
    declared: list[Declared] = []
    for index, item in enumerate(spec.get("variables") or []):
        scope = Scope(has_params, variables=tuple(declared))
        _check_variable(errors, f"spec.variables[{index}]", item, scope, declared)
    variables = tuple(declared) if spec.get("variables") else None
    scope, plain = Scope(has_params, variables=variables), Scope(has_params, authorizer=False, variables=variables)
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        errors.required("spec.validations", _NO_ITEM)
        errors.required("spec.auditAnnotations", _NO_ITEM)
    for index, item in enumerate(validations):
        _check_validation(errors, f"spec.validations[{index}]", item, scope, plain)
    _check_annotations(errors, policy, annotations, scope)


def _check_conditions(errors: ErrorList, conditions: list[Manifest], scope: Scope) -> None:
    field, names = "spec.matchConditions", set[str]()
    if len(conditions) > _MOST_CONDITIONS:
        errors.too_many(field, len(conditions), _MOST_CONDITIONS)
    for index, item in enumerate(conditions):
        text, name = item.get("expression", "").strip(), item.get("name", "")
        if not text:
            errors.required(f"{field}[{index}].expression")
        else:
            _compile(errors, f"{field}[{index}].expression", text, scope, ("bool",))
        if not name:
            errors.required(f"{field}[{index}].name")
        else:
            errors.all_of(f"{field}[{index}].name", name, qualified_name(name))
        if name in names:
            errors.duplicate(f"{field}[{index}].name", name)
        names |= {name} - {""}


def _check_variable(errors: ErrorList, field: str, item: Manifest, scope: Scope, declared: list[Declared]) -> None:
    """A variable, which is added to those that later expressions may use."""
    from tenantkit.sandbox.cel.expressions import Declared

    name, text = item.get("name", ""), item.get("expression", "")
    if not name.strip():
        errors.required(f"{field}.name", "name is not specified")
    elif not re.fullmatch("[_a-zA-Z][_a-zA-Z0-9]*", name) or name in RESERVED:
        errors.invalid(f"{field}.name", name, "must be a valid CEL identifier")
    if not text.strip():
        errors.required(f"{field}.expression", "expression is not specified")
        return
    found = _compile(errors, f"{field}.expression", text, scope)
    declared.append(Declared(name, found.type, found.text) if found else Declared(name, "dyn", text))


def _check_validation(errors: ErrorList, field: str, item: Manifest, scope: Scope, for_message: Scope) -> None:
    text, message, by_expression = (item.get(name) or "" for name in ("expression", "message", "messageExpression"))
    if not text.strip():
        errors.required(f"{field}.expression", "expression is not specified")
    else:
        _compile(errors, f"{field}.expression", text, scope, ("bool",))
    if by_expression and not by_expression.strip():
        errors.invalid(f"{field}.messageExpression", by_expression, "must be non-empty if specified")
    elif by_expression:
        _compile(errors, f"{field}.messageExpression", by_expression, for_message, ("string",))
    if message and not message.strip():
        errors.invalid(f"{field}.message", message, "must be non-empty if specified")
    elif re.search(r"[\n\r]", message.strip()):
        errors.invalid(f"{field}.message", message, "must not contain line breaks")
    reason = item.get("reason")
    if reason is not None and reason not in _REASONS:
        errors.unsupported(f"{field}.reason", reason, _REASONS)


def _check_annotations(errors: ErrorList, policy: Manifest, annotations: list[Manifest], scope: Scope) -> None:
    field, name, keys = "spec.auditAnnotations", policy["metadata"].get("name", ""), set[str]()
    if len(annotations) > _MOST_ANNOTATIONS:
        errors.invalid(field, annotations, f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations")
    for index, item in enumerate(annotations):
        key, text = item.get("key", ""), item.get("valueExpression", "")
        errors.all_of(f"{field}[{index}].key", f"{name}/{key}", qualified_name(f"{name}/{key}"))
        where, plain = f"{field}[{index}].valueExpression", text.strip()
        if not plain:
            errors.required(where, "valueExpression is not specified")
        elif len(plain.encode()) > _LONGEST_ANNOTATION:
            errors.required(where, f"must not exceed {_LONGEST_ANNOTATION} bytes in length")
        else:
            _compile(errors, where, plain, scope, ("string", "null_type"))
        if key in keys:
            errors.duplicate(f"{field}[{index}].key", key)
        keys.add(key)


def _compile(
    errors: ErrorList, field: str, text: str, scope: Scope, returns: tuple[str, ...] = ()
) -> Expression | None:
    """The compiled expression; None, with an error, if it does not compile."""
    from tenantkit.sandbox.cel.expressions import CompileError, ProgramError, compiled

    try:
        return compiled(text, scope, returns=returns)
    except ProgramError as error:
        errors.internal(field, str(error))
    except CompileError as error:
        errors.invalid(field, text, str(error))
    return None
