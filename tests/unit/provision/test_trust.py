"""What a team can do to its own objects, and what the platform's plan and apply then do."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.managed_fields import owners_of
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.unit.provision.memory import NAMESPACE, NOW, OBJECTS, PLATFORM, QUOTA, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.changes import PlanRow
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

RBAC = "rbac.authorization.k8s.io"
INGRESS = ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")
MALLORY = {"kind": "User", "apiGroup": RBAC, "name": "mallory@example.com"}
BEFORE = tenant(owners=["dana@example.com", "mallory@example.com"])
AFTER = tenant(size="medium")


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    run(memory, BEFORE)
    return memory


def binding_of(memory: Memory, name: str) -> ObjectRef:
    return next(ref for ref in memory.objects if ref.kind == "RoleBinding" and name in ref.name)


def put_binding(memory: Memory, name: str, role: str, subject: Manifest = MALLORY) -> ObjectRef:
    memory.create(
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": "vision"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [subject],
        }
    )
    return binding_of(memory, name)


def edit_metadata(memory: Memory, ref: ObjectRef, **changed: Any) -> None:
    memory.edit(ref, lambda live: live | {"metadata": live["metadata"] | changed})


def bound(memory: Memory) -> list[tuple[str, str]]:
    """The role and the name of every subject of every RoleBinding."""
    bindings = [manifest for ref, manifest in memory.objects.items() if ref.kind == "RoleBinding"]
    return sorted((it["roleRef"]["name"], who["name"]) for it in bindings for who in it.get("subjects") or ())


def rows_of(memory: Memory, wanted: Tenant, ref: ObjectRef) -> list[PlanRow]:
    return [row for row in plan(memory, wanted, platform=PLATFORM).rows if row.ref == ref]


OWNS = [("tenantkit-owner", "dana@example.com")]


@pytest.mark.parametrize("done", ["nothing", "labels", "managers", "another", "finalizer", "deleted", "subject"])
def test_an_owner_who_is_taken_out_of_the_spec_loses_all_rights_whatever_they_did(memory: Memory, done: str) -> None:
    ref = binding_of(memory, "mallory")
    if done == "labels":
        edit_metadata(memory, ref, labels={})
    elif done == "managers":
        memory.objects[ref]["metadata"] |= {"labels": {}, "managedFields": []}
    elif done == "another":
        put_binding(memory, "hidden", "tenantkit-owner")
    elif done == "finalizer":
        edit_metadata(memory, ref, finalizers=["example.com/stay"])
    elif done == "deleted":
        edit_metadata(memory, ref, finalizers=["example.com/stay"], deletionTimestamp=NOW)
    elif done == "subject":
        memory.edit(binding_of(memory, "dana"), lambda live: live | {"subjects": [*live["subjects"], MALLORY]})

    assert "delete" in {row.action for row in rows_of(memory, AFTER, ref)}
    run(memory, AFTER)

    assert bound(memory) == OWNS
    assert memory.objects[QUOTA]["spec"]["hard"]["pods"] == "50"


def test_an_added_owner_in_a_wanted_binding_is_a_row_that_says_who_set_it(memory: Memory) -> None:
    ref = binding_of(memory, "dana")
    memory.edit(ref, lambda live: live | {"subjects": [*live["subjects"], MALLORY]})

    [row] = rows_of(memory, BEFORE, ref)

    assert (row.action, row.field, row.code, row.manager) == ("update", "subjects", "taken-back", "kubectl-edit")


def test_a_wanted_binding_of_another_role_is_made_again(memory: Memory) -> None:
    ref = binding_of(memory, "dana")
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
    memory.edit(ref, lambda live: live | {"roleRef": role})

    run(memory, AFTER)

    assert bound(memory) == OWNS


@pytest.mark.parametrize(
    ("wanted", "action"), [(AFTER, "foreign"), (AFTER.with_(editors=[]), "delete")], ids=["as it is", "nobody"]
)
def test_a_binding_of_our_role_by_hand_is_foreign_or_deleted_by_whether_the_spec_lists_members(
    memory: Memory, wanted: Tenant, action: str
) -> None:
    ref = put_binding(memory, "by-hand", "tenantkit-editor")

    assert [row.action for row in rows_of(memory, wanted, ref)] == [action]
    run(memory, wanted)
    assert (ref in memory.objects) == (action == "foreign")


@pytest.mark.parametrize("wanted", [AFTER, AFTER.with_(editors=[], viewers=[])])
def test_a_binding_of_another_role_is_shown_and_left_alone(memory: Memory, wanted: Tenant) -> None:
    ref = put_binding(memory, "by-hand", "admin")

    [row] = rows_of(memory, wanted, ref)
    assert (row.action, row.code) == ("foreign", "foreign")
    assert "ClusterRole 'admin'" in row.reason
    run(memory, wanted)
    assert ref in memory.objects


@pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange"])
def test_a_second_wall_is_shown_and_left_alone(memory: Memory, kind: str) -> None:
    metadata = {"name": "second", "namespace": "vision"}
    memory.create({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {"hard": {"pods": "0"}}})

    [row] = rows_of(memory, BEFORE, ObjectRef("v1", kind, "second", "vision"))

    assert (row.action, row.reason) == ("foreign", f"a second {kind}, which also limits this namespace")
    assert not plan(memory, BEFORE, platform=PLATFORM).has_changes


@pytest.mark.parametrize("done", ["labels", "managers", "finalizer", "deleted"])
@pytest.mark.parametrize("kind", ["RoleBinding", "Ingress", "ServiceAccount"])
def test_a_team_cannot_keep_its_quota_from_being_lowered(memory: Memory, kind: str, done: str) -> None:
    for ref in [ref for ref in memory.objects if ref.kind == kind]:
        if done == "labels":
            edit_metadata(memory, ref, labels={"app.kubernetes.io/managed-by": "helm"})
        elif done == "managers":
            memory.objects[ref]["metadata"] |= {"labels": {}, "managedFields": []}
        elif done == "finalizer":
            edit_metadata(memory, ref, finalizers=["example.com/stay"])
        elif done == "deleted":
            edit_metadata(memory, ref, finalizers=["example.com/stay"], deletionTimestamp=NOW)

    with suppress(PartialApplyError):
        run(memory, BEFORE.with_(size="medium"))

    assert memory.objects[QUOTA]["spec"]["hard"]["pods"] == "50"


def test_a_wanted_binding_that_is_being_deleted_is_made_again(memory: Memory) -> None:
    ref = binding_of(memory, "dana")
    edit_metadata(memory, ref, finalizers=["example.com/stay"], deletionTimestamp=NOW)
    memory.edit(ref, lambda live: live | {"subjects": []})

    run(memory, AFTER)

    assert bound(memory) == OWNS
    assert "deletionTimestamp" not in memory.objects[ref]["metadata"]


def test_a_failing_object_of_the_team_stops_only_itself(memory: Memory) -> None:
    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref == INGRESS:
            raise PermissionDenied("may not patch Ingress 'ai'", status=403)

    route = tenant().routes[0].with_(port=81)  # type: ignore[index]
    memory.on_write = refuse

    with pytest.raises(PartialApplyError) as caught:
        run(memory, AFTER.with_(editors=["eve@example.com"], routes=[route]))

    assert [outcome.ref for outcome in caught.value.report.failed] == [INGRESS]
    assert caught.value.report.not_attempted == ()
    assert bound(memory) == [("tenantkit-editor", "eve@example.com"), *OWNS]


def test_a_failing_wall_stops_what_gives_rights_and_not_what_takes_them(memory: Memory) -> None:
    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref == QUOTA:
            raise PermissionDenied("may not patch the quota", status=403)

    memory.on_write = refuse

    with pytest.raises(PartialApplyError):
        run(memory, AFTER.with_(editors=["eve@example.com"]))

    assert bound(memory) == OWNS


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}, "spec.defaultBackend.service.name"),
        ({"tls": [{"hosts": ["speech.example.ai"], "secretName": "x"}]}, "spec.tls"),
        ({"ingressClassName": "other"}, "spec.ingressClassName"),
    ],
)
def test_a_field_that_somebody_added_to_a_route_is_foreign(memory: Memory, spec: Manifest, field: str) -> None:
    memory.edit(INGRESS, lambda live: live | {"spec": live["spec"] | spec})

    rows = rows_of(memory, BEFORE, INGRESS)

    assert ("foreign", field) in [(row.action, row.field) for row in rows]
    assert not plan(memory, BEFORE, platform=PLATFORM).has_changes


def test_a_snippet_annotation_and_a_label_of_the_namespace_are_foreign(memory: Memory) -> None:
    edit_metadata(memory, INGRESS, annotations={"nginx.ingress.kubernetes.io/server-snippet": "return 200;"})
    labels = memory.objects[NAMESPACE]["metadata"]["labels"]
    edit_metadata(memory, NAMESPACE, labels=labels | {"istio-injection": "enabled"})

    rows = [row for row in plan(memory, BEFORE, platform=PLATFORM).rows if row.action == "foreign"]

    assert [(row.ref, row.field, row.before) for row in rows] == [
        (NAMESPACE, "metadata.labels.istio-injection", "enabled"),
        (INGRESS, "metadata.annotations[nginx.ingress.kubernetes.io/server-snippet]", "return 200;"),
    ]


def test_a_second_rule_is_a_conflict_or_foreign_by_whether_the_spec_lists_routes(memory: Memory) -> None:
    def second(live: Manifest) -> Manifest:
        rule = live["spec"]["rules"][0]
        return live | {"spec": {"rules": [rule, rule | {"host": "speech.example.ai"}]}}

    memory.edit(INGRESS, second)

    listed = rows_of(memory, BEFORE, INGRESS)
    left = rows_of(memory, BEFORE.with_(routes=None), INGRESS)

    assert [(row.action, row.field) for row in listed] == [("conflict", "spec.rules")]
    assert [(row.action, row.field, row.code) for row in left] == [("foreign", "spec.rules", "left-as-it-is")]


def test_an_ingress_by_hand_is_foreign_and_its_ungranted_hosts_are_named(memory: Memory) -> None:
    spec = {"rules": [{"host": "vision.example.ai"}, {"host": "speech.example.ai"}, {}]}
    metadata = {"name": "by-hand", "namespace": "vision"}
    memory.create({"apiVersion": INGRESS.api_version, "kind": "Ingress", "metadata": metadata, "spec": spec})

    [row] = rows_of(memory, BEFORE, ObjectRef(INGRESS.api_version, "Ingress", "by-hand", "vision"))

    assert row.action == "foreign"
    assert row.reason.endswith("the tenant was not granted '*', 'speech.example.ai'")


@pytest.mark.parametrize("text", ['{"apiVersion":"tenantkit.dev/v9"}', "{", "[" * 100_000, "not json"])
def test_a_grant_that_cannot_be_read_stops_no_other_tenant(memory: Memory, text: str) -> None:
    speech = tenant(name="speech")
    run(memory, speech)
    annotations = memory.objects[NAMESPACE]["metadata"]["annotations"]
    edit_metadata(memory, NAMESPACE, annotations=annotations | {"tenantkit.dev/grant": text})

    made = plan(memory, [BEFORE, speech], platform=PLATFORM)

    assert {change.action for change in made.changes if change.tenant == "speech"} == {"unchanged"}
    assert {change.action for change in made.changes if change.tenant == "vision"} <= {
        "blocked",
        "conflict",
        "unchanged",
    }


def test_managed_fields_of_any_depth_are_read(memory: Memory) -> None:
    deep: Manifest = {}
    for _ in range(10_000):
        deep = {"f:a": deep}
    entry = {"manager": "x", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": deep}

    owners = owners_of({"metadata": {"managedFields": [*memory.objects[INGRESS]["metadata"]["managedFields"], entry]}})

    assert ("spec", "rules") in owners.ours
    assert [len(path) for path in owners.others] == [20]


OWNER_RIGHTS = frozenset(
    (verb, kind) for verb in ("create", "patch", "delete") for kind in ("RoleBinding", "Ingress", "ServiceAccount")
)


def test_what_only_the_platform_may_do_is_pending_and_stops_nothing_else(memory: Memory) -> None:
    memory.rights = OWNER_RIGHTS
    wanted = BEFORE.with_(size="large", viewers=["eve@example.com"])

    made = plan(memory, wanted, platform=PLATFORM)
    report = apply(memory, made, progress=False)

    assert made.summary == f"1 to create, 3 not yours, {OBJECTS - 2} unchanged"
    assert [outcome.ref.kind for outcome in report.pending] == ["Namespace", "ResourceQuota", "LimitRange"]
    assert [outcome.ref.kind for outcome in report.applied] == ["RoleBinding"]
    assert (report.is_done, report.is_complete) == (True, False)
    assert memory.objects[QUOTA]["spec"]["hard"]["pods"] == "20"


def test_a_route_at_a_host_that_is_not_granted_yet_is_pending(memory: Memory) -> None:
    memory.rights = OWNER_RIGHTS
    route = tenant().routes[0].with_(host="eyes.example.org", name=None)  # type: ignore[index]

    report = apply(memory, plan(memory, BEFORE.with_(hosts=["eyes.example.org"], routes=[route]), platform=PLATFORM))

    assert [outcome.ref.kind for outcome in report.pending] == ["Namespace", "Ingress"]


def test_a_new_tenant_of_a_user_who_may_not_create_namespaces_is_pending() -> None:
    memory = Memory(rights=OWNER_RIGHTS)

    report = apply(memory, plan(memory, BEFORE, platform=PLATFORM), progress=False)

    assert (len(report.pending), report.applied, memory.objects) == (OBJECTS + 1, (), {})
