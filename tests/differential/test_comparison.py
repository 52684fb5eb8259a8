"""The comparison ignores only values that two servers can't have in common."""

from __future__ import annotations

from random import Random

from tests.contract import engines
from tests.differential.comparison import differences
from tests.differential.exchange import Answer, Exchange
from tests.differential.grammar import LEFT_OUT, OPERATIONS, USERS
from tests.differential.runs import Run
from tests.differential.steps import draw_step

_STEPS = 60
STEP = draw_step(Random(1), "get")  # noqa: S311 (chance that can be had again)


def answer(status: int = 200, *warnings: str, **body: object) -> Answer:
    return Answer(status, warnings, body)


def places(expected: Answer, found: Answer) -> list[str]:
    return [item.place for item in differences(STEP, expected, found)]


def test_two_sandboxes_answer_the_same_requests_alike() -> None:
    chance = Random(1)  # noqa: S311 (as above)
    with engines.sandbox() as one, engines.sandbox() as other:
        run = Run(Exchange.to(one, USERS), Exchange.to(other, USERS), "alike", patience_s=0.5)
        different = run.begin()
        for _ in range(_STEPS):
            different += run.take(draw_step(chance))
        different += run.end()

    assert different == []


def test_identities_versions_and_times_may_differ() -> None:
    one = {"uid": "a", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z", "name": "x"}
    other = {"uid": "b", "resourceVersion": "2", "creationTimestamp": "2026-01-02T00:00:00Z", "name": "x"}

    assert places(answer(metadata=one), answer(metadata=other)) == []


def test_a_status_a_message_a_warning_a_field_and_its_type_may_not_differ() -> None:
    assert places(answer(200), answer(201)) == ["status"]
    assert places(answer(message="a b"), answer(message="a c")) == ["body.message"]
    assert places(answer(200, "old"), answer(200)) == ["warnings"]
    assert places(answer(spec={"a": 1}), answer(spec={})) == ["body.spec.a"]
    assert places(answer(spec={"a": 1}), answer(spec={"a": True})) == ["body.spec.a"]
    assert places(answer(uid="a"), answer()) == ["body.uid"]


def test_every_operation_is_drawn_and_every_omission_has_a_reason() -> None:
    chance = Random(1)  # noqa: S311 (as above)

    assert {draw_step(chance, operation).operation for operation in OPERATIONS} == set(OPERATIONS)
    assert all(LEFT_OUT.values())
