from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.managedfields.apply import apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update

Json = dict[str, Any]

EARLIER, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
amounts = st.dictionaries(st.sampled_from(["pods", "services", "secrets"]), st.sampled_from(["1", "2"]))


def quota(hard: Json) -> Json:
    spec = {"hard": hard} if hard else {}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "vision"}, "spec": spec}


def applied(live: Json | None, hard: Json, *, manager: str = "tenantkit", force: bool = False, time: str = NOW) -> Json:
    return apply(live, quota(hard), manager=manager, force=force, time=time)


def test_a_first_apply_owns_only_the_applied_fields() -> None:
    assert applied(None, {"pods": "5"}) == {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": "q",
            "namespace": "vision",
            "managedFields": [
                {
                    "manager": "tenantkit",
                    "operation": "Apply",
                    "apiVersion": "v1",
                    "time": NOW,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:spec": {"f:hard": {"f:pods": {}}}},
                }
            ],
        },
        "spec": {"hard": {"pods": "5"}},
        "status": {},
    }


def test_an_edited_field_is_a_conflict_that_names_manager_and_field() -> None:
    live = applied(None, {"pods": "5"})
    edited = track_update(live, {**live, "spec": {"hard": {"pods": "7"}}}, manager="kubectl-edit", time=NOW)
    with pytest.raises(ApiError) as caught:
        applied(edited, {"pods": "5"})
    message = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .spec.hard.pods'
    cause = {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "kubectl-edit" using v1',
        "field": ".spec.hard.pods",
    }
    assert caught.value.status_body() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "Conflict",
        "details": {"causes": [cause]},
        "code": 409,
    }


def test_a_field_taken_over_by_force_is_removed_by_an_apply_without_it() -> None:
    live = applied(None, {"pods": "5"}, manager="other")
    taken = applied(live, {"pods": "6", "secrets": "1"}, force=True)
    assert applied(taken, {"secrets": "1"})["spec"] == {"hard": {"secrets": "1"}}


def test_an_apply_that_changes_nothing_keeps_the_time() -> None:
    live = applied(None, {"pods": "5"}, time=EARLIER)
    assert applied(live, {"pods": "5"}, time=NOW) is live


def test_an_apply_does_not_change_its_arguments() -> None:
    live = applied(None, {"pods": "5", "secrets": "1"})
    before, sent = copy.deepcopy(live), quota({"pods": "6"})
    apply(live, sent, manager="tenantkit", force=False, time=NOW)
    assert (live, sent) == (before, quota({"pods": "6"}))


@given(first=amounts, second=amounts)
def test_the_last_apply_of_a_single_manager_decides(first: Json, second: Json) -> None:
    assert applied(applied(None, first), second)["spec"].get("hard", {}) == second


@given(mine=amounts, theirs=amounts)
def test_applying_twice_is_applying_once(mine: Json, theirs: Json) -> None:
    once = applied(applied(None, theirs, manager="other"), mine, force=True)
    assert applied(once, mine) == once


@given(mine=amounts, theirs=amounts)
def test_a_field_stays_while_another_manager_applies_it(mine: Json, theirs: Json) -> None:
    both = applied(applied(None, mine), theirs, manager="other", force=True)
    assert applied(both, {})["spec"].get("hard", {}) == theirs
