"""A policy with its compiled expressions.

Source: apiserver's pkg/admission/plugin/policy/validating/plugin.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.cel.expressions import CompileError, Declared, Expression, Scope, compiled

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_BOOL, _TEXT, _TEXT_OR_NULL = ("bool",), ("string",), ("string", "null_type")


@dataclass(frozen=True, slots=True)
class Validation:
    """One of a policy's validations, with its compiled expressions."""

    spec: Manifest
    expression: Expression | CompileError
    message: Expression | CompileError | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, with its compiled expressions; those that do not compile are errors."""

    name: str
    spec: Manifest
    conditions: tuple[tuple[str, Expression | CompileError], ...]
    variables: tuple[tuple[str, Expression | CompileError], ...]
    validations: tuple[Validation, ...]
    annotations: tuple[tuple[str, Expression | CompileError], ...]

    @property
    def denies_errors(self) -> bool:
        """Whether an error refuses the request."""
        return self.spec.get("failurePolicy") != "Ignore"


def compiled_policy(manifest: Manifest) -> Policy:
    """A policy, with its expressions compiled; compiling the same text again costs nothing."""
    spec = manifest["spec"]
    has_params = spec.get("paramKind") is not None
    variables, declared = [], list[Declared]()
    for item in spec.get("variables") or ():
        expression = _try(item["expression"], Scope(has_params, variables=tuple(declared)))
        variables.append((item["name"], expression))
        if isinstance(expression, Expression):
            declared.append(Declared(item["name"], expression.type, expression.text))
    scope = Scope(has_params, variables=scope_variables(spec, declared))
    without_authorizer = Scope(has_params, authorizer=False, variables=scope.variables)
    return Policy(
        manifest["metadata"]["name"],
        spec,
        tuple((item["name"], _try(item["expression"], scope, _BOOL)) for item in spec.get("matchConditions") or ()),
        tuple(variables),
        tuple(
            Validation(
                item,
                _try(item["expression"], scope, _BOOL),
                _try(text, without_authorizer, _TEXT) if (text := item.get("messageExpression")) else None,
            )
            for item in spec.get("validations") or ()
        ),
        tuple(
            (item["valueExpression"], _try(item["valueExpression"], scope, _TEXT_OR_NULL))
            for item in spec.get("auditAnnotations") or ()
        ),
    )


def scope_variables(spec: Manifest, declared: list[Declared]) -> tuple[Declared, ...] | None:
    """The variables for the scope of a policy's expressions; None for a policy without variables."""
    return tuple(declared) if spec.get("variables") else None


def _try(text: str, scope: Scope, returns: tuple[str, ...] = ()) -> Expression | CompileError:
    try:
        return compiled(text, scope, returns=returns)
    except CompileError as error:
        return error
