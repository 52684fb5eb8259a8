"""What expressions evaluate to, and how they are refused; the same on both engines."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.contract.api.policies.bound import POLICIES, Bound, active, config_map, create, warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.wire import Wire

TABLE = yaml.safe_load(Path(__file__).with_name("expressions.yaml").read_text(encoding="utf-8"))
VARIABLES: list[dict[str, str]] = TABLE["variables"]
EVALUATED = [item for item in TABLE["expressions"] if "is" in item]
REFUSED = [item for item in TABLE["expressions"] if "refused" in item]
_AT_ONCE = 10  # the server shortens the warnings of an answer once they have 4,096 characters


def shown(item: dict[str, Any]) -> str:
    return str(item["expression"])


def policy_of(*expressions: str) -> Bound:
    validations = [{"expression": expression} for expression in expressions]
    return Bound({"variables": VARIABLES, "validations": validations}, actions=("Warn",))


def outcome(told: list[str], expression: str) -> bool | str:
    """What the warnings of an answer say about an expression: true, false or its error."""
    error = f"expression '{expression}' resulted in error: "
    for text in told:
        if text.endswith(f": failed expression: {expression.strip()}"):
            return False
        if error in text:
            return text.partition(error)[2]
    return True


@pytest.fixture(scope="module")
def outcomes(wire: Wire) -> Iterator[Callable[[str], bool | str]]:
    """What each expression of the table evaluates to."""
    all_of_them = [shown(item) for item in EVALUATED]
    all_of_them += [text for item in TABLE["different"] if refusal(wire, text := shown(item)) is None]
    starts = range(0, len(all_of_them), _AT_ONCE)
    groups = {f"group-{start}": all_of_them[start : start + _AT_ONCE] for start in starts}
    with active(wire, {key: policy_of(*group) for key, group in groups.items()}) as names:

        @cache
        def told(key: str) -> list[str]:
            answer = create(wire, "default", config_map(names[key], **TABLE["data"]))
            assert answer.status == 201, answer.body
            return warnings(answer)

        yield lambda expression: outcome(told(next(key for key in groups if expression in groups[key])), expression)


@pytest.mark.parametrize("item", EVALUATED, ids=shown)
def test_an_expression_evaluates_to_the_same(outcomes: Callable[[str], bool | str], item: dict[str, Any]) -> None:
    assert outcomes(item["expression"]) == item["is"]


@pytest.mark.parametrize("item", REFUSED, ids=shown)
def test_an_expression_that_does_not_compile_is_refused(wire: Wire, item: dict[str, Any]) -> None:
    assert refusal(wire, item["expression"]) == item["refused"]


@pytest.mark.gap(
    "sandbox", raises=AssertionError, reason="has another CEL engine, without struct types and transformMap"
)
@pytest.mark.parametrize("item", TABLE["different"], ids=shown)
def test_an_expression_that_the_sandbox_answers_otherwise(
    wire: Wire, outcomes: Callable[[str], bool | str], item: dict[str, Any]
) -> None:
    refused = refusal(wire, item["expression"])
    assert refused == item.get("refused")
    if refused is None:
        assert outcomes(item["expression"]) == item["is"]


def refusal(wire: Wire, expression: str) -> str | None:
    """The first line of why a policy with the expression is refused; None if it is not."""
    answer = wire("POST", POLICIES, policy_of(expression).policy("refused"), query={"dryRun": "All"})
    if answer.status == 201:
        return None
    (cause,) = answer.body["details"]["causes"]
    assert (answer.status, cause["field"]) == (422, "spec.validations[0].expression")
    return str(cause["message"].partition('": ')[2].partition("\n")[0])
