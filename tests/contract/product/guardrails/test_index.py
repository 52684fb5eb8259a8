"""Attacks on the index of tenants: by editors, owners, strangers and provisioners; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.product.guardrails.conftest import DRY_RUN, RBAC, denied
from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Answer, Wire

INDEX = f"/apis/{RBAC}/v1/namespaces/tenantkit-index"
EVE = {"apiGroup": RBAC, "kind": "User", "name": "eve@example.com"}
EVERYBODY = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
EVERY_ACCOUNT = {"apiGroup": RBAC, "kind": "User", "name": "system:serviceaccounts:kube-system"}


def add(subject: dict[str, str]) -> list[dict[str, Any]]:
    return [{"op": "add", "path": "/subjects/-", "value": subject}]


def patch(user: Wire, name: str, operations: list[dict[str, Any]], kind: str = "rolebindings") -> Answer:
    return user("PATCH", f"{INDEX}/{kind}/{name}", operations, content_type=JSON_PATCH, query=DRY_RUN)


@pytest.fixture
def owner(place: Place, wire_as: Callable[[str], Wire]) -> Wire:
    """Plain requests of the owner, once the server applies the index."""
    user = wire_as("owner")
    eventually(lambda: patch(user, f"tenant-{place.name}", add(EVE)).status == 200)
    return user


@pytest.fixture
def provisioner(place: Place, wire_as: Callable[[str], Wire]) -> Wire:
    """Plain requests of a provisioner."""
    assert place.name
    return wire_as("provisioner")


def test_an_owner_adds_people(owner: Wire, place: Place) -> None:
    group = {"apiGroup": RBAC, "kind": "Group", "name": "ml"}

    assert patch(owner, f"tenant-{place.name}", add(group)).status == 200
    assert patch(owner, f"tenant-{place.name}", [{"op": "remove", "path": "/subjects"}]).status == 200


@pytest.mark.parametrize("subject", [EVERYBODY, EVERY_ACCOUNT])
def test_nobody_shows_a_tenant_to_everybody(
    subject: dict[str, str], owner: Wire, place: Place, provisioner: Wire
) -> None:
    for user in (owner, provisioner):
        answer = patch(user, f"tenant-{place.name}", add(subject))

        denied(answer, f"a RoleBinding to {subject['name']} is not allowed in the index of tenants")


def test_an_owner_adds_at_most_a_thousand(owner: Wire, place: Place) -> None:
    many = [{**EVE, "name": f"person-{number}@example.com"} for number in range(1001)]

    answer = patch(owner, f"tenant-{place.name}", [{"op": "replace", "path": "/subjects", "value": many}])

    denied(answer, "a RoleBinding of more than 1000 subjects is not allowed in the index of tenants: add a group")


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"tenantkit.dev/tenant": "other"}},
        {"labels": None},
        {"annotations": {"note": "x" * 1000}},
        {"finalizers": ["example.com/stay"]},
    ],
)
def test_an_owner_changes_nothing_but_the_subjects(metadata: dict[str, Any], owner: Wire, place: Place) -> None:
    answer = owner(
        "PATCH",
        f"{INDEX}/rolebindings/tenant-{place.name}",
        {"metadata": metadata},
        content_type=MERGE_PATCH,
        query=DRY_RUN,
    )

    denied(answer, "changing labels, annotations or finalizers is not allowed in the index of tenants")


def test_an_owner_touches_no_other_object_of_the_index(
    owner: Wire, place: Place, wire_as: Callable[[str], Wire]
) -> None:
    rule = [{"op": "add", "path": "/rules/-", "value": {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}}]
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": f"owners-{place.name}"},
        "subjects": [EVE],
    }
    stranger = wire_as("stranger")
    attempts = [
        patch(owner, f"owners-{place.name}", add(EVE)),
        patch(owner, f"tenant-{place.name}", rule, "roles"),
        patch(owner, f"owners-{place.name}", rule, "roles"),
        owner("POST", f"{INDEX}/rolebindings", binding, query=DRY_RUN),
        owner(
            "PATCH", f"{INDEX}/rolebindings/mine", binding, content_type=APPLY, query={**DRY_RUN, "fieldManager": "x"}
        ),
        owner("DELETE", f"{INDEX}/rolebindings/tenant-{place.name}", query=DRY_RUN),
        owner("GET", f"{INDEX}/rolebindings"),
        stranger("GET", f"{INDEX}/rolebindings/tenant-{place.name}"),
        patch(stranger, f"tenant-{place.name}", add(EVE)),
    ]

    assert [answer.status for answer in attempts] == [403] * len(attempts)


@pytest.mark.parametrize("user", ["editor", "viewer"])
def test_editors_and_viewers_change_nothing(user: str, place: Place, wire_as: Callable[[str], Wire]) -> None:
    attempts = [patch(wire_as(user), f"{kind}-{place.name}", add(EVE)) for kind in ("tenant", "owners")]

    assert [answer.status for answer in attempts] == [403, 403]


def test_an_editor_reads_the_own_tenant_only(place: Place, wire: Wire, wire_as: Callable[[str], Wire]) -> None:
    editor = wire_as("editor")
    eventually(lambda: editor("GET", f"{INDEX}/rolebindings/tenant-{place.name}").status == 200)

    assert wire("GET", f"{INDEX}/rolebindings/tenant-{place.name}").status == 200
    assert editor("GET", f"{INDEX}/rolebindings/tenant-nobody").status == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        (
            "POST",
            "/api/v1/namespaces/tenantkit-index/configmaps",
            {"metadata": {"name": "x"}},
            "a change by a provisioner",
        ),
        (
            "POST",
            "/api/v1/namespaces/tenantkit-index/serviceaccounts",
            {"metadata": {"name": "x"}},
            "a change by a provisioner",
        ),
        (
            "POST",
            f"{INDEX}/rolebindings",
            {
                "metadata": {"name": "mine"},
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-owner"},
                "subjects": [EVE],
            },
            "denied request",
        ),
        ("PATCH", "/api/v1/namespaces/tenantkit-index", {"metadata": {"labels": {"a": "b"}}}, "changing the Namespace"),
        ("DELETE", "/api/v1/namespaces/tenantkit-index", None, "changing the Namespace"),
    ],
)
def test_a_provisioner_makes_nothing_else_in_the_index(
    method: str, path: str, body: Any, words: str, provisioner: Wire
) -> None:
    content_type = MERGE_PATCH if method == "PATCH" else JSON

    denied(provisioner(method, path, body, query=DRY_RUN, content_type=content_type), words)


def test_a_provisioner_gives_no_rights_there_that_it_lacks(provisioner: Wire) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    role = {"metadata": {"name": "tenant-x"}, "rules": [rule]}

    answer = provisioner("POST", f"{INDEX}/roles", role, query=DRY_RUN)

    assert answer.status == 403
    assert "attempting to grant RBAC permissions not currently held" in answer.body["message"]


def names(*tenants: str) -> dict[str, object]:
    """The rule by which members find a tenant."""
    return {"apiGroups": ["tenantkit.dev"], "resources": ["tenants"], "verbs": ["get"], "resourceNames": [*tenants]}


def test_a_provisioner_lets_members_of_a_tenant_see_no_other(provisioner: Wire, place: Place) -> None:
    entries: dict[str, object] = {"apiGroups": [RBAC], "resources": ["rolebindings"], "verbs": ["update"]}
    wrong: list[dict[str, object]] = [
        names("speech"),
        names("_index"),
        names(place.name, "a", "b"),
        {key: value for key, value in names(place.name).items() if key != "resourceNames"},
        entries | {"resourceNames": ["owners-speech"]},
    ]
    for rule in wrong:
        answer = patch(
            provisioner, f"tenant-{place.name}", [{"op": "replace", "path": "/rules", "value": [rule]}], "roles"
        )

        denied(answer, "a Role with other rights than those of its tenant is not allowed in the index of tenants")


def test_a_provisioner_makes_the_entries_of_a_tenant_and_takes_them_back(provisioner: Wire, place: Place) -> None:
    made = names(place.name, f"team-{place.name}")
    replaced = [{"op": "replace", "path": "/rules", "value": [made]}]

    assert patch(provisioner, f"tenant-{place.name}", replaced, "roles").status == 200
    assert patch(provisioner, f"owners-{place.name}", add(EVE)).status == 200
    assert provisioner("DELETE", f"{INDEX}/roles/tenant-{place.name}", query=DRY_RUN).status == 200


@pytest.mark.parametrize("name", ["tenantkit-index-writer", "tenantkit-index-marker"])
@pytest.mark.parametrize("kind", ["roles", "rolebindings"])
def test_a_provisioner_changes_none_of_the_platforms_objects_in_the_index(
    kind: str, name: str, provisioner: Wire
) -> None:
    operation = {"op": "add", "path": "/metadata/labels/a", "value": "b"}

    denied(patch(provisioner, name, [operation], kind), "is not allowed")
    denied(provisioner("DELETE", f"{INDEX}/{kind}/{name}", query=DRY_RUN), "a change by a provisioner")


def test_a_provisioner_binds_nobody_to_the_writers_of_the_index(provisioner: Wire) -> None:
    role = {"apiGroup": RBAC, "kind": "Role", "name": "tenantkit-index-writer"}
    for name in ("tenantkit-index-writer", "more-writers", "tenant-writers"):
        binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [EVE]}

        denied(provisioner("POST", f"{INDEX}/rolebindings", binding, query=DRY_RUN), "is not allowed")
