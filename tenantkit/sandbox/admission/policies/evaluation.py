"""The evaluation of a policy for a write and one object of parameters.

Source: apiserver's pkg/admission/plugin/policy/validating/validator.go and plugin/cel, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cel.declared import tested_variables
from tenantkit.sandbox.cel.expressions import CompileError, EvaluationError, UnknownVariableError, activation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.policies.policy import Policy, Validation
    from tenantkit.sandbox.admission.policies.request import Write
    from tenantkit.sandbox.cel.expressions import Expression

_MESSAGE_BYTES = 5 * 1024


@dataclass(frozen=True, slots=True)
class Denial:
    """A validation that failed, or an error; `always` denies whatever the binding's actions are."""

    message: str
    reason: str = ""
    always: bool = False


class Evaluation:
    """The values of a policy's variables for one write.

    The variables that an expression names are evaluated before it, those that need no others at once, since handing
    values to the engine costs more than most expressions. A variable that fails has no value, so that an expression
    fails only if it gets to it, as on the server, which evaluates a variable when it is needed.
    """

    def __init__(self, policy: Policy, values: Mapping[str, Any]) -> None:
        self._variables = dict(policy.variables)
        self._values = {**values, **tested_variables(self._variables)}
        self._failed: dict[str, str] = {}
        self._done: set[str] = set()
        self._activation: Any = None

    def run(self, expression: Expression | CompileError) -> Any:
        """The result of an expression.

        Raises:
            EvaluationError: in the server's words.
        """
        if isinstance(expression, CompileError):
            raise EvaluationError(f"compilation error: {expression}")
        if not expression.uses <= self._done:
            self._evaluate(self._needed(expression.uses))
        return self._run(expression)

    def _needed(self, names: Iterable[str]) -> dict[str, Expression | CompileError]:
        """These variables and those that they need, unless they are done."""
        found: dict[str, Expression | CompileError] = {}
        todo = [*names]
        while todo:
            name = todo.pop()
            if name in self._done or name in found:
                continue
            found[name] = self._variables[name]
            todo += getattr(found[name], "uses", ())
        return found

    def _evaluate(self, needed: dict[str, Expression | CompileError]) -> None:
        while needed:
            ready = {name: item for name, item in needed.items() if getattr(item, "uses", frozenset()) <= self._done}
            values = {name: self._value(name, item) for name, item in ready.items()}
            self._values |= {f"variables.{name}": value for name, value in values.items() if name not in self._failed}
            self._done |= ready.keys()
            self._activation = None
            needed = {name: item for name, item in needed.items() if name not in ready}

    def _value(self, name: str, expression: Expression | CompileError) -> Any:
        """The value of a variable whose own variables are done; None, with a note, if it fails."""
        if isinstance(expression, CompileError):
            self._failed[name] = f'composited variable "{name}" fails to compile: {expression}'
            return None
        try:
            return self._run(expression)
        except EvaluationError as error:
            self._failed[name] = f'composited variable "{name}" fails to evaluate: {error}'
            return None

    def _run(self, expression: Expression) -> Any:
        if self._activation is None:
            self._activation = activation(self._values)
        try:
            return expression.evaluate(self._activation)
        except UnknownVariableError as unknown:
            root, _, field = unknown.name.partition(".")
            if root == "variables":
                raise EvaluationError(self._failed[field]) from unknown
            missing = unknown.name.rpartition(".")[2]
            raise EvaluationError(
                f"no such key: {missing}" if field else f"no such attribute(s): {unknown.name}"
            ) from unknown


def denials(policy: Policy, write: Write, param: Manifest | None) -> Iterator[Denial]:
    """What a policy denies of a write, in the order of its validations.

    Args:
        policy: the policy.
        write: the write, which the policy and a binding match.
        param: the parameters; None without any.
    """
    about = {**write.variables(), "params": param}
    for_conditions = {**about, **write.authorizers(), "namespaceObject": None}
    try:
        if not _meets_conditions(policy, Evaluation(policy, for_conditions)):
            return
    except EvaluationError as error:
        if policy.denies_errors:
            yield Denial(str(error))
        return
    about |= write.namespace_variables()
    run = Evaluation(policy, {**about, **write.authorizers()})
    for_messages = Evaluation(policy, about)
    for validation in policy.validations:
        yield from _failed(policy, validation, run, for_messages)
    for text, expression in policy.annotations:
        try:
            run.run(expression)
        except EvaluationError as error:
            if policy.denies_errors:
                yield Denial(_named(text, error), always=True)


def _meets_conditions(policy: Policy, run: Evaluation) -> bool:
    """Whether all match conditions are met; one that is not wins over errors of others."""
    errors = []
    for _, expression in policy.conditions:
        try:
            if not run.run(expression):
                return False
        except EvaluationError as error:
            errors.append(_named(getattr(expression, "text", ""), error))
    if errors:
        distinct = list(dict.fromkeys(errors))
        raise EvaluationError(distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]")
    return True


def _failed(policy: Policy, validation: Validation, run: Evaluation, for_messages: Evaluation) -> Iterator[Denial]:
    """The denial of one validation, if it fails."""
    text = validation.spec["expression"]
    try:
        if run.run(validation.expression):
            return
    except EvaluationError as error:
        if policy.denies_errors:
            yield Denial(_named(text, error))
        return
    message = _message(validation, for_messages) or (validation.spec.get("message") or "").strip()
    yield Denial(message or f"failed expression: {text.strip()}", validation.spec.get("reason") or "Invalid")


def _message(validation: Validation, run: Evaluation) -> str:
    """The text of a validation's messageExpression; empty if it has none, or it is not usable."""
    if validation.message is None:
        return ""
    try:
        found = run.run(validation.message)
    except EvaluationError:
        return ""
    text = found.strip() if isinstance(found, str) else ""
    return "" if "\n" in text or len(text.encode()) > _MESSAGE_BYTES else text


def _named(text: str, error: EvaluationError) -> str:
    """An error with its expression, as in the server's messages."""
    if str(error).startswith("compilation error: "):
        return str(error)
    return f"expression '{text}' resulted in error: {error}"
