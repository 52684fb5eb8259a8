"""The authorizer: `authorizer.group('').resource('pods').namespace('vision').check('create').allowed()`.

A check that is being built is a text with all its parts. The rights behind it are those of the evaluation that runs,
since a value of the engine can't hold the authorizer itself.

Source: page "Validating Admission Policy", section "Authorization checks"; apiserver's pkg/cel/library/authz.go, 1.37.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from tenantkit.sandbox.apimachinery.validation import dns_label, dns_subdomain
from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import AUTHORIZER, DECISION, GROUP_CHECK, PATH_CHECK, RESOURCE_CHECK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tenantkit.sandbox.cel.opaque import OpaqueType


class Decision(NamedTuple):
    """What the authorizer decided."""

    allowed: bool
    reason: str = ""
    error: str = ""


# The server counts 350,000 for a check, and lets an expression take 1,000,000.
_CHECKS_PER_EXPRESSION = 2
OVER_LIMIT = "operation cancelled: actual cost limit exceeded"
_authorize: ContextVar[Callable[[Mapping[str, str]], Decision]] = ContextVar("authorize")
_checks: ContextVar[int] = ContextVar("checks", default=0)


@contextmanager
def authorizing(authorize: Callable[[Mapping[str, str]], Decision]) -> Iterator[None]:
    """Let expressions ask for decisions.

    Args:
        authorize: decides by the attributes `verb`, and `path` or `group`, `resource`, `subresource`, `namespace` and
            `name`; with `account_namespace` and `account` for a service account instead of the request's user.
    """
    token = _authorize.set(authorize)
    try:
        yield
    finally:
        _authorize.reset(token)


@contextmanager
def counting_checks() -> Iterator[None]:
    """Count the checks of one expression; those of a variable that it needs are not among them."""
    token = _checks.set(0)
    try:
        yield
    finally:
        _checks.reset(token)


def authorizer() -> Any:
    """The value of the variable `authorizer`."""
    return AUTHORIZER.value("{}")


def resource_check(**parts: str) -> Any:
    """The value of the variable `authorizer.requestResource`."""
    return RESOURCE_CHECK.value(json.dumps(parts))


def _with(before: OpaqueType, after: OpaqueType, part: str, *, required: str = "") -> Callable[[Any, str], Any]:
    """A function that adds a part to a check; with `required` it must not be empty."""

    def run(value: Any, text: str) -> Any:
        if required and not text.strip():
            raise ValueError(f"{required} must not be empty")
        return after.value(json.dumps({**json.loads(before.text(value)), part: text}))

    return run


def _service_account(value: Any, namespace: str, name: str) -> Any:
    if dns_subdomain(name):
        raise ValueError("Invalid service account name")
    if dns_label(namespace):
        raise ValueError("Invalid service account namespace")
    parts = json.loads(AUTHORIZER.text(value)) | {"account_namespace": namespace, "account": name}
    return AUTHORIZER.value(json.dumps(parts))


def _check(kind: OpaqueType) -> Callable[[Any, str], Any]:
    def run(value: Any, verb: str) -> Any:
        _checks.set(_checks.get() + 1)
        if _checks.get() > _CHECKS_PER_EXPRESSION:
            raise ValueError(OVER_LIMIT)
        return DECISION.value(json.dumps(_authorize.get()({**json.loads(kind.text(value)), "verb": verb})))

    return run


def _decision(function: Callable[[Decision], Any]) -> Callable[[Any], Any]:
    return lambda value: function(Decision(*json.loads(DECISION.text(value))))


AUTHORIZER_LIBRARY = (
    Overload("path", [AUTHORIZER, "string"], PATH_CHECK, _with(AUTHORIZER, PATH_CHECK, "path", required="path")),
    Overload("group", [AUTHORIZER, "string"], GROUP_CHECK, _with(AUTHORIZER, GROUP_CHECK, "group")),
    Overload("serviceAccount", [AUTHORIZER, "string", "string"], AUTHORIZER, _service_account),
    Overload(
        "resource",
        [GROUP_CHECK, "string"],
        RESOURCE_CHECK,
        _with(GROUP_CHECK, RESOURCE_CHECK, "resource", required="resource"),
    ),
    *(
        Overload(part, [RESOURCE_CHECK, "string"], RESOURCE_CHECK, _with(RESOURCE_CHECK, RESOURCE_CHECK, part))
        for part in ("subresource", "namespace", "name", "fieldSelector", "labelSelector")
    ),
    Overload("check", [RESOURCE_CHECK, "string"], DECISION, _check(RESOURCE_CHECK)),
    Overload("check", [PATH_CHECK, "string"], DECISION, _check(PATH_CHECK)),
    Overload("allowed", [DECISION], "bool", _decision(lambda decision: decision.allowed)),
    Overload("reason", [DECISION], "string", _decision(lambda decision: decision.reason)),
    Overload("errored", [DECISION], "bool", _decision(lambda decision: bool(decision.error))),
    Overload("error", [DECISION], "string", _decision(lambda decision: decision.error)),
)
