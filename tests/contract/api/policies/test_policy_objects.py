"""Policies and bindings as objects: defaults, managed fields, status, updates and who may write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import GOOD
from tests.contract.api.policies.bound import BINDINGS, POLICIES, Bound
from tests.contract.namespaces import fresh_name
from tests.contract.wire import APPLY, MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.wire import Wire

DRY_RUN = {"dryRun": "All"}
POLICY, BINDING = GOOD["ValidatingAdmissionPolicy"], GOOD["ValidatingAdmissionPolicyBinding"]
VARIABLES = [{"name": "a", "expression": "1"}, {"name": "b", "expression": "2"}]


@pytest.fixture
def policy(wire: Wire) -> Iterator[str]:
    """The path of a policy, whose status has been written."""
    name = fresh_name()
    assert wire("POST", POLICIES, POLICY.named(name, {"spec/variables": VARIABLES})).status == 201
    path = f"{POLICIES}/{name}"
    eventually(lambda: wire("GET", path).body["status"].get("observedGeneration") == 1)
    yield path
    wire("DELETE", path)


def test_the_server_fills_in_defaults(wire: Wire) -> None:
    match = {"matchResources": {"resourceRules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"]}]}}
    rules = match["matchResources"]["resourceRules"]
    rules[0]["resources"] = ["*"]

    policy = wire("POST", POLICIES, POLICY.named("sample"), query=DRY_RUN).body
    binding = wire("POST", BINDINGS, Bound({}, binding=match).bound("sample"), query=DRY_RUN).body

    filled = {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}
    assert (policy["metadata"]["generation"], policy["status"]) == (1, {})
    assert policy["spec"]["failurePolicy"] == "Fail"
    assert policy["spec"]["matchConstraints"].items() > filled.items()
    assert policy["spec"]["matchConstraints"]["resourceRules"][0]["scope"] == "*"
    assert (binding["metadata"]["generation"], "status" in binding) == (1, False)
    assert binding["spec"]["matchResources"] == {**filled, "resourceRules": [{**rules[0], "scope": "*"}]}


def test_variables_are_merged_by_name_and_validations_replaced(wire: Wire, policy: str) -> None:
    change = {"variables": [{"name": "b", "expression": "3"}], "validations": [{"expression": "false"}]}

    merged = wire("PATCH", policy, {"spec": change}, content_type=STRATEGIC_PATCH, query=DRY_RUN).body["spec"]

    assert merged["variables"] == [VARIABLES[0], {"name": "b", "expression": "3"}]
    assert merged["validations"] == [{"expression": "false"}]


def test_each_manager_owns_its_variables_and_all_rules_at_once(wire: Wire, policy: str) -> None:
    sent = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "spec": {
            "variables": [{"name": "c", "expression": "3"}],
            "matchConstraints": POLICY.body["spec"]["matchConstraints"],
        },
    }

    answer = wire("PATCH", policy, sent, content_type=APPLY, query={"fieldManager": "other", "force": "true"})

    owned = {item["manager"]: item["fieldsV1"] for item in answer.body["metadata"]["managedFields"]}
    assert owned["other"] == {"f:spec": {"f:matchConstraints": {}, "f:variables": {'k:{"name":"c"}': {}}}}
    assert [item["name"] for item in answer.body["spec"]["variables"]] == ["a", "b", "c"]
    assert owned["validatingadmissionpolicy-status"] == {"f:status": {"f:observedGeneration": {}, "f:typeChecking": {}}}


def test_a_change_of_the_spec_is_a_new_generation_and_seen(wire: Wire, policy: str) -> None:
    labelled = wire("PATCH", policy, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH).body
    changed = wire("PATCH", policy, {"spec": {"failurePolicy": "Ignore"}}, content_type=MERGE_PATCH).body

    assert (labelled["metadata"]["generation"], changed["metadata"]["generation"]) == (1, 2)
    eventually(lambda: wire("GET", policy).body["status"]["observedGeneration"] == 2)


def test_the_status_is_written_by_its_subresource_only(wire: Wire, policy: str) -> None:
    change = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"failurePolicy": "Ignore"},
        "status": {"observedGeneration": 9},
    }

    whole = wire("PATCH", policy, {"status": {"observedGeneration": 9}}, content_type=MERGE_PATCH, query=DRY_RUN).body
    status = wire("PATCH", f"{policy}/status", change, content_type=MERGE_PATCH, query=DRY_RUN).body

    assert whole["status"]["observedGeneration"] == 1
    assert status["status"]["observedGeneration"] == 9
    assert ("labels" in status["metadata"], status["spec"]["failurePolicy"]) == (False, "Fail")


@pytest.mark.parametrize("good", [POLICY, BINDING], ids=["policy", "binding"])
def test_an_update_needs_the_version_and_an_existing_object(wire: Wire, good: Any) -> None:
    name = fresh_name()
    path = f"{good.path('')}/{name}"
    missing = wire("PUT", path, good.named(name))
    assert wire("POST", good.path(""), good.named(name)).status == 201

    unversioned = wire("PUT", path, good.named(name))

    assert missing.status == 404
    assert (unversioned.status, unversioned.body["details"]["causes"]) == (
        422,
        [
            {
                "reason": "FieldValueInvalid",
                "message": "Invalid value: 0: must be specified for an update",
                "field": "metadata.resourceVersion",
            }
        ],
    )
    assert wire("DELETE", path).status == 200


@pytest.mark.parametrize("user", ["provisioner", "owner", "editor", "viewer", "stranger"])
def test_only_administrators_may_write_or_read_them(wire_as: Callable[[str], Wire], user: str) -> None:
    wire = wire_as(user)

    for good in (POLICY, BINDING):
        path = good.path("")
        assert wire("POST", path, good.named("sample"), query=DRY_RUN).status == 403
        assert wire("GET", path).status == 403


@pytest.fixture
def writer(wire: Wire, wire_as: Callable[[str], Wire]) -> Iterator[Wire]:
    """A user who may write policies and bindings, and read nothing else."""
    name, group = fresh_name(), "admissionregistration.k8s.io"
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": [group], "resources": ["*"], "verbs": ["*"]}]
    assert wire("POST", f"{rbac}/clusterroles", {"metadata": {"name": name}, "rules": rules}).status == 201
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stranger@example.com"}]
    binding = {"metadata": {"name": name}, "roleRef": role, "subjects": subjects}
    assert wire("POST", f"{rbac}/clusterrolebindings", binding).status == 201
    stranger = wire_as("stranger")
    eventually(lambda: stranger("GET", POLICIES).status == 200)
    yield stranger
    wire("DELETE", f"{rbac}/clusterrolebindings/{name}")
    wire("DELETE", f"{rbac}/clusterroles/{name}")


def test_who_names_parameters_must_be_allowed_to_read_them(wire: Wire, writer: Wire) -> None:
    name = fresh_name()
    with_params = POLICY.named(name, {"spec/paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}})
    ref = {"name": "a", "namespace": "default", "parameterNotFoundAction": "Deny"}
    unknown = BINDING.named(name, {"spec/paramRef": ref})
    bound = BINDING.named(name, {"spec/paramRef": ref, "spec/policyName": name})
    assert wire("POST", POLICIES, with_params).status == 201

    found = [
        writer("POST", POLICIES, {**with_params, "metadata": {"name": "sample"}}, query=DRY_RUN),
        writer("POST", BINDINGS, bound, query=DRY_RUN),
        writer("POST", BINDINGS, unknown, query=DRY_RUN),
        writer("POST", BINDINGS, BINDING.named(name), query=DRY_RUN),
    ]
    wire("DELETE", f"{POLICIES}/{name}")

    user = r"&\{stranger@example\.com \S* \[system:authenticated\] map\[.*\]\}"
    no_rights = "permission for all groups, versions and resources"
    messages = (
        (
            rf'user {user} must have "get" permission on all objects of the referenced paramKind '
            r"\(kind=ConfigMap, apiVersion=v1\)"
        ),
        rf'user {user} does not have "get" permission on the object referenced by paramRef',
        rf'unable to get policy nobody to determine minimum required permissions and user {user} does not have "get" '
        + no_rights,
    )
    for answer, message, field in zip(found, messages, ("paramKind", "paramRef", "paramRef"), strict=False):
        (cause,) = answer.body["details"]["causes"]
        assert (answer.status, cause["reason"], cause["field"]) == (422, "FieldValueForbidden", f"spec.{field}")
        assert re.fullmatch(f"Forbidden: {message}", cause["message"])
    assert found[-1].status == 201
