"""The server's answer to a write is compared with what was sent: an admission plug-in may store something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, StoredDifferentlyError
from tenantkit.provision.answers import check_answer, check_removed
from tenantkit.provision.plan import plan
from tests.unit.provision.memory import PLATFORM, QUOTA, Memory, run, shown, tenant, with_hard

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

PROBABLY = "otherwise than it was sent, probably by a mutating admission policy or webhook"


def quota(**hard: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}


def capped(manifest: Manifest) -> Manifest:
    """A policy that lowers each quota of pods."""
    if manifest["kind"] != "ResourceQuota":
        return manifest
    return {**manifest, "spec": {"hard": manifest["spec"]["hard"] | {"pods": "5"}}}


def test_a_mutated_value_is_a_failure_and_never_applied() -> None:
    memory = Memory(admission=capped)

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant())

    [failure] = caught.value.report.failed
    assert (failure.ref, failure.code) == (QUOTA, "stored-differently")
    assert failure.reason == f"the server stored ResourceQuota {PROBABLY}: spec.hard.pods is 5 instead of 20"
    assert QUOTA not in {outcome.ref for outcome in caught.value.report.applied}


def test_an_update_that_is_mutated_back_is_a_failure_each_time() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.admission = lambda live: capped(live) | {"status": live.get("status")}

    for _ in range(2):
        with pytest.raises(PartialApplyError, match=r"spec\.hard\.pods is 5 instead of 50"):
            run(memory, tenant(size="medium"))


def test_a_mutated_grant_is_a_failure() -> None:
    def strip(manifest: Manifest) -> Manifest:
        if manifest["kind"] == "Namespace":
            del manifest["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        return manifest

    with pytest.raises(PartialApplyError, match=r"labels\[pod-security\.kubernetes\.io/enforce\] was left out"):
        run(Memory(admission=strip), tenant())


def test_a_person_whom_a_plug_in_adds_is_a_failure() -> None:
    mallory = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "mallory@example.com"}

    def add(manifest: Manifest) -> Manifest:
        return manifest | {"subjects": [*manifest["subjects"], mallory]} if "subjects" in manifest else manifest

    with pytest.raises(PartialApplyError, match=r"mallory@example\.com"):
        run(Memory(admission=add), tenant())


@pytest.mark.parametrize(
    ("sent", "stored", "live", "error"),
    [
        (quota(pods="1000m"), quota(pods="1"), None, None),
        (quota(pods="1"), quota(pods="1", secrets="3"), None, "spec.hard.secrets was added as 3"),
        (quota(pods="1"), quota(pods="1", secrets="3"), quota(secrets="3"), None),
        (quota(pods="1", secrets="2"), quota(pods="1"), None, "spec.hard.secrets was left out"),
    ],
)
def test_an_answer_differs_by_value_and_not_by_text(
    sent: Manifest, stored: Manifest, live: Manifest | None, error: str | None
) -> None:
    if error is None:
        check_answer(sent, stored, live)
    else:
        with pytest.raises(StoredDifferentlyError) as caught:
            check_answer(sent, stored, live)
        assert str(caught.value) == f"the server stored ResourceQuota {PROBABLY}: {error}"


def test_fields_that_defaults_add_elsewhere_are_no_difference() -> None:
    sent = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}

    check_answer(sent, sent | {"secrets": [{"name": "x"}], "status": {}}, None)


def test_a_removal_that_a_plug_in_undoes_is_a_failure() -> None:
    with pytest.raises(StoredDifferentlyError, match=r"spec\.hard\.secrets still exists"):
        check_removed("ResourceQuota", [("spec", "hard", "secrets")], quota(secrets="3"))
    check_removed("ResourceQuota", [("spec", "hard", "secrets")], quota(pods="3"))


def test_a_dry_run_on_the_server_shows_what_would_be_stored_otherwise() -> None:
    memory = Memory()
    run(memory, tenant())

    def apply(manifest: Manifest, **_: Any) -> Manifest:
        return capped(manifest)

    memory.apply = apply  # type: ignore[method-assign]
    made = plan(memory, tenant(size="medium"), platform=PLATFORM, dry_run="server")

    reasons = {row.reason for row in made.rows if row.action == "blocked"}
    assert reasons == {f"the server stored ResourceQuota {PROBABLY}: spec.hard.pods is 5 instead of 50"}


def test_a_conflict_that_is_left_to_others_is_no_difference() -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, with_hard(pods="7"))

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(size="medium"))

    assert [outcome.field for outcome in caught.value.report.failed] == ["spec.hard.pods"]
    assert shown(caught.value.report.failed)[0].endswith("pass this row to apply(force_conflicts=…)")
