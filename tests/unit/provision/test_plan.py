"""Plans: wanted objects against live ones, on plain dicts."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import SpecVersionError
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.changes import PlanRow
from tenantkit.provision.live import live_state
from tenantkit.provision.plan import make_install_plan, make_plan
from tenantkit.provision.plans.table import COLUMNS
from tenantkit.provision.reasons import Reason, added_by_other, owned_by_other, set_by_other
from tenantkit.provision.stored.installed import Installed
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.sandbox.managedfields.apply import apply as server_side_apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform
from tenantkit.spec.quota import StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.unit.provision.memory import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import Manifest

PLATFORM = Platform()
NOW = "2026-11-25T12:00:00Z"
QUOTA = ObjectRef("v1", "ResourceQuota", "tenantkit-quota", "vision")
NAMESPACE = ObjectRef("v1", "Namespace", "vision")
ROUTE = Route(name="ai", service="ai-service", port=80, path="/ai-service")


def tenant(**fields: Any) -> Tenant:
    return Tenant(**{"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


def stored(manifest: Manifest, *, live: Manifest | None = None, manager: str = "tenantkit") -> Manifest:
    """An object as a server has it once that manager has applied it."""
    made = server_side_apply(live, manifest, manager=manager, force=False, time=NOW)
    made["metadata"].setdefault("uid", f"uid of {manifest['metadata']['name']}")
    return made


def updated(live: Manifest, *, manager: str = "kubectl-edit", **changed: Any) -> Manifest:
    """The object after someone else wrote other top-level fields or metadata."""
    after = deepcopy(live)
    metadata = changed.pop("metadata", {})
    after |= changed
    after["metadata"] |= metadata
    return track_update(live, after, manager=manager, time=NOW)


def live_objects(*tenants: Tenant, platform: Platform = PLATFORM) -> dict[ObjectRef, Manifest]:
    made = [stored(manifest) for one in tenants for manifest in make_tenant(one, platform)]
    return {ref_of(manifest): manifest for manifest in made}


def planned(wanted: Tenant, live: Iterable[Manifest]) -> Plan:
    return make_plan([wanted], PLATFORM, live_state(live))


def notable(plan: Plan) -> list[PlanRow]:
    return [row for row in plan.rows if row.action != "unchanged"]


def with_hard(live: Manifest, **hard: str) -> Manifest:
    return updated(live, spec={"hard": {key: value for key, value in (live["spec"]["hard"] | hard).items() if value}})


def test_on_an_empty_cluster_everything_is_created_in_the_order_of_applying() -> None:
    plan = planned(tenant(routes=[ROUTE]), [])

    assert [(row.action, row.ref) for row in plan.rows] == [
        ("create", ref_of(manifest))
        for manifest in make_tenant(tenant(routes=[ROUTE]), PLATFORM)
        if manifest["metadata"].get("namespace") not in (INDEX_NAMESPACE, SYSTEM_NAMESPACE)
    ]
    assert plan.summary == f"{OBJECTS} to create"
    assert plan.has_changes


def test_after_an_apply_there_is_nothing_to_do() -> None:
    plan = planned(tenant(routes=[ROUTE]), live_objects(tenant(routes=[ROUTE])).values())

    assert plan.summary == f"{OBJECTS} unchanged"
    assert not plan.has_changes


def test_an_update_has_a_row_for_each_field_and_only_for_those_that_differ() -> None:
    live = live_objects(tenant())
    quota = tenant(size=None, quota=PLATFORM.sizes["small"].model_copy(update={"pods": 21, "requests_cpu": "4000m"}))

    rows = [row for row in notable(planned(quota, live.values())) if row.ref == QUOTA]

    assert rows == [
        PlanRow("update", QUOTA, ("spec", "hard", "count/pods"), "200", "210"),
        PlanRow("update", QUOTA, ("spec", "hard", "pods"), "20", "21"),
    ]


def test_an_owned_field_that_is_no_longer_wanted_is_removed() -> None:
    fast = PLATFORM.sizes["small"].model_copy(update={"storage_classes": {"fast": StorageClassQuota(storage="10Gi")}})
    live = live_objects(tenant(size=None, quota=fast))

    rows = [row for row in notable(planned(tenant(), live.values())) if row.ref == QUOTA]

    assert rows == [
        PlanRow("update", QUOTA, ("spec", "hard", "fast.storageclass.storage.k8s.io/requests.storage"), "10Gi", None)
    ]


def test_a_field_that_someone_else_changed_is_a_conflict_with_both_values() -> None:
    live = live_objects(tenant())
    live[QUOTA] = with_hard(live[QUOTA], pods="99")

    assert notable(planned(tenant(), live.values())) == [
        PlanRow(
            "conflict",
            QUOTA,
            ("spec", "hard", "pods"),
            "99",
            "20",
            set_by_other("kubectl-edit"),
            "kubectl-edit",
        )
    ]


def test_a_quota_entry_that_someone_else_added_is_a_conflict() -> None:
    live = live_objects(tenant())
    live[QUOTA] = with_hard(live[QUOTA], **{"count/leases.coordination.k8s.io": "1"})

    assert notable(planned(tenant(), live.values())) == [
        PlanRow(
            "conflict",
            QUOTA,
            ("spec", "hard", "count/leases.coordination.k8s.io"),
            "1",
            None,
            added_by_other("kubectl-edit"),
            "kubectl-edit",
        )
    ]


def test_a_quota_entry_that_someone_else_removed_is_restored() -> None:
    live = live_objects(tenant())
    live[QUOTA] = with_hard(live[QUOTA], pods="")

    assert notable(planned(tenant(), live.values())) == [PlanRow("update", QUOTA, ("spec", "hard", "pods"), None, "20")]


def test_labels_annotations_and_status_that_others_add_change_nothing() -> None:
    live = live_objects(tenant(routes=[ROUTE]))
    changed = [
        updated(one, metadata={"annotations": one["metadata"].get("annotations", {}) | {"example.org/x": "1"}})
        for one in live.values()
    ]
    for one in changed:
        if one["kind"] == "Ingress":
            one["spec"]["ingressClassName"] = "set-by-admission"
            one["status"] = {"loadBalancer": {}}

    plan = planned(tenant(routes=[ROUTE]), changed)
    assert (plan.summary, plan.has_changes) == (f"{OBJECTS} unchanged, 1 foreign", False)


def test_a_person_or_route_that_is_no_longer_in_the_spec_is_deleted_after_everything_else_and_routes_first() -> None:
    before = tenant(editors=["eve@example.com"], routes=[ROUTE])
    live = live_objects(before)

    plan = planned(tenant(editors=[], routes=[]), live.values())

    gone = [change for change in plan.changes if change.action == "delete"]
    assert [(change.ref.kind, change.rows[0].reason) for change in gone] == [
        ("Ingress", "no longer in the spec"),
        ("RoleBinding", "no longer in the spec"),
    ]
    assert list(plan.changes[-2:]) == gone


def test_objects_of_others_in_the_namespace_are_never_deleted() -> None:
    live = live_objects(tenant())
    theirs = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "theirs", "namespace": "vision", "labels": {"app.kubernetes.io/managed-by": "helm"}},
        "spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}},
    }

    assert planned(tenant(), [*live.values(), theirs]).summary == f"{OBJECTS - 1} unchanged, 1 foreign"


def test_a_namespace_of_another_owner_blocks_the_whole_tenant_and_names_the_owner() -> None:
    theirs = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "vision", "labels": {"app.kubernetes.io/managed-by": "argocd"}},
    }

    plan = planned(tenant(), [theirs])

    owner = "'argocd' (label app.kubernetes.io/managed-by)"
    reason = f"it exists and belongs to {owner}: choose another name"
    assert plan.summary == f"{OBJECTS - 1} blocked"
    assert [row.reason for row in plan.rows[:2]] == [reason, "its namespace is blocked"]


def test_an_object_without_labels_belongs_to_its_field_managers() -> None:
    live = live_objects(tenant(routes=[ROUTE]))
    ref = next(ref for ref in live if ref.kind == "Ingress")
    bare = deepcopy(live[ref])
    del bare["metadata"]["labels"]
    bare["metadata"]["managedFields"] = []
    live[ref] = track_update(None, bare, manager="hand", time=NOW)

    assert notable(planned(tenant(routes=[ROUTE]), live.values())) == [
        PlanRow(
            "blocked",
            ref,
            why=owned_by_other("'hand' (managed fields)"),
        )
    ]


def test_the_default_service_account_of_kubernetes_is_updated() -> None:
    default = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "vision"}}
    live = live_objects(tenant())
    live[ref_of(default)] = default

    actions = {change.ref.name: change.action for change in planned(tenant(), live.values()).changes}

    assert actions["default"] == "update"


def test_an_object_that_is_being_deleted_is_blocked() -> None:
    live = live_objects(tenant())
    live[NAMESPACE]["metadata"]["deletionTimestamp"] = NOW

    plan = planned(tenant(), live.values())

    assert plan.rows[0].reason == (
        "the tenant's namespace 'vision' is being deleted: wait until it is deleted, then plan again"
    )
    assert plan.summary == f"{OBJECTS - 1} blocked"


def test_an_object_that_may_not_be_read_is_unknown_and_never_absent() -> None:
    live = live_objects(tenant())
    del live[QUOTA]
    reason = Reason("not-readable", "may not list resourcequotas")
    state = live_state(live.values(), unknown={("ResourceQuota", "vision"): reason})

    plan = make_plan([tenant()], PLATFORM, state)

    assert notable(plan) == [PlanRow("unknown", QUOTA, why=reason)]


def test_a_host_of_another_live_tenant_blocks_and_is_named() -> None:
    other = tenant(name="speech", hosts=["vision.example.ai"])
    live = live_objects(other)

    plan = planned(tenant(), live.values())

    assert {row.reason for row in plan.rows} == {
        (
            "this tenant requests a host of another tenant: 'vision.example.ai' of tenant 'speech' "
            "(owned by dana@example.com); "
            "choose another host, or ask its owners to let go of it first"
        )
    }
    assert plan.summary == f"{OBJECTS - 1} blocked"


def test_a_host_that_another_tenant_of_the_same_plan_gives_up_is_free() -> None:
    before = tenant(name="speech", hosts=["shared.example.ai"])
    live = live_objects(before)

    plan = make_plan([tenant(name="speech"), tenant(hosts=["shared.example.ai"])], PLATFORM, live_state(live.values()))

    assert not [row for row in plan.rows if row.action == "blocked"]


def test_a_tenant_stored_by_a_newer_version_is_not_planned() -> None:
    live = live_objects(tenant())
    newer = '{"apiVersion":"tenantkit.dev/v2","name":"vision"}'
    live[NAMESPACE]["metadata"]["annotations"]["tenantkit.dev/grant"] = newer

    rows = planned(tenant(), live.values()).rows

    assert {(row.action, row.code) for row in rows} == {("blocked", "newer-version")}
    assert "tenantkit.dev/v2" in rows[0].reason


def test_settings_stored_by_a_newer_version_are_not_planned() -> None:
    live = [stored(manifest) for manifest in make_platform(PLATFORM)]
    for manifest in live:
        if manifest["kind"] == "ConfigMap":
            manifest["data"]["platform.json"] = '{"apiVersion":"tenantkit.dev/v2"}'

    with pytest.raises(SpecVersionError, match=r"tenantkit\.dev/v2"):
        make_install_plan(PLATFORM, Installed(live_state(live)))


def test_a_stored_grant_that_is_not_json_is_a_difference() -> None:
    live = live_objects(tenant())
    live[NAMESPACE]["metadata"]["annotations"]["tenantkit.dev/grant"] = "not json"

    rows = notable(planned(tenant(), live.values()))

    assert [(row.action, row.field, row.before) for row in rows] == [
        ("update", "metadata.annotations[tenantkit.dev/grant]", "not json")
    ]


def test_a_digest_changes_with_our_fields_and_not_with_those_of_others() -> None:
    live = live_objects(tenant())

    def digest_of(quota: Manifest) -> str:
        changes = planned(tenant(), [*live.values(), quota]).changes
        return next(change.digest for change in changes if change.ref == QUOTA)

    quota = live[QUOTA]
    used = {**quota, "status": {"used": {"pods": "3"}}, "metadata": quota["metadata"] | {"resourceVersion": "9"}}
    assert digest_of(used) == digest_of(quota)
    assert digest_of(with_hard(quota, pods="99")) != digest_of(quota)
    assert digest_of(with_hard(quota, extra="1")) != digest_of(quota)
    assert digest_of({**quota, "metadata": quota["metadata"] | {"uid": "another"}}) != digest_of(quota)


def test_the_frame_has_the_same_columns_and_types_when_empty() -> None:
    full, empty = planned(tenant(), []).frame, make_plan([], PLATFORM, live_state([])).frame

    assert tuple(full.columns) == tuple(empty.columns) == COLUMNS
    assert {str(dtype) for dtype in (*full.dtypes, *empty.dtypes)} == {"string"}
    assert len(empty) == 0


def test_a_frame_has_missing_cells_and_json_for_values_that_are_not_text() -> None:
    live = live_objects(tenant())
    account = ObjectRef("v1", "ServiceAccount", "default", "vision")
    live[account] = {**live[account], "automountServiceAccountToken": True}

    frame = planned(tenant(), live.values()).frame.query("action == 'update'")

    assert frame[["field", "before", "after"]].to_dict("records") == [
        {"field": "automountServiceAccountToken", "before": "true", "after": "false"}
    ]
    assert frame["reason"].isna().all()


def test_in_a_terminal_a_plan_is_a_table_without_unchanged_objects_and_control_characters() -> None:
    live = live_objects(tenant())
    live[QUOTA] = with_hard(live[QUOTA], pods="9\x1b[2J\n9")

    assert str(planned(tenant(), live.values())) == (
        "vision: conflict: ResourceQuota/tenantkit-quota:spec.hard.pods (quota pods 9 [2J 9 → 20): set by "
        "'kubectl-edit'; to overwrite it, pass this row to apply(force_conflicts=…)\n\n"
        "action    tenant  kind           namespace  name             change                   field           reason\n"
        "conflict  vision  ResourceQuota  vision     tenantkit-quota  quota pods 9 [2J 9 → 20  spec.hard.pods  "
        "set by 'kubectl-edit'; to overwrite it, pass this row to apply(force_conflicts=…)\n\n"
        f"1 in conflict, {OBJECTS - 2} unchanged"
    )


def test_in_a_notebook_values_from_the_cluster_are_escaped() -> None:
    live = live_objects(tenant())
    live[QUOTA] = with_hard(live[QUOTA], pods="<script>")

    html = planned(tenant(), live.values())._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert f"<summary>1 in conflict, {OBJECTS - 2} unchanged</summary><p>By object and field:</p><table class=" in html


def test_an_empty_plan_says_so() -> None:
    plan = make_plan([], PLATFORM, live_state([]))

    assert (str(plan), plan._repr_html_(), plan.has_changes) == ("nothing planned", "<p>nothing planned</p>", False)
