"""Rules that a platform adds to the roles of tenants: presets, and its own ones, of which none reaches a wall."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.platform import Platform
from tenantkit.spec.role_presets import DEVICE_CLAIMS, PRESETS
from tenantkit.spec.role_rules import RoleRule, RoleRules


def rule(resource: str, *verbs: str, group: str = "", **fields: Any) -> dict[str, Any]:
    return {"api_groups": [group], "resources": [resource], "verbs": verbs or ("create",)} | fields


def problems(**levels: Any) -> list[str]:
    with pytest.raises(InvalidSpecError) as caught:
        Platform(roles=[{"name": "own", **levels}])
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("resource", "group", "reason"),
    [
        ("resourcequotas", "", "the platform sets quotas"),
        ("resourcequotas/status", "", "the platform sets quotas"),
        ("limitranges", "", "the platform sets limits"),
        ("namespaces", "", "the platform owns the namespaces"),
        ("namespaces/finalize", "", "the platform owns the namespaces"),
        ("nodes", "", "nodes belong to the platform"),
        ("persistentvolumes", "", "volumes of the cluster"),
        ("endpoints", "", "addresses of other tenants"),
        ("endpointslices", "discovery.k8s.io", "addresses of other tenants"),
        ("bindings", "", "the scheduler decides"),
        ("pods/binding", "", "the scheduler decides"),
        ("serviceaccounts/token", "", "tokens of other accounts"),
        ("networkpolicies", "networking.k8s.io", "opens what the platform has closed"),
        ("ciliumnetworkpolicies", "cilium.io", "opens what the platform has closed"),
        ("networkpolicies", "crd.projectcalico.org", "opens what the platform has closed"),
        ("roles", "rbac.authorization.k8s.io", "nobody in a tenant writes roles"),
        ("rolebindings", "rbac.authorization.k8s.io", "owners already manage RoleBindings"),
        ("clusterroles", "rbac.authorization.k8s.io", "nobody in a tenant writes roles"),
        ("tenants", "tenantkit.dev", "exempt tenants from the platform's guardrails"),
        ("tokenreviews", "authentication.k8s.io", "identities of others"),
        ("certificatesigningrequests", "certificates.k8s.io", "identities of others"),
        ("validatingadmissionpolicies", "admissionregistration.k8s.io", "admission policies are the platform's"),
        ("priorityclasses", "scheduling.k8s.io", "priority classes are the platform's"),
    ],
)
@pytest.mark.parametrize("level", ["editor", "owner"])
def test_a_rule_over_a_wall_is_refused_with_the_reason(level: str, resource: str, group: str, reason: str) -> None:
    [problem] = problems(**{level: [rule(resource, "create", group=group)]})

    assert problem.startswith(f"roles[0].{level}[0]=")
    assert reason in problem


@pytest.mark.parametrize("resource", ["resourcequotas", "networkpolicies", "roles", "endpoints"])
def test_a_wall_may_be_read(resource: str) -> None:
    assert RoleRule(**rule(resource, "get", "list", "watch")).is_read_only


@pytest.mark.parametrize("resource", ["serviceaccounts/token", "nodes/proxy", "pods/binding"])
def test_what_gives_anything_by_reading_is_refused_too(resource: str) -> None:
    assert problems(owner=[rule(resource, "get")])


@pytest.mark.parametrize("verb", ["bind", "escalate", "impersonate"])
def test_a_verb_that_gives_more_rights_is_refused(verb: str) -> None:
    [problem] = problems(owner=[rule("things", verb, group="x.example.com")])

    assert problem.startswith(f"roles[0].owner[0].verbs[0]='{verb}': leave it out")


@pytest.mark.parametrize(
    "wild",
    [
        rule("*", "get"),
        rule("pods/*", "get"),
        rule("*/scale", "get"),
        rule("pods", "*"),
        rule("pods", "get", group="*"),
    ],
)
def test_a_wildcard_is_refused(wild: dict[str, Any]) -> None:
    [problem] = problems(editor=[wild])

    assert "a wildcard would include the platform's own walls" in problem


def test_viewers_only_read_and_see_no_secrets_and_enter_no_pods() -> None:
    found = problems(
        viewer=[
            rule("things", "get", "patch", group="x.example.com"),
            rule("secrets", "get"),
            rule("pods/exec", "get"),
        ]
    )

    assert len(found) == 3
    assert "viewers only read: leave out patch" in found[0]
    assert "viewers read no Secrets" in found[1]
    assert "viewers do not enter pods" in found[2]


def test_all_wrong_rules_are_named_at_once_and_by_their_place() -> None:
    wrong = {
        "name": "Own",
        "viewer": [rule("things", "create", group="x.example.com")],
        "editor": [rule("things", "get", group="x.example.com"), rule("limitranges", "patch")],
        "owner": [rule("*", "bind")],
    }
    with pytest.raises(InvalidSpecError) as caught:
        Platform(roles=["rya", wrong, "ray"])

    assert [problem.field for problem in caught.value.problems] == [
        "roles[0]",
        "roles[1].name",
        "roles[1].viewer[0]",
        "roles[1].editor[1]",
        "roles[1].owner[0].resources[0]",
        "roles[1].owner[0].verbs[0]",
    ]


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (["rays"], "there is no such preset: use one of 'ray', 'kueue'"),
        (["ray", "ray"], "'ray' is listed more than once"),
        ([{"name": "ray", "viewer": [rule("x", "get")]}], "'ray' is the name of a preset"),
        ([{"name": "device-claims", "viewer": [rule("x", "get")]}], "is the name of a preset"),
        ([{"name": "own"}], "add a rule for viewer, editor or owner"),
        ([5], "use a mapping of fields"),
        ([{"name": "own", "viewer": [rule("x", "get")], "editors": []}], "did you mean 'editor'"),
        ([{"name": "own", "viewer": [{"resources": ["x"], "verbs": ["get"]}]}], "roles[0].viewer[0].api_groups=None"),
    ],
)
def test_a_wrong_entry_of_roles_says_what_to_use(roles: list[Any], reason: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Platform(roles=roles)

    assert reason in str(caught.value)


def test_roles_are_stored_and_written_as_they_were_given() -> None:
    own = RoleRules(name="own", editor=[RoleRule(**rule("things", "create", group="x.example.com"))])
    platform = Platform(roles=["ray", own])

    assert Platform.from_stored(platform.to_stored()) == platform
    assert platform.to_mapping()["roles"] == [
        "ray",
        {
            "name": "own",
            "editor": [{"apiGroups": ["x.example.com"], "resources": ["things"], "verbs": ["create"]}],
        },
    ]


def test_every_preset_keeps_to_its_own_groups_and_leaves_the_status_to_its_controllers() -> None:
    for name, preset in {**PRESETS, "device-claims": DEVICE_CLAIMS}.items():
        rules = [*preset.rules.viewer, *preset.rules.editor, *preset.rules.owner]
        assert preset.rules.name == name
        assert preset.source
        assert not [group for rule in rules for group in rule.api_groups if "." not in group]
        written = [resource for rule in rules if not rule.is_read_only for resource in rule.resources]
        assert not [resource for resource in written if "/" in resource], name


def test_tenants_choose_no_queue_and_change_no_workload_of_kueue() -> None:
    rules = PRESETS["kueue"].rules

    assert all(rule.is_read_only for rule in rules.viewer)
    assert (rules.editor, rules.owner) == ((), ())


def test_listed_device_classes_let_editors_claim_devices() -> None:
    assert Platform().role_rules == ()
    assert [added.name for added in Platform(device_classes=["gpu.example.com"]).role_rules] == ["device-claims"]
