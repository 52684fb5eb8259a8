"""Conflicts, left and forced, on a cluster in memory."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import (
    InvalidSpecError,
    PartialApplyError,
)
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.sandbox.managedfields.apply import apply as server_side_apply
from tests.unit.provision.memory import NOW, PLATFORM, QUOTA, Memory, run, shown, tenant, with_hard

# `tenantkit plan` shows the conflict, too, and has no such option
FORCE_IN_SHELL = "add --force-conflicts KIND/NAME to `tenantkit apply` or `tenantkit install`"


def test_a_conflict_is_not_changed_and_everything_else_is_applied() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, with_hard(pods="99"))

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(size="large", editors=["eve@example.com"]))

    report = caught.value.report
    hard = memory.objects[QUOTA]["spec"]["hard"]
    assert (hard["pods"], hard["requests.cpu"]) == ("99", "64")
    assert shown(report.failed) == [
        (
            "ResourceQuota 'tenantkit-quota' in 'vision' spec.hard.pods: not changed: set by 'kubectl-edit'; "
            "to overwrite it, pass this row to apply(force_conflicts=…)"
        )
    ]
    assert sum(ref.kind == "RoleBinding" for ref in memory.objects) == 2


@pytest.mark.parametrize("form", ["rows", "frame", "records"])
def test_forcing_a_changed_and_an_added_field_leaves_other_conflicts(form: str) -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(
        QUOTA, with_hard(pods="99", services="98", **{"count/leases.coordination.k8s.io": "1", "count/x.y": "2"})
    )
    planned = plan(memory, tenant(), platform=PLATFORM)
    wanted = ("spec.hard.pods", "spec.hard[count/leases.coordination.k8s.io]")
    frame = planned.frame.query("field in @wanted")
    rows: Any = {
        "rows": [row for row in planned.rows if row.field in wanted],
        "frame": frame,
        "records": frame.to_dict("records"),
    }[form]

    with pytest.raises(PartialApplyError) as caught:
        apply(memory, planned, force_conflicts=rows, progress=False)

    hard = memory.objects[QUOTA]["spec"]["hard"]
    assert (hard["pods"], hard["services"], hard["count/x.y"]) == ("20", "98", "2")
    assert "count/leases.coordination.k8s.io" not in hard
    assert {outcome.field for outcome in caught.value.report.failed} == {"spec.hard.services", "spec.hard[count/x.y]"}


def test_after_forcing_all_conflicts_there_is_nothing_to_do() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, with_hard(pods="99", **{"count/x.y": "2"}))
    planned = plan(memory, tenant(), platform=PLATFORM)

    report = apply(memory, planned, force_conflicts=planned.frame.query("action == 'conflict'"), progress=False)

    assert shown(report.applied) == ["ResourceQuota 'tenantkit-quota' in 'vision'"]
    assert not plan(memory, tenant(), platform=PLATFORM).has_changes


def test_only_conflicts_of_that_plan_can_be_forced() -> None:
    memory = Memory()
    planned = plan(memory, tenant(), platform=PLATFORM)

    with pytest.raises(InvalidSpecError, match="is not a conflict of this plan"):
        apply(memory, planned, force_conflicts=planned.frame, progress=False)
    assert memory.objects == {}


def test_a_shared_field_that_is_left_to_its_other_owner_is_still_owned() -> None:
    memory = Memory()
    run(memory, tenant())
    live = memory.objects[QUOTA]
    theirs = {key: live[key] for key in ("apiVersion", "kind")}
    theirs |= {"metadata": {"name": QUOTA.name, "namespace": "vision"}, "spec": {"hard": {"pods": "20"}}}
    memory.objects[QUOTA] = server_side_apply(live, theirs, manager="argocd", force=False, time=NOW)

    with pytest.raises(PartialApplyError):
        run(memory, tenant(size="large"))

    entries = {entry["manager"]: entry for entry in memory.objects[QUOTA]["metadata"]["managedFields"]}
    assert memory.objects[QUOTA]["spec"]["hard"]["pods"] == "20"
    assert "f:pods" in entries["tenantkit"]["fieldsV1"]["f:spec"]["f:hard"]


def test_each_surface_says_in_its_own_words_how_to_overwrite_a_conflict() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, with_hard(pods="99"))
    planned = plan(memory, tenant(), platform=PLATFORM)

    [row] = [row for row in planned.rows if row.action == "conflict"]
    with pytest.raises(PartialApplyError) as caught:
        apply(memory, planned, progress=False)

    assert row.code == "set-by-other"
    assert row.words("shell") == f"set by 'kubectl-edit'; to overwrite it, {FORCE_IN_SHELL}"
    for words in (planned.words, caught.value.words, caught.value.report.words):
        assert "pass this row to apply(force_conflicts=…)" in words("python")
        assert FORCE_IN_SHELL in words("shell")
        assert "force_conflicts" not in words("shell")
    assert FORCE_IN_SHELL in str(planned.as_json("shell"))
    assert FORCE_IN_SHELL in str(caught.value.report.as_json("shell"))


@pytest.mark.parametrize("wrong", ["some", 7, ["pods"]])
def test_a_value_that_names_no_conflicts_is_refused(wrong: Any) -> None:
    memory = Memory()

    with pytest.raises(InvalidSpecError, match=r"force_conflicts=.*: pass rows of plan\.rows"):
        apply(memory, plan(memory, tenant(), platform=PLATFORM), force_conflicts=wrong, progress=False)


def test_all_conflicts_can_be_forced_by_one_word() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, with_hard(pods="99", **{"count/x.y": "2"}))

    apply(memory, plan(memory, tenant(), platform=PLATFORM), force_conflicts="all", progress=False)

    assert not plan(memory, tenant(), platform=PLATFORM).has_changes
