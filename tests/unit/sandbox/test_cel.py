"""CEL: names in expressions, the engine's messages in the server's words, limits, and a machine without the engine."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apis.validation.objects import validate
from tenantkit.sandbox.cel.declared import checkable, undefined_fields
from tenantkit.sandbox.cel.engine import REMEDY, engine
from tenantkit.sandbox.cel.expressions import (
    CompileError,
    Declared,
    EvaluationError,
    Scope,
    _environment,
    activation,
    compiled,
)
from tenantkit.sandbox.cel.messages import compile_errors, runtime_error
from tenantkit.sandbox.cel.tokens import chains
from tests.contract.api.kind_samples import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator


def evaluated(expression: str, **values: Any) -> Any:
    return compiled(expression, Scope()).evaluate(activation(values))


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a.b.c", [("a", "b", "c")]),
        ("a.b == c", [("a", "b"), ("c",)]),
        ("'a.b' + \"c.d\" + r'e\\' + '''f'g'''", []),
        ("a // b.c\n.d", [("a",)]),
        ("f(x).y.z", [("f",), ("x",)]),
        ("a['b'].c", [("a",)]),
        ("a . b.?c", [("a", "b", "c")]),
        ("1.5 + a2", [("a2",)]),
        (r"'it\'s' + a.b", [("a", "b")]),
    ],
)
def test_names_are_found_outside_of_texts_and_comments(expression: str, names: list[tuple[str, ...]]) -> None:
    assert [chain.names for chain in chains(expression)] == names


def test_the_argument_of_has_gets_another_name_of_the_same_length() -> None:
    expression = "has(request.name) && has(variables.a) && has(variables.a.b) && request.name == 'x'"

    sent = checkable(expression, {})

    assert sent == "has(_equest.name) && has(_ariables.a) && has(variables.a.b) && request.name == 'x'"
    assert len(sent) == len(expression)


def test_a_variable_that_the_engine_cannot_hold_is_put_in_its_place() -> None:
    optional = Declared("o", "optional_type<dyn>", "object.?a")

    assert checkable("variables.o.orValue(1) + variables.other", {"o": optional.expression}) == (
        "(object.?a).orValue(1) + variables.other"
    )
    found = compiled("variables.o.orValue(1) == 1", Scope(variables=(optional,)))
    assert found.evaluate(activation({"object": {}})) is True


def test_only_declared_fields_are_known() -> None:
    assert undefined_fields("request.userInfo.username + request.options.anything", None) == []
    assert undefined_fields("variables.a + variables.b", ["a"]) == [
        "ERROR: <input>:1:24: undefined field 'b'\n | variables.a + variables.b\n | .......................^"
    ]


def test_errors_are_sorted_by_their_places_and_name_the_variable_alone() -> None:
    with pytest.raises(CompileError) as caught:
        compiled("foo.bar == 1 &&\n  baz(1)", Scope())

    assert str(caught.value) == (
        "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n"
        " | foo.bar == 1 &&\n | ^\n"
        "ERROR: <input>:2:6: undeclared reference to 'baz' (in container '')\n"
        " |   baz(1)\n | .....^"
    )
    assert compile_errors("x", "something else") == "something else"


@pytest.mark.parametrize(
    ("engines", "servers"),
    [
        ('NOT_FOUND: Key not found in map : "a"', "no such key: a"),
        ("UNKNOWN: No matching overloads found : _<_(int64, string)", "no such overload"),
        ("UNKNOWN: No matching overloads found : string(map)", "no such overload: string(map)"),
        (
            "INVALID_ARGUMENT: invalid regular expression: no argument for repetition operator: *",
            "error parsing regexp: missing argument to repetition operator: `*`",
        ),
        ("INVALID_ARGUMENT: something new", "something new"),
    ],
)
def test_an_error_is_in_the_servers_words(engines: str, servers: str) -> None:
    assert runtime_error(engines) == servers


def test_an_expression_ends_after_ten_thousand_steps() -> None:
    assert evaluated("object.all(i, i >= 0)", object=list(range(9_999))) is True

    with pytest.raises(EvaluationError, match="actual cost limit exceeded"):
        evaluated("object.all(i, object.all(k, i >= 0))", object=list(range(200)))


@pytest.mark.parametrize("text", ["1500m", "-2", "0.1", "3Ki", "1e3", "9223372036854775807"])
def test_a_quantity_is_equal_to_itself_in_any_notation(text: str) -> None:
    assert evaluated(
        "quantity(object) == quantity(object).add(0) && quantity(object).compareTo(quantity(object)) == 0", object=text
    )


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which the engine is not installed."""
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    for cached in (engine, compiled, _environment):
        cached.cache_clear()
    yield
    engine.cache_clear()


@pytest.mark.usefixtures("no_engine")
def test_without_the_engine_a_policy_is_refused_with_the_remedy() -> None:
    policy = GOOD["ValidatingAdmissionPolicy"].named("sample")
    policy["spec"] |= {"failurePolicy": "Fail"}
    policy["spec"]["matchConstraints"] |= {"matchPolicy": "Equivalent"}

    with pytest.raises(ApiError) as caught:
        validate(policy)

    assert (caught.value.code, caught.value.message) == (500, f"Internal error occurred: {REMEDY}")


def test_the_engine_is_imported_with_the_first_policy() -> None:
    program = (
        "import sys; from tenantkit.sandbox.server import Sandbox; box = Sandbox(); box.close(); "
        "print([name for name in sys.modules if name.startswith('cel_expr')])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
