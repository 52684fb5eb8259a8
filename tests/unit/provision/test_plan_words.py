"""The changes of a plan by meaning: whoever reviews it sees every person, host, rule and amount."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import Plan, plan
from tenantkit.provision.plans.differences import differences
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.plans.table import entries
from tenantkit.provision.plans.wording import describe, item_text
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.network import Network
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.security import Security
from tests.unit.provision.memory import PLATFORM, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.managed_fields import Path

EVE, ADA = ({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name} for name in ("eve@x.com", "ada"))


def lines(made: Plan, kind: str) -> list[str]:
    return [line for entry in entries(made.changes) if entry.row.ref.kind == kind for line in entry.lines]


def words(kind: str, path: Path, before: Any, after: Any) -> list[str]:
    ref = ObjectRef("v1", kind, "x", "vision")
    row = PlanRow("update", ref, path, before, after)
    return [line.text for line in describe(PlanChange("update", ref, (row,)), row)]


def test_a_new_tenant_shows_whom_it_admits_which_hosts_it_gets_and_what_it_is_granted() -> None:
    made = plan(Memory(), tenant(editors=["group:cv", "sa:hub/jupyter"], hosts=["b.example.ai"]), platform=PLATFORM)

    assert lines(made, "Namespace") == ["hosts + vision.example.ai", "hosts + b.example.ai", "grant size small"]
    assert lines(made, "RoleBinding") == [
        "subjects + dana@example.com (tenantkit-owner)",
        "subjects + group:cv (tenantkit-editor)",
        "subjects + sa:hub/jupyter (tenantkit-editor)",
    ]
    assert lines(made, "Ingress") == ["route + vision.example.ai/ai-service → ai-service:80"]
    assert "pods 20" in lines(made, "ResourceQuota")[0]


def test_a_larger_size_shows_each_amount_and_the_grant_by_key() -> None:
    memory = Memory()
    run(memory, tenant())

    made = plan(memory, tenant(size="medium", protected=True, owners=["dana@example.com", "eve@x.com"]))

    assert {"quota requests.cpu 4 → 16", "quota pods 20 → 50"} <= set(lines(made, "ResourceQuota"))
    grant = {
        "grant owners + eve@x.com",
        "grant protected false → true",
        "grant size small → medium",
        "label tenantkit.dev/protected + true",
    }
    assert set(lines(made, "Namespace")) == grant


def test_deletions_and_lost_access_come_first_in_text_frame_and_json() -> None:
    memory = Memory()
    run(memory, tenant(editors=["eve@example.com"], hosts=["b.example.ai"]))

    made = plan(memory, tenant(size="medium", editors=[], routes=[]), platform=PLATFORM)

    ranks = [entry.is_loss for entry in entries(made.changes)]
    text = made.words("shell")
    assert ranks == sorted(ranks, reverse=True)
    assert text.index("route - ") < text.index("quota pods 20 → 50")
    assert text.index("hosts - ") < text.index("quota pods 20 → 50")
    assert "hosts - b.example.ai" in made.words("shell")
    assert "route - vision.example.ai/ai-service → ai-service:80" in made.words("shell")
    assert "subjects - eve@example.com (tenantkit-editor)" in made.words("shell")
    assert made.frame["action"].tolist()[0] in ("delete", "update")
    assert [row["action"] for row in made.as_json()["changes"]] == made.frame["action"].tolist()
    assert {row["tenant"] for row in made.as_json()["changes"]} == {"vision"}


def test_a_person_is_never_cut_off_however_long_the_list() -> None:
    people = [{**EVE, "name": f"person-{number}@a-long-domain.example.com"} for number in range(40)]

    shown = words("RoleBinding", ("subjects",), people, [*people, EVE])

    assert shown == ["subjects + eve@x.com"]
    memory = Memory()
    run(memory, tenant())
    long = tenant(editors=[f"{'x' * 60}-{number}@example.com" for number in range(3)])
    assert f"{'x' * 60}-2@example.com" in str(plan(memory, long, platform=PLATFORM))


@pytest.mark.parametrize(
    ("kind", "path", "before", "after", "shown"),
    [
        ("RoleBinding", ("subjects",), [EVE, ADA], [ADA], ["subjects - eve@x.com"]),
        ("RoleBinding", ("roleRef",), {"name": "admin"}, {"name": "view"}, ["role admin → view"]),
        (
            "LimitRange",
            ("spec", "limits"),
            [{"type": "Container", "default": {"cpu": "1"}}, {"type": "Pod"}],
            [{"type": "Container", "default": {"cpu": "2", "memory": "1Gi"}}, {"type": "Pod"}],
            ["limits Container default cpu 1 → 2", "limits Container default memory + 1Gi"],
        ),
        (
            "ClusterRole",
            ("rules",),
            [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
            [{"apiGroups": ["", "apps"], "resources": ["secrets"], "verbs": ["get", "list"], "resourceNames": ["a"]}],
            ["rules - get pods", "rules + get, list secrets named a (apps)"],
        ),
        ("Namespace", ("metadata", "labels", "a/b"), "1", None, ["label a/b - 1"]),
        ("Namespace", ("metadata", "annotations", "x"), "", "y", ["annotation x '' → y"]),
        (
            "ServiceAccount",
            ("automountServiceAccountToken",),
            True,
            False,
            ["automountServiceAccountToken true → false"],
        ),
        ("ServiceAccount", ("imagePullSecrets",), None, [{"name": "a"}], ["imagePullSecrets + a"]),
        (
            "Namespace",
            ("metadata", "annotations", "tenantkit.dev/grant"),
            "not json",
            '{"size":"small"}',
            ['grant not json → {"size": "small"}'],
        ),
        ("ResourceQuota", ("spec", "hard", "pods"), None, "0", ["quota pods + 0"]),
    ],
)
def test_a_field_is_worded_by_what_it_means(kind: str, path: Path, before: Any, after: Any, shown: list[str]) -> None:
    assert words(kind, path, before, after) == shown


def test_a_route_that_changes_only_its_path_type_is_seen() -> None:
    memory = Memory()
    run(memory, tenant())

    exact = Route(name="ai", service="ai-service", port=80, path="/ai-service", path_type="Exact")
    made = plan(memory, tenant(routes=[exact]), platform=PLATFORM)

    assert lines(made, "Ingress") == [
        "route - vision.example.ai/ai-service → ai-service:80",
        "route + vision.example.ai/ai-service (exactly) → ai-service:80",
    ]


def test_every_row_of_an_update_has_words() -> None:
    memory = Memory()
    run(memory, tenant())
    other = Platform(labels={"a": "b"}, security=Security(enforce="restricted", image_pull_secrets=("s",)))
    memory.install(other)

    made = plan(memory, tenant(size="large", hosts=["b.example.ai"], protected=True))

    assert [entry.row.field for entry in entries(made.changes) if entry.row.path and not entry.lines] == []


def test_settings_of_the_platform_are_shown_by_key() -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    made = plan_platform(memory, Platform(domain="example.com", provisioners=("lead@example.com",)))

    assert set(lines(made, "ConfigMap")) == {
        "platform domain example.ai → example.com",
        "platform provisioners + lead@example.com",
    }
    assert lines(made, "ClusterRoleBinding") == ["subjects + lead@example.com"]


def test_a_foreign_binding_shows_whom_it_admits() -> None:
    memory = Memory()
    run(memory, tenant())
    theirs = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "theirs", "namespace": "vision"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
        "subjects": [EVE, {"kind": "Group", "name": "cv"}],
    }
    memory.create(theirs)

    made = plan(memory, tenant(), platform=PLATFORM)

    [entry] = [entry for entry in entries(made.changes) if entry.row.action == "foreign"]
    assert entry.lines == ("subjects eve@x.com (admin)", "subjects group:cv (admin)")


def test_two_lists_in_another_order_are_one_difference() -> None:
    assert [(it.before, it.after) for it in differences(["a", "b"], ["b", "a"])] == [(["a", "b"], ["b", "a"])]


@pytest.mark.parametrize("depth", [21, 900, 100_000])
def test_a_text_that_is_nested_too_deeply_is_shown_as_it_is(depth: int) -> None:
    text = '{"a":' * depth + "1" + "}" * depth

    assert words("Ingress", ("metadata", "annotations", "x"), text, "y") == [f"annotation x {text} → y"]


def test_a_subject_is_named_with_its_kind() -> None:
    assert item_text({"kind": "Group", "name": "cv"}) == "group:cv"
    assert item_text({"kind": "ServiceAccount", "name": "j", "namespace": "hub"}) == "sa:hub/j"
    assert item_text({"a": 1}) == '{"a": 1}'


def test_a_new_tenants_network_is_in_words() -> None:
    network = Network(routing_namespaces=["contour"], cluster_cidrs=["10.0.0.0/8", "fc00::/7"])
    made = plan(Memory(), tenant(), platform=Platform(network=network))

    assert [line.removeprefix("network ") for line in lines(made, "NetworkPolicy")] == [
        "closed for ingress and egress, except for what other policies allow",
        "+ ingress from all pods in this namespace",
        "+ egress to all pods in this namespace",
        "+ egress to pods with k8s-app=kube-dns in namespace kube-system on UDP 53, TCP 53",
        "+ egress to 169.254.20.10/32 on UDP 53, TCP 53",
        "+ ingress from all pods in namespace contour",
        "+ egress to all IPv4 addresses except 10.0.0.0/8, 169.254.0.0/16, 100.100.100.200/32, 168.63.129.16/32",
        "+ egress to all IPv6 addresses except fc00::/7, fe80::/10",
    ]


def test_a_change_of_the_network_is_in_words() -> None:
    memory = Memory()
    run(memory, tenant(), platform=Platform())

    made = plan(memory, tenant(), platform=Platform(network=Network(internet=False, routing_namespaces=["contour"])))

    assert "network - egress to all IPv6 addresses except fc00::/7, fe80::/10" in str(made)
    assert "network + ingress from all pods in namespace contour" in str(made)


def test_a_line_about_a_plan_has_the_first_note_and_counts_the_others() -> None:
    notes = [PlanNotice("expired", "it has expired", "vision"), PlanNotice("frozen", "it is frozen", "vision")]
    plan = Plan(platform=Platform(), tenants=(), changes=(), notices=(notes[0],))
    command = PlanNotice("clean-up", f"`kubectl delete pods --all -n {'x' * 300}`")

    assert repr(plan) == "<Plan: note: vision: it has expired; nothing planned>"
    assert repr(replace(plan, notices=(*notes,))) == (
        "<Plan: note: vision: it has expired; 1 more note; nothing planned>"
    )
    assert repr(replace(plan, notices=(command,))) == f"<Plan: note: {command}; nothing planned>"
    assert "; 2 more notes; " in repr(replace(plan, notices=(command, *notes)))


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        ({"size": "small"}, {"quota": {"pods": 20, "jobs": 5}}, ["size small → custom quota"]),
        ({"quota": {"pods": 20, "jobs": 5}}, {"size": "small"}, ["size custom quota → small"]),
        ({"quota": {"pods": 20, "jobs": 5}}, {"quota": {"pods": 30, "jobs": 5}}, ["quota pods 20 → 30"]),
        ({"boost": {"size": "large"}}, {"boost": {"quota": {"pods": 9}}}, ["boost size large → custom quota"]),
        ({}, {"boost": {"quota": {"pods": 9}}}, ["boost size + custom quota"]),
    ],
)
def test_a_quota_in_place_of_a_size_is_one_change_of_the_grant(
    before: dict[str, object], after: dict[str, object], texts: list[str]
) -> None:
    path = ("metadata", "annotations", "tenantkit.dev/grant")
    ref = ObjectRef("v1", "Namespace", "vision")
    row = PlanRow("update", ref, path, json.dumps(before), json.dumps(after))

    assert [line.text for line in describe(PlanChange("update", ref, (row,)), row)] == [f"grant {it}" for it in texts]
