"""The guardrails as objects: laws that each policy keeps."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, get_args

import pytest

from tenantkit.manifests.guardrails.cel import setting, text
from tenantkit.manifests.guardrails.objects import POLICIES, make_guardrails
from tenantkit.manifests.guardrails.policy import VERSION
from tenantkit.manifests.guardrails.settings import make_settings
from tenantkit.manifests.labels import GUARDRAILS_VERSION_LABEL
from tenantkit.manifests.namespace import make_namespace
from tenantkit.rules.refusals import parse_refusal
from tenantkit.spec.guardrails import GuardrailName, Guardrails
from tenantkit.spec.network import Network
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.routing import Gateway, Routing
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.manifests.guardrails.policy import Policy
    from tenantkit.rules.manifest import Manifest

EVERY = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


def vision(**fields: object) -> Tenant:
    return Tenant(**{"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


@EVERY
def test_each_denial_is_forbidden_and_recognised(policy: Policy) -> None:
    for validation in policy.to_policy()["spec"]["validations"]:
        where = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{policy.name}' denied request: "
        refusal = parse_refusal(where + validation["message"])

        assert validation["reason"] == "Forbidden"
        assert refusal is not None
        assert refusal.code == "guardrail"
        assert refusal.next_steps


@EVERY
def test_each_name_begins_with_its_guardrail(policy: Policy) -> None:
    assert re.fullmatch(f"tenantkit-{policy.guardrail}(-[a-z]+)*", policy.name)
    assert policy.guardrail in get_args(GuardrailName)


@EVERY
def test_a_policy_that_matches_deletions_spares_the_controllers_that_clean_up(policy: Policy) -> None:
    if "DELETE" not in policy.operations:
        return
    conditions = " ".join(condition["expression"] for condition in policy.conditions)

    # a protected tenant, and what provisioners do, is no controller's business
    assert "namespace-controller" in conditions or policy.name.startswith(
        ("tenantkit-walls-protection", "tenantkit-outside")
    )


@EVERY
def test_a_policy_for_all_namespaces_lets_pass_without_its_settings(policy: Policy) -> None:
    reference = policy.to_binding("deny")["spec"].get("paramRef")
    has_settings = "params." in json.dumps(policy.to_policy())

    assert (reference is not None) == has_settings
    if reference is not None:
        assert reference["parameterNotFoundAction"] == ("Allow" if policy.is_everywhere else "Deny")


def test_match_conditions_use_nothing_that_they_are_not_given() -> None:
    """Neither variables nor the Namespace nor, for messages, the authorizer."""
    for policy in POLICIES:
        for condition in policy.conditions:
            assert not re.search(r"\b(variables|namespaceObject|params)\b", condition["expression"]), policy.name
        for validation in policy.to_policy()["spec"]["validations"]:
            assert "authorizer" not in validation.get("messageExpression", ""), policy.name


def test_modes_are_the_actions_of_the_bindings() -> None:
    made = make_guardrails(Platform(guardrails=Guardrails(hosts="warn", people="audit", pods="off")))
    actions = {
        it["metadata"]["name"]: it["spec"]["validationActions"]
        for it in made
        if it["kind"] == "ValidatingAdmissionPolicyBinding"
    }

    assert actions["tenantkit-hosts"] == ["Warn", "Audit"]
    assert actions["tenantkit-people"] == ["Audit"]
    assert actions["tenantkit-walls"] == ["Deny"]
    assert "tenantkit-pods" not in actions


def test_the_settings_are_lines_that_a_person_can_read() -> None:
    platform = Platform(
        priority_classes=["batch"],
        routing=Routing(ingress_class="shared", annotations={"example.com/timeout": "30s"}),
        network=Network(not_isolated=["vision"]),
        guardrails=Guardrails(ingress_classes=["internal"], annotations=["a.example.com/*"], roles=["view", "edit"]),
    )

    assert make_settings(platform)["data"] == {
        "accounts": "",
        "annotations": "a.example.com/*\nexample.com/timeout",
        "csi_drivers": "",
        "gateways": "",
        "ingress_classes": "shared\ninternal",
        "isolate": "true",
        "not_isolated": "vision",
        "pod_security": "baseline",
        "pod_security_version": "latest",
        "priority_classes": "batch",
        "reserved_taints": "",
        "roles": "view\nedit",
        "service_types": "",
    }


def test_tenants_routes_attach_to_the_gateway_of_the_platform_alone() -> None:
    gateway = Gateway(name="edge", namespace="infra")
    listed = Platform(routing=Routing(by="both", gateway=gateway))
    more = listed.with_(guardrails=Guardrails(gateways=["labs/edge"]))

    assert make_settings(listed)["data"]["gateways"] == "infra/edge"
    assert make_settings(more)["data"]["gateways"] == "infra/edge\nlabs/edge"


def test_other_settings_change_no_policy() -> None:
    def policies(platform: Platform) -> list[Manifest]:
        return [it for it in make_guardrails(platform) if it["kind"] != "ConfigMap"]

    assert policies(Platform()) == policies(Platform(domain="ai.example.com", guardrails=Guardrails(roles=["view"])))


def test_a_namespace_carries_its_protection_and_the_types_of_services_that_its_quota_grants() -> None:
    granted = Quota(requests_cpu=1, requests_memory="1Gi", load_balancers=1, node_ports=2)
    plain = make_namespace(vision(), Platform())["metadata"]
    made = make_namespace(vision(size=None, quota=granted, protected=True), Platform())["metadata"]

    assert "tenantkit.dev/protected" not in plain["labels"]
    assert "tenantkit.dev/service-types" not in plain["annotations"]
    assert made["labels"]["tenantkit.dev/protected"] == "true"
    assert made["annotations"]["tenantkit.dev/service-types"] == "LoadBalancer,NodePort"


def test_texts_are_quoted() -> None:
    assert text("it's \\") == "'it\\'s \\\\'"
    assert "params.data['roles']" in setting("roles")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("annotations", "no spaces/x"),
        ("roles", "cluster-admin"),
        ("accounts", "deployer"),
        ("gateways", "infra"),
        ("service_types", "ClusterIPs"),
        ("hosts", "block"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_right_form(field: str, value: str) -> None:
    from tenantkit.exceptions import InvalidSpecError

    wrong = value if field == "hosts" else [value]
    with pytest.raises(InvalidSpecError) as caught:
        Guardrails(**{field: wrong})
    assert "use" in str(caught.value)


# With a new digest comes a new version, so that an older tenantkit recognises newer guardrails and leaves them.
DIGEST = (3, "06e59f44b5b9bf7e")


def test_a_change_of_the_policies_raises_their_version() -> None:
    """On a failure: raise `VERSION` unless this change has raised it already, and write both here."""
    made = [policy.to_policy()["spec"] for policy in POLICIES] + [
        policy.to_binding("deny")["spec"] for policy in POLICIES
    ]
    settings = sorted(make_settings(Platform())["data"])
    text_of_all = json.dumps([made, settings], sort_keys=True)

    assert (VERSION, sha256(text_of_all.encode()).hexdigest()[:16]) == DIGEST


def test_the_label_of_each_object_has_the_version() -> None:
    labels = [manifest["metadata"]["labels"] for manifest in make_guardrails(Platform())]

    assert {it[GUARDRAILS_VERSION_LABEL] for it in labels} == {str(VERSION)}
