"""Members and routes, read from their objects whatever others have done to these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant, get_tenants
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.people import People
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tests.unit.provision.memory import OBJECTS, PLATFORM, ROUTE, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

INGRESS = ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")
RBAC = "rbac.authorization.k8s.io"
WHOLE = tenant(editors=["eve@example.com", "group:cv"], viewers=["sa:hub/jupyter-ada"])


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    run(memory, WHOLE)
    return memory


def binding_of(memory: Memory, name: str) -> ObjectRef:
    return next(ref for ref in memory.objects if ref.kind == "RoleBinding" and name in ref.name)


def binding(name: str, role: str, *subjects: Manifest) -> Manifest:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "vision"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def user(name: str) -> Manifest:
    return {"kind": "User", "apiGroup": RBAC, "name": name}


def test_what_is_read_is_what_was_applied(memory: Memory) -> None:
    assert get_tenant(memory, "vision") == WHOLE
    assert get_tenants(memory) == [WHOLE]


def test_what_a_spec_leaves_as_it_is_is_planned_as_it_is(memory: Memory) -> None:
    planned = plan(memory, tenant(routes=None), platform=PLATFORM)

    assert planned.summary == f"{OBJECTS + 3} unchanged"


def test_what_a_spec_empties_is_deleted(memory: Memory) -> None:
    run(memory, tenant(editors=[], routes=[]))

    assert get_tenant(memory, "vision") == WHOLE.with_(editors=[], routes=[])


def test_an_editor_gains_nothing_by_writing_a_config_map_of_the_old_form(memory: Memory) -> None:
    memory.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "tenantkit-tenant", "namespace": "vision"},
            "data": {"tenant.json": '{"apiVersion":"tenantkit.dev/v1alpha1","editors":["mallory@example.com"]}'},
        }
    )

    assert get_tenant(memory, "vision") == WHOLE
    run(memory, tenant(size="large", routes=None))
    assert get_tenant(memory, "vision") == WHOLE.with_(size="large")


def test_a_config_map_of_the_old_form_that_is_ours_is_deleted_unread(memory: Memory) -> None:
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"}
    metadata = {"name": "tenantkit-tenant", "namespace": "vision", "labels": labels}
    memory.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"tenant.json": "{"}})

    run(memory, tenant(routes=None))

    assert get_tenant(memory, "vision") == WHOLE
    assert [ref.name for ref in memory.objects if ref.kind == "ConfigMap"] == []


@pytest.mark.parametrize(
    "made",
    [
        binding("by-hand", "tenantkit-editor", user("bob@example.com")),
        binding("tenantkit-editor-bob-example-com-0123456789", "tenantkit-editor", user("bob@example.com")),
        binding("all", "tenantkit-viewer", {"kind": "Group", "apiGroup": RBAC, "name": "system:authenticated"}),
        binding("empty", "tenantkit-editor"),
        binding("admins", "admin", user("bob@example.com")),
    ],
    ids=lambda made: made["metadata"]["name"],
)
def test_a_binding_that_tenantkit_would_not_make_is_not_a_member(memory: Memory, made: Manifest) -> None:
    memory.create(made)

    assert get_tenant(memory, "vision") == WHOLE


@pytest.mark.parametrize("field", ["labels", "annotations", "managedFields"])
def test_a_member_stays_one_whatever_the_metadata_are(memory: Memory, field: str) -> None:
    for ref in [ref for ref in memory.objects if ref.kind == "RoleBinding"]:
        memory.objects[ref]["metadata"].pop(field, None)

    assert get_tenant(memory, "vision") == WHOLE


def test_the_subjects_say_who_a_member_is_and_not_the_annotation(memory: Memory) -> None:
    memory.edit(binding_of(memory, "editor-eve"), lambda live: live | {"subjects": [user("mallory@example.com")]})

    assert get_tenant(memory, "vision").editors == ("group:cv",)


def test_members_follow_the_prefixes_of_the_platform(memory: Memory) -> None:
    platform = Platform(people=People(user_prefix="oidc:", group_prefix="oidc:"))

    run(memory, tenant(routes=None), platform=platform)

    editors = [memory.objects[binding_of(memory, name)]["subjects"][0]["name"] for name in ("editor-eve", "group-cv")]
    assert editors == ["oidc:eve@example.com", "oidc:cv"]
    assert not plan(memory, tenant(routes=None), platform=platform).has_changes


@pytest.mark.parametrize(
    ("spec", "routes"),
    [
        ({"rules": [{"host": "speech.example.ai", "http": {"paths": []}}]}, ()),
        ({"rules": []}, ()),
        ({"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}, ()),
        ({"rules": [{"host": "vision.example.ai"}]}, ()),
        ({"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}]}, ()),
    ],
)
def test_an_ingress_that_no_spec_could_ask_for_is_not_a_route(
    memory: Memory, spec: dict[str, Any], routes: tuple[Route, ...]
) -> None:
    memory.edit(INGRESS, lambda live: live | {"spec": spec})

    assert get_tenant(memory, "vision").routes == routes


def test_a_route_whose_service_was_changed_by_others_is_read_as_it_is(memory: Memory) -> None:
    backend = {"service": {"name": "other", "port": {"name": "http"}}}
    rule = {"host": "vision.example.ai", "http": {"paths": [{"path": "/x", "pathType": "Exact", "backend": backend}]}}
    memory.edit(INGRESS, lambda live: live | {"spec": {"rules": [rule]}})

    changed = Route(service="other", port="http", path="/x", path_type="Exact", name="ai")
    assert get_tenant(memory, "vision").routes == (changed,)


def test_of_two_routes_at_one_place_the_first_by_name_is_read(memory: Memory) -> None:
    second = {**memory.objects[INGRESS], "metadata": {**memory.objects[INGRESS]["metadata"], "name": "zz"}}
    memory.objects[ObjectRef("networking.k8s.io/v1", "Ingress", "zz", "vision")] = second

    assert get_tenant(memory, "vision").routes == (ROUTE,)


def test_members_and_routes_that_may_not_be_read_are_unknown_and_not_none(memory: Memory) -> None:
    memory.refused = ("RoleBinding", "Ingress")

    read = get_tenant(memory, "vision")

    assert (read.editors, read.viewers, read.routes) == (None, None, None)
