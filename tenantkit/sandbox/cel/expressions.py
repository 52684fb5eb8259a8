"""Expressions: compiled once, evaluated for each request.

Source: apiserver's pkg/cel/environment/base.go and pkg/admission/plugin/cel/compile.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.cel.declared import checkable, typed_variables, undefined_fields, variables_in
from tenantkit.sandbox.cel.engine import engine
from tenantkit.sandbox.cel.libraries.addresses import ADDRESS_LIBRARY
from tenantkit.sandbox.cel.libraries.authorizer import AUTHORIZER_LIBRARY, OVER_LIMIT, counting_checks
from tenantkit.sandbox.cel.libraries.declare import functions_of, kind_of
from tenantkit.sandbox.cel.libraries.formats import FORMAT_LIBRARY
from tenantkit.sandbox.cel.libraries.lists import LIST_LIBRARY
from tenantkit.sandbox.cel.libraries.quantity import QUANTITY_LIBRARY
from tenantkit.sandbox.cel.libraries.regex import REGEX_LIBRARY
from tenantkit.sandbox.cel.libraries.semver import SEMVER_LIBRARY
from tenantkit.sandbox.cel.libraries.urls import URL_LIBRARY
from tenantkit.sandbox.cel.messages import compile_errors, runtime_error
from tenantkit.sandbox.cel.opaque import AUTHORIZER, RESOURCE_CHECK, with_kubernetes_names
from tenantkit.sandbox.cel.tokens import literals, located

if TYPE_CHECKING:
    from collections.abc import Mapping

# as the server has them for new expressions; the engine's math, bindings and encoders are not among them
_EXTENSIONS: Final = """
name: kubernetes
extensions:
  - name: optional
  - name: two-var-comprehensions
  - name: lists
  - name: sets
  - name: strings
    version: 2
"""
# what shows whether a literal is a valid argument of a function
_CHECKED: Final = {
    **dict.fromkeys(("matches", "find", "findAll"), "''.matches({})"),
    "timestamp": "timestamp({})",
    "duration": "duration({})",
}
_UNKNOWN = 'No value with name "'


class CompileError(Exception):
    """An expression that does not compile; the message is the server's."""


class ProgramError(CompileError):
    """An expression that compiles, but can't be run; the server calls that an internal error."""


class EvaluationError(Exception):
    """An expression that ended with an error; the message is the server's."""


class UnknownVariableError(EvaluationError):
    """An expression that needs a variable that has no value; `name` is the variable."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable of a policy, whose expression compiles.

    Args:
        name: its name.
        type: the type of its value, as the engine writes it: `list<string>`.
        expression: in the form that the engine compiles.
    """

    name: str
    type: str
    expression: str

    @property
    def is_inlined(self) -> bool:
        """Whether the engine can't hold its value, so that its expression takes its place."""
        return any(kind in self.type for kind in ("optional_type", "duration", "timestamp"))


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to.

    Args:
        params: whether the policy has parameters.
        authorizer: whether the expression may use the authorizer.
        variables: the policy's variables before the expression; None where it may not use any.
        is_rule: whether it is a rule of a schema, which has `self` and `oldSelf` and nothing else.
    """

    params: bool = False
    authorizer: bool = True
    variables: tuple[Declared, ...] | None = None
    is_rule: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Args:
        text: the expression, in the form that the engine compiles.
        type: the type of its result, as the engine writes it.
        uses: the names of the policy's variables in it.
    """

    text: str
    type: str
    uses: frozenset[str]
    _program: Any

    def evaluate(self, activation: Any) -> Any:
        """The result, as a Python value.

        Args:
            activation: the values of the variables, see `activation`.

        Raises:
            EvaluationError: in the server's words.
        """
        try:
            with counting_checks():
                value = self._program.eval(activation)
            if value.type() == engine().Type.ERROR:
                raise _failed(str(value.value()))
            return value.plain_value()
        except RuntimeError as error:
            text = str(error)
            raise EvaluationError(OVER_LIMIT if "budget" in text else runtime_error(text)) from error


@lru_cache(maxsize=4096)
def compiled(text: str, scope: Scope, *, returns: tuple[str, ...] = ()) -> Expression:
    """Compile an expression.

    Args:
        text: the expression.
        scope: what it may refer to.
        returns: the types that its result may have. Default: any.

    Raises:
        CompileError: it does not compile, or returns another type.
        NoEngineError: the engine is not installed.
    """
    _parse(text)
    variables = scope.variables
    errors = undefined_fields(text, None if variables is None else [item.name for item in variables])
    if errors:
        raise CompileError("compilation failed: " + "\n".join(errors))
    inlined = {item.name: item.expression for item in variables or () if item.is_inlined}
    sent = checkable(text, inlined)
    try:
        program = _environment(scope).compile(sent)
    except RuntimeError as error:
        raise CompileError("compilation failed: " + compile_errors(text, str(error))) from error
    _check_literals(text)
    if b"cel.@mapInsert" in program.serialize():
        raise CompileError("compilation failed: the sandbox has no transformMap and no transformMapEntry")
    kind = str(program.return_type()).lower()
    name = type_name(kind)
    if returns and name not in returns:
        expected = f"{returns[0]}" if len(returns) == 1 else f"one of [{' '.join(returns)}]"
        raise CompileError(f"must evaluate to {expected} but got {name}")
    return Expression(sent, kind, variables_in(sent), program)


def _parse(text: str) -> None:
    """Raise CompileError for an expression that is not CEL; what looks at its tokens expects that its texts end."""
    try:
        _environment(Scope()).compile(text, disable_check=True)
    except RuntimeError as error:
        raise CompileError("compilation failed: " + compile_errors(text, str(error))) from error


def _check_literals(text: str) -> None:
    """Raise CompileError for a regular expression, time or duration that is written wrong."""
    for literal in literals(text, _CHECKED):
        value = _empty().compile(_CHECKED[literal.function].format(literal.text)).eval()
        if value.type() != engine().Type.ERROR:
            continue
        if literal.function in {"find", "findAll"}:
            raise ProgramError(f"program instantiation failed: {runtime_error(str(value.value()))}")
        why = located(text, literal.start, f"invalid {literal.function} argument")
        raise CompileError(f"compilation failed: {why}")


def activation(values: Mapping[str, Any]) -> Any:
    """The values of variables, converted for the engine once for all the expressions that are evaluated with them."""
    return _empty().Activation(values)


def type_name(kind: str) -> str:
    """A type in the server's words.

    Example:
        >>> type_name("list<string>")
        'list(string)'
    """
    text = kind.replace("<", "(").replace(">", ")")
    return with_kubernetes_names({"null": "null_type"}.get(text, text))


@cache
def _empty() -> Any:
    return engine().NewEnv()


@cache
def _library() -> Any:
    overloads = (
        *ADDRESS_LIBRARY,
        *AUTHORIZER_LIBRARY,
        *FORMAT_LIBRARY,
        *LIST_LIBRARY,
        *QUANTITY_LIBRARY,
        *REGEX_LIBRARY,
        *SEMVER_LIBRARY,
        *URL_LIBRARY,
    )
    return engine().CelExtension("kubernetes", functions_of(overloads))


@lru_cache(maxsize=256)
def _environment(scope: Scope) -> Any:
    cel = engine()
    types = dict.fromkeys(("self", "oldSelf"), "dyn") if scope.is_rule else typed_variables()
    declared = {name: kind_of(kind) for name, kind in types.items()}
    if scope.params:
        declared["params"] = cel.Type.DYN
    if scope.authorizer:
        declared |= {"authorizer": AUTHORIZER.type, "authorizer.requestResource": RESOURCE_CHECK.type}
    held = (item for item in scope.variables or () if not item.is_inlined)
    declared |= {f"variables.{item.name}": cel.Type(item.type) for item in held}
    config = cel.NewEnvConfigFromYaml(_EXTENSIONS)
    return cel.NewEnv(config=config, variables=declared, extensions=[_library()])


def _failed(text: str) -> EvaluationError:
    if _UNKNOWN in text:
        return UnknownVariableError(text.partition(_UNKNOWN)[2].partition('"')[0])
    return EvaluationError(runtime_error(text))
