"""The variables of admission expressions and their types.

Source: apiserver's pkg/admission/plugin/cel/compile.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tenantkit.sandbox.cel.opaque import AUTHORIZER
from tenantkit.sandbox.cel.tokens import chains, located

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.cel.tokens import Chain

_NAMES, _MAP, _TEXTS = "list(string)", "map(string, string)", "map(string, list(string))"
_KIND = {f"kind.{part}": "string" for part in ("group", "version", "kind")}
_RESOURCE = {f"resource.{part}": "string" for part in ("group", "version", "resource")}
REQUEST: Mapping[str, str] = {
    **_KIND,
    **_RESOURCE,
    **{f"request{name[0].upper()}{name[1:]}": kind for name, kind in (_KIND | _RESOURCE).items()},
    **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation"), "string"),
    "userInfo.username": "string",
    "userInfo.uid": "string",
    "userInfo.groups": _NAMES,
    "userInfo.extra": _TEXTS,
    "dryRun": "bool",
    "options": "dyn",
}
NAMESPACE: Mapping[str, str] = {
    **dict.fromkeys(
        (f"metadata.{name}" for name in ("name", "generateName", "namespace", "UID", "resourceVersion")), "string"
    ),
    **dict.fromkeys(("metadata.labels", "metadata.annotations"), _MAP),
    **dict.fromkeys(("metadata.creationTimestamp", "metadata.deletionTimestamp"), "dyn"),
    **dict.fromkeys(("metadata.deletionGracePeriodSeconds", "metadata.generation"), "int"),
    **dict.fromkeys(("metadata.finalizers", "spec.finalizers"), _NAMES),
    "status.conditions": "list(dyn)",
    "status.phase": "string",
}
_STRUCTS = {"request": REQUEST, "namespaceObject": NAMESPACE}


_ONE_FIELD = 2
_TESTED = {"request": "_equest", "namespaceObject": "_amespaceObject", "variables": "_ariables"}


def typed_variables() -> dict[str, str]:
    """The type of each variable, and of each field of the server's own objects as a variable with a dot in its name."""
    found = dict.fromkeys(("object", "oldObject", *_STRUCTS, *_TESTED.values()), "dyn")
    return found | {f"{root}.{path}": kind for root, fields in _STRUCTS.items() for path, kind in fields.items()}


def values_of(root: Literal["request", "namespaceObject"], value: Manifest | None) -> dict[str, Any]:
    """The values of a variable with fields, and of its fields as variables."""
    found: dict[str, Any] = {root: value, _TESTED[root]: value}
    for path in _STRUCTS[root]:
        inner: Any = value
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        if inner is not None:
            found[f"{root}.{path}"] = inner
    return found


def tested_variables(names: Iterable[str]) -> dict[str, Any]:
    """The value that `has(variables.name)` looks at."""
    return {_TESTED["variables"]: dict.fromkeys(names, True)}


def checkable(expression: str, inlined: Mapping[str, str]) -> str:
    """The expression in the form that the engine compiles.

    The engine takes `has(request.name)` for the variable `request.name`, so the argument of `has` begins with another
    name of the same length, which keeps the positions in messages.

    Args:
        expression: the expression.
        inlined: the expressions of variables that the engine can't hold, by the variables' names.
    """
    parts, end = [], 0
    for chain in chains(expression):
        root = chain.names[0]
        if root == "variables" and len(chain.names) > 1 and chain.names[1] in inlined:
            parts += [expression[end : chain.start], f"({inlined[chain.names[1]]})"]
            end = chain.dots[1] if len(chain.dots) > 1 else _end(expression, chain)
        elif chain.is_tested and root in _TESTED and (root != "variables" or len(chain.names) == _ONE_FIELD):
            parts += [expression[end : chain.start], _TESTED[root]]
            end = chain.start + len(root)
    return "".join([*parts, expression[end:]])


def variables_in(expression: str) -> frozenset[str]:
    """The names of the policy's variables in an expression."""
    found = (chain.names for chain in chains(expression))
    return frozenset(names[1] for names in found if names[0] == "variables" and len(names) > 1)


def _end(expression: str, chain: Chain) -> int:
    """The position after a chain's first field."""
    return expression.index(chain.names[1], chain.dots[0]) + len(chain.names[1])


def undefined_fields(expression: str, variables: Collection[str] | None) -> list[str]:
    """The errors about fields that the server's objects and the policy's variables do not have.

    Args:
        expression: the expression.
        variables: the names of the policy's variables before the expression; None where it may not use any.
    """
    return [error for chain in chains(expression) for error in _undefined(expression, chain, variables)]


def _undefined(expression: str, chain: Chain, variables: Collection[str] | None) -> Iterator[str]:
    root, *fields = chain.names
    known: set[str] = set(variables or ()) if root == "variables" else set(_STRUCTS.get(root, ()))
    if root == "variables" and variables is None:
        yield located(expression, chain.start, "undeclared reference to 'variables' (in container '')")
        return
    if root == "authorizer" and len(fields) == 1 and not chain.is_call and fields != ["requestResource"]:
        yield located(expression, chain.dots[0], f"unexpected failed resolution of '{AUTHORIZER.name}'")
        return
    if root == "variables" and (not fields or chain.is_optional):
        yield located(expression, chain.start, "the sandbox supports variables only as variables.NAME")
        return
    if root not in _TESTED:
        return
    for at, name in enumerate(fields[:-1] if chain.is_call else fields):
        if at and not known:
            return
        deeper = {path.partition(".")[2] for path in known if path.partition(".")[0] == name}
        if not deeper:
            yield located(expression, chain.dots[at], f"undefined field '{name}'")
        known = deeper - {""}
