"""Extra objects and copies of tenants, on a cluster in memory."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, StalePlanError
from tenantkit.frames.kit.drift import read_drift
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.plan_files import write_plan
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import OBJECTS, Killed, Memory, cluster_of, run, tenant

if TYPE_CHECKING:
    from pathlib import Path

    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import Manifest

SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "labels": {"app": "{name}"}},
    "data": {"url": "https://{name}.{domain}", "team": "{team}"},
}
PLATFORM = Platform(extra_objects=[SETTINGS])
COPIES = Platform(copies=["platform-secrets/registry", "ConfigMap/platform-secrets/ca"])
TOKEN = "hunter2"
SECRET = ObjectRef("v1", "Secret", "registry", "vision")
CA = ObjectRef("v1", "ConfigMap", "ca", "vision")
CONFIG_MAP = ObjectRef("v1", "ConfigMap", "settings", "vision")


def source(kind: str, name: str, **fields: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "platform-secrets"}, **fields}


def secret(token: str = TOKEN, **fields: Any) -> Manifest:
    data = {"token": base64.b64encode(token.encode()).decode()}
    return source("Secret", "registry", **{"type": "Opaque", "data": data} | fields)


def with_sources() -> Memory:
    memory = Memory()
    memory.create(secret())
    memory.create(source("ConfigMap", "ca", data={"ca.crt": TOKEN}))
    return memory


def rows(made: Plan) -> list[tuple[str, str, str, str | None]]:
    return [(row.action, row.ref.kind, row.ref.name, row.code) for row in made.rows if row.action != "unchanged"]


def test_an_extra_object_is_made_for_each_tenant_with_its_own_values() -> None:
    memory = Memory()

    run(memory, tenant(), tenant(name="speech", team="nlp"), platform=PLATFORM)

    made = memory.objects[CONFIG_MAP]
    assert made["data"] == {"url": "https://vision.example.ai", "team": "cv"}
    assert made["metadata"]["labels"].items() >= {"app": "vision", "tenantkit.dev/tenant": "vision"}.items()
    assert memory.objects[ObjectRef("v1", "ConfigMap", "settings", "speech")]["data"]["team"] == "nlp"
    assert plan(memory, [tenant()], platform=PLATFORM).summary == f"{OBJECTS + 1} unchanged"


def test_another_template_is_an_update_and_one_that_is_no_longer_listed_is_deleted() -> None:
    memory = Memory()
    run(memory, tenant(), platform=PLATFORM)
    other = Platform(extra_objects=[SETTINGS | {"data": {"team": "{team}!"}}])

    run(memory, tenant(), platform=other)
    assert memory.objects[CONFIG_MAP]["data"] == {"team": "cv!"}

    gone = plan(memory, tenant(), platform=Platform())
    assert rows(gone) == [("delete", "ConfigMap", "settings", "no-longer-wanted")]
    run(memory, tenant(), platform=Platform())
    assert CONFIG_MAP not in memory.objects
    assert not plan(memory, tenant(), platform=Platform()).has_changes


def test_a_run_that_was_killed_before_the_deletion_still_finds_the_object() -> None:
    memory = Memory()
    run(memory, tenant(), platform=PLATFORM)
    memory.install(Platform())
    stopped = plan(memory, tenant(size="large"), platform=Platform())

    def refuse(verb: str, _ref: ObjectRef) -> None:
        if verb == "delete":
            raise Killed

    memory.on_write = refuse
    with pytest.raises(Killed):
        apply(memory, stopped, progress=False)
    memory.on_write = lambda _verb, _ref: None

    assert rows(plan(memory, tenant(size="large"), platform=Platform())) == [
        ("delete", "ConfigMap", "settings", "no-longer-wanted")
    ]


@pytest.mark.parametrize("platform", [PLATFORM, COPIES])
def test_an_object_of_somebody_else_is_never_overwritten_and_stops_nothing_else(platform: Platform) -> None:
    memory = with_sources()
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "vision"}}
    theirs_too = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "registry", "namespace": "vision"}}
    for one in (theirs, theirs_too):
        memory.objects[ref_of(one)] = one | {"data": {"mine": "bWluZQ=="}}

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), platform=platform)

    [failed] = caught.value.report.failed
    assert (failed.action, failed.code) == ("blocked", "owned-by-other")
    assert {memory.objects[ref_of(one)]["data"]["mine"] for one in (theirs, theirs_too)} == {"bWluZQ=="}
    assert len(caught.value.report.applied) == OBJECTS + len(platform.copies) - (platform is COPIES)


def test_what_others_add_to_an_extra_object_is_theirs_and_a_changed_value_is_a_conflict() -> None:
    memory = Memory()
    run(memory, tenant(), platform=PLATFORM)
    memory.edit(CONFIG_MAP, lambda live: live | {"data": live["data"] | {"more": "x"}})
    assert not plan(memory, tenant(), platform=PLATFORM).has_changes

    memory.edit(CONFIG_MAP, lambda live: live | {"data": live["data"] | {"team": "x"}})

    assert rows(plan(memory, tenant(), platform=PLATFORM)) == [("conflict", "ConfigMap", "settings", "set-by-other")]


def test_copies_are_made_and_kept_fresh() -> None:
    memory = with_sources()

    run(memory, tenant(), tenant(name="speech"), platform=COPIES)

    assert memory.objects[SECRET]["data"] == secret()["data"]
    assert memory.objects[SECRET]["type"] == "Opaque"
    assert memory.objects[CA]["data"] == {"ca.crt": TOKEN}
    assert not plan(memory, tenant(), platform=COPIES).has_changes

    memory.edit(ref_of(secret()), lambda live: live | {"data": secret("new")["data"]})
    made = plan(memory, tenant(), platform=COPIES)
    assert rows(made) == [("update", "Secret", "registry", None)]
    run(memory, tenant(), platform=COPIES)
    assert memory.objects[SECRET]["data"] == secret("new")["data"]


def test_a_copy_that_somebody_changed_is_taken_back() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)
    memory.edit(SECRET, lambda live: live | {"data": {"token": "b3RoZXI="}})

    assert rows(plan(memory, tenant(), platform=COPIES)) == [("update", "Secret", "registry", "taken-back")]
    run(memory, tenant(), platform=COPIES)
    assert memory.objects[SECRET]["data"] == secret()["data"]


def test_a_secret_of_another_type_replaces_the_copy() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)
    memory.objects[ref_of(secret())] = secret(type="example.com/other")

    run(memory, tenant(), platform=COPIES)

    assert memory.objects[SECRET]["type"] == "example.com/other"
    assert memory.objects[SECRET]["data"] == secret()["data"]


def test_the_content_of_a_copy_is_in_nothing_that_is_shown(tmp_path: Path) -> None:
    memory = with_sources()
    encoded = secret()["data"]["token"]

    def check(made: Plan) -> None:
        write_plan(tmp_path / "plan.json", made)
        report = apply(memory, made, progress=False)
        texts = (made, made.changes, made.rows, made.as_json(), made.frame.to_dict(), made._repr_html_())
        shown = f"{texts!r}{made}{report!r}{report}{report._repr_html_()}{(tmp_path / 'plan.json').read_text()}"
        assert TOKEN not in shown
        assert encoded not in shown
        assert "sha256:" in shown

    memory.install(COPIES)
    check(plan(memory, tenant(), platform=COPIES))
    memory.edit(SECRET, lambda live: live | {"data": {"token": encoded + "aa==", "more": encoded}})
    check(plan(memory, tenant(), platform=COPIES))


def test_an_admission_plug_in_that_changes_a_copy_is_reported_without_the_content() -> None:
    memory = with_sources()

    def mutate(manifest: Manifest) -> Manifest:
        return manifest | ({"data": {"token": "b3RoZXI="}} if manifest["kind"] == "Secret" else {})

    memory.admission = mutate
    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), platform=COPIES)

    [failed] = caught.value.report.failed
    assert failed.code == "stored-differently"
    assert "sha256:" in failed.reason
    assert "b3RoZXI=" not in f"{failed!r}{caught.value}"


@pytest.mark.parametrize(
    ("found", "action", "code"),
    [
        (None, "blocked", "source-missing"),
        (secret(type="kubernetes.io/service-account-token"), "blocked", "never-copied"),
        (secret(type="bootstrap.kubernetes.io/token"), "blocked", "never-copied"),
    ],
)
def test_a_source_that_is_missing_or_never_copied_blocks_its_copies_only(
    found: Manifest | None, action: str, code: str
) -> None:
    memory = with_sources()
    del memory.objects[ref_of(secret())]
    if found is not None:
        memory.create(found)

    assert ("Secret", "registry", action, code) in [
        (row.ref.kind, row.ref.name, row.action, row.code) for row in plan(memory, tenant(), platform=COPIES).rows
    ]
    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), platform=COPIES)

    assert [outcome.ref for outcome in caught.value.report.failed] == [SECRET]
    assert len(caught.value.report.applied) == OBJECTS + 1


def test_nothing_is_copied_from_the_namespace_of_a_tenant() -> None:
    memory = Memory()
    run(memory, tenant(name="speech"))
    memory.objects[ObjectRef("v1", "Secret", "mine", "speech")] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "mine", "namespace": "speech"},
        "data": {},
    }

    made = plan(memory, tenant(), platform=Platform(copies=["speech/mine"]))

    assert ("blocked", "Secret", "mine", "source-of-tenant") in rows(made)


def test_a_source_that_changes_between_plan_and_apply_is_noticed() -> None:
    memory = with_sources()
    memory.install(COPIES)
    made = plan(memory, tenant(), platform=COPIES)
    run(memory, tenant(), platform=COPIES)
    memory.edit(ref_of(secret()), lambda live: live | {"data": secret("new")["data"]})

    with pytest.raises(StalePlanError):
        apply(memory, made, progress=False)


def test_a_copy_that_is_no_longer_listed_is_deleted() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)

    run(memory, tenant(), platform=Platform())

    assert SECRET not in memory.objects
    assert CA not in memory.objects
    assert ref_of(secret()) in memory.objects


OWNERS = frozenset((verb, kind) for verb in ("create", "patch", "delete") for kind in ("RoleBinding", "Secret"))


def test_an_owner_who_may_not_read_the_source_changes_members_and_is_told_that_a_copy_is_not_compared() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)
    memory.rights, memory.unreadable_names = OWNERS, ("platform-secrets",)

    made = plan(memory, tenant(editors=["eve@example.com"]), platform=COPIES)
    report = apply(memory, made, progress=False)

    [copy] = [row for row in made.rows if row.ref == SECRET]
    assert (copy.action, copy.code) == ("unchanged", "source-not-readable")
    assert [outcome.ref.kind for outcome in report.applied] == ["RoleBinding"]
    assert report.is_done


def test_a_copy_that_is_missing_is_not_an_owners_to_make() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)
    del memory.objects[SECRET]
    memory.rights, memory.unreadable_names = OWNERS, ("platform-secrets",)

    made = plan(memory, tenant(editors=["eve@example.com"]), platform=COPIES)
    report = apply(memory, made, progress=False)

    assert ("not yours", "Secret", "registry", "not-yours") in rows(made)
    assert [outcome.ref for outcome in report.pending] == [SECRET]


def test_drift_knows_extra_objects_and_copies() -> None:
    memory = with_sources()
    run(memory, tenant(), platform=COPIES)
    namespaces = [memory.objects[ObjectRef("v1", "Namespace", "vision")]]
    assert read_drift(cluster_of(memory), namespaces).drifted == {"vision": False}

    del memory.objects[SECRET]

    assert read_drift(cluster_of(memory), namespaces).drifted == {"vision": True}


def test_a_kind_that_the_cluster_does_not_serve_is_unknown_and_stops_nothing_else() -> None:
    daemon = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"}, "spec": {}}
    memory = Memory(not_served=("DaemonSet",))

    with pytest.raises(PartialApplyError) as caught:
        run(memory, tenant(), platform=Platform(extra_objects=[daemon, SETTINGS]))

    [failed] = caught.value.report.failed
    assert (failed.ref.kind, failed.action, failed.code) == ("DaemonSet", "unknown", "not-served")
    assert CONFIG_MAP in memory.objects


def test_a_kind_that_is_no_longer_served_has_nothing_to_delete() -> None:
    memory = Memory()
    run(memory, tenant(), platform=PLATFORM)
    annotations = memory.objects[ObjectRef("v1", "Namespace", "vision")]["metadata"]["annotations"]
    annotations["tenantkit.dev/extra-kinds"] = "apps/v1/DaemonSet,v1/ConfigMap"
    memory.not_served = ("DaemonSet",)

    assert rows(plan(memory, tenant(), platform=Platform())) == [
        ("delete", "ConfigMap", "settings", "no-longer-wanted")
    ]


def test_an_apply_killed_at_any_write_and_run_again_has_the_same_result() -> None:
    first = COPIES.with_(extra_objects=[SETTINGS])
    second = Platform(copies=["ConfigMap/platform-secrets/ca"], extra_objects=[SETTINGS | {"data": {"team": "{team}"}}])

    def both(memory: Memory) -> None:
        for platform in (first, second):
            run(memory, tenant(), platform=platform)

    undisturbed = with_sources()
    undisturbed.writes.clear()
    both(undisturbed)

    for last in range(len(undisturbed.writes)):
        memory = with_sources()
        memory.writes.clear()

        def kill(_verb: str, _ref: ObjectRef, *, memory: Memory = memory, last: int = last) -> None:
            if len(memory.writes) > last:
                raise Killed

        memory.on_write = kill
        with pytest.raises(Killed):
            both(memory)
        memory.on_write = lambda _verb, _ref: None
        both(memory)
        assert memory.state() == undisturbed.state(), last
        assert not plan(memory, tenant(), platform=second).has_changes
