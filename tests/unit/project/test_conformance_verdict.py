"""The verdict on two runs of the conformance tests: which tests must be on the list of refused ones, and which not."""

from __future__ import annotations

import json

from tests.conformance.__main__ import README, RECORDED, refused_tests
from tests.conformance.verdict import MAY_BE_REFUSED, Outcome, Verdict, judge

PASSED, FAILED = Outcome(passed=True, seconds=1), Outcome(passed=False, seconds=1, why="timed out")
FIVE = {"a": PASSED, "b": PASSED, "c": PASSED, "d": PASSED, "e": PASSED}


def test_tests_that_pass_on_both_are_no_problem() -> None:
    assert judge(FIVE, FIVE, {}) == Verdict(both=5, asked=5, problems=())


def test_a_test_that_needs_a_refused_feature_may_fail_and_does_not_count() -> None:
    verdict = judge(FIVE, FIVE | {"e": FAILED}, {"e": "replication controllers"})
    assert verdict == Verdict(both=4, asked=5, problems=())
    assert verdict.figure == "4 of Kubernetes' own 5 tests"


def test_a_test_that_fails_only_on_the_sandbox_is_reported_with_its_reason() -> None:
    assert judge(FIVE, FIVE | {"e": FAILED}, {}).problems == ("fails on the sandbox: e: timed out",)


def test_a_test_that_passes_may_not_stay_on_the_list() -> None:
    assert judge(FIVE, FIVE, {"e": "scale"}).problems == ("passes now, remove it from the list (scale): e",)


def test_a_test_that_was_not_run_has_not_passed() -> None:
    verdict = judge({"a": PASSED}, {}, {})
    assert verdict == Verdict(both=0, asked=1, problems=("was not run on the sandbox: a",))


def test_a_test_that_fails_on_the_real_control_plane_must_be_left_out() -> None:
    verdict = judge({"a": PASSED, "b": FAILED}, {"a": PASSED}, {})
    assert verdict == Verdict(both=1, asked=1, problems=("fails on the real engine, leave it out: b: timed out",))


def test_at_most_a_fifth_may_be_refused() -> None:
    two = {"d": "scale", "e": "scale"}
    assert judge(FIVE, FIVE | {"d": FAILED, "e": FAILED}, two).problems == (
        "the list is too long: 2 of 5, at most a fifth may be refused",
    )


def test_in_a_whole_run_the_list_names_only_tests_that_were_run() -> None:
    assert judge(FIVE, FIVE, {"z": "scale"}).problems == ("is on the list and is not a test: z",)
    assert judge(FIVE, FIVE, {"z": "scale"}, whole=False).problems == ()


def test_the_readme_has_the_figure_of_the_recorded_run() -> None:
    passing = {name for name, it in json.loads(RECORDED.read_text())["outcomes"].items() if it["passed"]}
    refused = set(refused_tests())
    assert refused <= passing
    assert len(refused) <= MAY_BE_REFUSED * len(passing)
    assert f"It passes {len(passing) - len(refused)} of Kubernetes' own {len(passing)} tests" in README.read_text()
