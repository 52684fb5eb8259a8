"""Validation of kinds that a schema defines, as a CRD: the schema, then its rules in CEL.

A rule sees its field's value as `self`, and on an update the former value as `oldSelf`. Not implemented: the limit of a
rule's cost, messages in CEL, and rules with an optional `oldSelf`; no kind here has the latter two.

Source: page "Custom Resources", section "Validation rules"; apiextensions-apiserver's pkg/apiserver/schema/cel, 1.37.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.apiextensions import check_schema, json_schema
from tenantkit.sandbox.apimachinery.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList
    from tenantkit.sandbox.cel.expressions import Expression

_RULES: Final = "x-kubernetes-validations"
_OLD: Final = "oldSelf"
# with these errors the real server does not evaluate rules, and reports that
_BLOCKING = frozenset(f"FieldValue{how}" for how in ("NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"))
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)
# words of CEL: a field of that name is `self.__namespace__` in a rule
RESERVED: Final = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import"}
    | {"let", "loop", "package", "namespace", "return", "var", "void", "while"}
)


def check_custom(errors: ErrorList, item: Manifest, old: Manifest | None, *, subresource: str = "") -> None:
    """Validate an object of a kind that a schema defines; after a write to its status only that.

    Raises:
        ApiError: 500, it has values with rules, and the CEL engine is not installed.
    """
    schema, before = json_schema(str(item["apiVersion"]), str(item["kind"])), len(errors)
    check_schema(errors, schema, item, field=subresource)
    if not _has_rules(str(item["apiVersion"]), str(item["kind"])):
        return
    if any(error.reason in _BLOCKING for error in errors[before:]):
        errors.invalid("<nil>", None, _UNCHECKED)
        return
    check_rules(errors, schema, item, old)


def check_rules(errors: ErrorList, schema: Any, value: Any, old: Any, path: str = "") -> None:
    """Add an error for each rule of a schema that does not hold.

    Args:
        errors: the list to add to.
        schema: the value's schema.
        value: a value without errors in its types.
        old: the value before an update; None for a new value, and where it can't be told which one it was.
        path: the value's field.
    """
    if value is None:
        return
    if _RULES in schema:
        _check(errors, schema, value, old, path)
    lead, properties, extra = f"{path}." if path else "", schema.get("properties"), schema.get("additionalProperties")
    if isinstance(value, list):
        for index, (inner, former) in enumerate(_with_former(schema, value, old)):
            check_rules(errors, schema["items"], inner, former, f"{path}[{index}]")
    elif isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for key, inner in value.items():
            if known := (properties or {}).get(key) or extra:
                check_rules(errors, known, inner, before.get(key), f"{lead}{key}")


def _check(errors: ErrorList, schema: Any, value: Any, old: Any, path: str) -> None:
    """Add an error for each rule of one value that does not hold."""
    from tenantkit.sandbox.cel.engine import NoEngineError
    from tenantkit.sandbox.cel.expressions import EvaluationError, activation

    try:
        former = {} if old is None else {_OLD: _escaped(schema, old)}
        known = activation({"self": _escaped(schema, value), **former})
        for rule in schema[_RULES]:
            text, message = rule["rule"].strip(), rule.get("message", "").strip()
            expression, uses_old = _compiled(rule["rule"])
            if uses_old and not former:
                continue
            try:
                if expression.evaluate(known) is not True:
                    _refuse(errors, path, value, message or f"failed rule: {text}")
            except EvaluationError as error:
                errors.invalid(path, schema["type"], f"{error} evaluating rule: {message or text}")
    except NoEngineError as error:
        raise ApiError(code=500, reason="InternalError", message=f"Internal error occurred: {error}") from error


@cache
def _compiled(rule: str) -> tuple[Expression, bool]:
    """A rule, and whether it needs the former value."""
    from tenantkit.sandbox.cel.expressions import Scope, compiled
    from tenantkit.sandbox.cel.tokens import chains

    uses_old = any(chain.names[0] == _OLD for chain in chains(rule))
    return compiled(rule, Scope(authorizer=False, is_rule=True)), uses_old


def _refuse(errors: ErrorList, path: str, value: Any, message: str) -> None:
    """Add an error; the server does not repeat an object or a list in it."""
    if isinstance(value, dict | list):
        errors.invalid_whole(path, message)
    else:
        errors.invalid(path, value, message)


def _with_former(schema: Any, value: list[Any], old: Any) -> Iterator[tuple[Any, Any]]:
    """Each item of a list, with the item that it was before: in lists with keys, the one with its keys."""
    keys = schema.get("x-kubernetes-list-map-keys") if schema.get("x-kubernetes-list-type") == "map" else None
    former = {_key(keys, item): item for item in old} if keys and isinstance(old, list) else {}
    for item in value:
        yield item, former.get(_key(keys, item)) if former else None


def _key(keys: Any, item: Any) -> tuple[Any, ...]:
    return tuple(repr(item.get(key)) for key in keys)


def _escaped(schema: Any, value: Any) -> Any:
    """A value with fields as rules name them."""
    if isinstance(value, list):
        return [_escaped(schema.get("items", {}), item) for item in value]
    if not isinstance(value, dict):
        return value
    properties, extra = schema.get("properties"), schema.get("additionalProperties") or {}
    if properties is None:
        return {key: _escaped(extra, item) for key, item in value.items()}
    return {
        f"__{key}__" if key in RESERVED else key: _escaped(properties.get(key, {}), item) for key, item in value.items()
    }


@cache
def _has_rules(api_version: str, kind: str) -> bool:
    return _RULES in repr(json_schema(api_version, kind))
