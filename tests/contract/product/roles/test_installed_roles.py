"""The roles that an installation makes, changes and removes; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.manifests.roles import rules_by_role
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tenantkit.spec.role_rules import RoleRule, RoleRules
from tests.contract.wire import APPLY
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

RBAC = "rbac.authorization.k8s.io/v1"
PATH = f"/apis/{RBAC}/clusterroles"
APPS = {"api_groups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications"]}
SPARK = RoleRules(
    name="spark",
    viewer=[RoleRule(**APPS, verbs=["get", "list"])],
    editor=[RoleRule(**APPS, verbs=["create"])],
)


@pytest.fixture(autouse=True)
def _defaults_afterwards(cluster: Cluster) -> Iterator[None]:
    install_platform(cluster, progress=False)
    yield
    install_platform(cluster, progress=False)


def _rules(cluster: Cluster, role: str) -> list[dict[str, Any]]:
    return list(cluster.get("ClusterRole", f"tenantkit-{role}").get("rules") or ())


def _names(cluster: Cluster) -> set[str]:
    found = cluster.list("ClusterRole", label_selector="app.kubernetes.io/managed-by=tenantkit")
    return {role["metadata"]["name"] for role in found}


def _same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    return sorted(map(repr, map(_sorted, found))) == sorted(map(repr, map(_sorted, wanted)))


def _sorted(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: rule[key] for key in sorted(rule)}


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_once_an_installation_ends_the_roles_have_their_rules(cluster: Cluster, role: str) -> None:
    wanted = rules_by_role(Platform())

    assert _same(_rules(cluster, role), wanted[role])  # type: ignore[index]


def test_rules_of_the_settings_come_with_an_installation_and_go_with_the_next(cluster: Cluster) -> None:
    before = _names(cluster)

    install_platform(cluster, Platform(roles=["ray", SPARK]), progress=False)

    added = {f"tenantkit-roles-{name}-{role}" for name in ("ray", "spark") for role in ("viewer", "editor")}
    assert _names(cluster) - before == added
    create = {"apiGroups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications"], "verbs": ["create"]}
    assert [create in _rules(cluster, role) for role in ("viewer", "editor", "owner")] == [False, True, True]

    planned = plan_platform(cluster, Platform(roles=["ray"]))
    assert {row.ref.name for row in planned.rows if row.action == "delete"} == {
        "tenantkit-roles-spark-viewer",
        "tenantkit-roles-spark-editor",
    }
    install_platform(cluster, Platform(roles=["ray"]), progress=False)

    assert _names(cluster) - before == {name for name in added if "ray" in name}
    eventually(lambda: create not in _rules(cluster, "owner"))


def test_rules_that_an_administrator_adds_by_label_stay_without_a_conflict(cluster: Cluster, wire: Wire) -> None:
    rule = {"apiGroups": ["own.example.com"], "resources": ["things"], "verbs": ["get"]}
    name = "added-by-an-administrator"
    body = {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {"tenantkit.dev/aggregate-to-viewer": "true"}},
        "rules": [rule],
    }
    assert wire("POST", PATH, body).status == 201
    try:
        eventually(lambda: rule in _rules(cluster, "viewer"))

        assert {row.action for row in plan_platform(cluster).rows} == {"unchanged"}
        install_platform(cluster, progress=False)
        assert rule in _rules(cluster, "viewer")
        assert rule not in _rules(cluster, "editor")
    finally:
        cluster.delete(ObjectRef(RBAC, "ClusterRole", name))


def test_an_installation_replaces_a_role_with_rules_of_its_own_as_earlier_versions_made_it(
    cluster: Cluster, wire: Wire
) -> None:
    name = "tenantkit-viewer"
    cluster.delete(ObjectRef(RBAC, "ClusterRole", name))
    old = {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "tenantkit"}},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    answer = wire("PATCH", f"{PATH}/{name}", old, content_type=APPLY, query={"fieldManager": "tenantkit"})
    assert answer.status == 201

    changed = {(row.action, row.field) for row in plan_platform(cluster).rows if row.ref.name == name}
    assert ("update", "rules") in changed
    assert {action for action, _ in changed} == {"update"}
    install_platform(cluster, progress=False)

    assert _same(_rules(cluster, "viewer"), rules_by_role(Platform())["viewer"])
    assert {row.action for row in plan_platform(cluster).rows} == {"unchanged"}


def test_settings_without_the_clusters_default_priority_class_are_refused(cluster: Cluster) -> None:
    default = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "everyday"},
        "value": 1,
        "globalDefault": True,
    }
    cluster.create(default)
    try:
        with pytest.raises(InvalidSpecError, match=r"the cluster's default PriorityClass 'everyday' is not listed"):
            plan_platform(cluster)
        assert plan_platform(cluster, Platform(priority_classes=["everyday"])).has_changes
    finally:
        cluster.delete(ObjectRef("scheduling.k8s.io/v1", "PriorityClass", "everyday"))
