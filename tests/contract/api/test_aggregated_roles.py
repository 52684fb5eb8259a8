"""Aggregated ClusterRoles: a controller writes the rules of those that their selectors match; on both engines."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.wire import APPLY, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.wire import Wire

RBAC = "rbac.authorization.k8s.io/v1"
PATH = f"/apis/{RBAC}/clusterroles"
LABEL = "tests.example.com/aggregate"


def rule(resource: str) -> dict[str, Any]:
    return {"apiGroups": ["tests.example.com"], "resources": [resource], "verbs": ["get"]}


@pytest.fixture
def make(wire: Wire) -> Iterator[Callable[..., str]]:
    """Apply a ClusterRole and return its name; all are deleted afterwards."""
    made: list[str] = []
    prefix = f"aggregate-{uuid.uuid4().hex[:6]}"

    def apply(name: str, **fields: Any) -> str:
        named = f"{prefix}-{name}"
        labels = fields.pop("labels", {})
        body = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": named, "labels": labels}, **fields}
        answer = wire("PATCH", f"{PATH}/{named}", body, content_type=APPLY, query={"fieldManager": "tests"})
        assert answer.status in (200, 201), answer.body
        made.append(named)
        return named

    yield apply
    for name in dict.fromkeys(made):
        wire("DELETE", f"{PATH}/{name}")


def rules_of(wire: Wire, name: str) -> Any:
    return wire("GET", f"{PATH}/{name}").body["rules"]


def selecting(value: str) -> dict[str, Any]:
    return {"clusterRoleSelectors": [{"matchLabels": {LABEL: value}}]}


def test_an_aggregated_role_has_the_rules_of_the_roles_that_it_selects_in_the_order_of_their_names(
    wire: Wire, make: Callable[..., str]
) -> None:
    mark = uuid.uuid4().hex[:8]
    whole = make("whole", aggregationRule=selecting(mark))
    make("b", labels={LABEL: mark}, rules=[rule("b"), rule("shared")])
    make("a", labels={LABEL: mark}, rules=[rule("shared"), rule("a")])
    make("other", labels={LABEL: "other"}, rules=[rule("other")])

    eventually(lambda: rules_of(wire, whole) == [rule("shared"), rule("a"), rule("b")])


def test_the_rules_of_an_aggregated_role_follow_labels_rules_and_deletions(
    wire: Wire, make: Callable[..., str]
) -> None:
    mark = uuid.uuid4().hex[:8]
    one, two = (make(name, labels={LABEL: mark}, rules=[rule(name)]) for name in ("one", "two"))
    whole = make("whole", aggregationRule=selecting(mark))
    eventually(lambda: rules_of(wire, whole) == [rule("one"), rule("two")])

    wire("PATCH", f"{PATH}/{one}", {"rules": [rule("changed")]}, content_type=MERGE_PATCH)
    eventually(lambda: rules_of(wire, whole) == [rule("changed"), rule("two")])
    wire("PATCH", f"{PATH}/{two}", {"metadata": {"labels": {LABEL: None}}}, content_type=MERGE_PATCH)
    eventually(lambda: rules_of(wire, whole) == [rule("changed")])
    wire("DELETE", f"{PATH}/{one}")
    eventually(lambda: not rules_of(wire, whole))


def test_rules_that_somebody_writes_into_an_aggregated_role_do_not_stay(wire: Wire, make: Callable[..., str]) -> None:
    mark = uuid.uuid4().hex[:8]
    make("one", labels={LABEL: mark}, rules=[rule("one")])
    whole = make("whole", aggregationRule=selecting(mark))
    eventually(lambda: rules_of(wire, whole) == [rule("one")])

    wire("PATCH", f"{PATH}/{whole}", {"rules": [rule("everything")]}, content_type=MERGE_PATCH)

    eventually(lambda: rules_of(wire, whole) == [rule("one")])


def test_an_apply_without_rules_neither_conflicts_with_the_controller_nor_removes_the_rules(
    wire: Wire, make: Callable[..., str]
) -> None:
    mark = uuid.uuid4().hex[:8]
    make("one", labels={LABEL: mark}, rules=[rule("one")])
    whole = make("whole", aggregationRule=selecting(mark))
    eventually(lambda: rules_of(wire, whole) == [rule("one")])

    make("whole", aggregationRule=selecting(mark), labels={"tests.example.com/again": "true"})

    live = wire("GET", f"{PATH}/{whole}").body
    assert live["rules"] == [rule("one")]
    owners = {
        (entry["manager"], entry["operation"]): sorted(entry["fieldsV1"]) for entry in live["metadata"]["managedFields"]
    }
    assert owners == {
        ("tests", "Apply"): ["f:aggregationRule", "f:metadata"],
        ("clusterrole-aggregation-controller", "Apply"): ["f:rules"],
    }


def test_the_built_in_roles_are_aggregated(wire: Wire, make: Callable[..., str]) -> None:
    group = uuid.uuid4().hex[:8]
    added = {"apiGroups": [f"{group}.example.com"], "resources": ["things"], "verbs": ["get"]}
    name = make("view", labels={"rbac.authorization.k8s.io/aggregate-to-view": "true"}, rules=[added])

    eventually(lambda: all(added in rules_of(wire, role) for role in ("view", "edit", "admin")))
    wire("DELETE", f"{PATH}/{name}")
    eventually(lambda: added not in rules_of(wire, "admin"))
