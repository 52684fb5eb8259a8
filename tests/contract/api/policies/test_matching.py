"""Which writes a policy applies to: rules, scopes, names, selectors and parameters; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.policies.bound import CONFIG_MAPS, NEVER, Bound, active, config_map, create, denied, rule
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire


def for_rules(*rules: Any, **match: Any) -> Bound:
    return Bound({"matchConstraints": {"resourceRules": list(rules), **match}, "validations": [NEVER]})


def labelled(**labels: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": labels}}


def bound_to(**match: Any) -> Bound:
    return Bound({"validations": [NEVER]}, binding={"matchResources": match}, everywhere=True)


# whether a policy with these rules applies to the creation of the ConfigMap `probe` in a namespace labelled `team: a`
RULES: dict[str, tuple[Bound, bool]] = {
    "resource": (for_rules(rule("configmaps")), True),
    "resource-of-several": (for_rules(rule("secrets"), rule("pods", "configmaps")), True),
    "other-resource": (for_rules(rule("secrets")), False),
    "any-resource": (for_rules(rule("*")), True),
    "any-resource-and-subresource": (for_rules(rule("*/*")), True),
    "any-subresource": (for_rules(rule("configmaps/*")), True),
    "subresource": (for_rules(rule("configmaps/status")), False),
    "other-group": (for_rules(rule("configmaps", group="apps")), False),
    "any-group": (for_rules(rule("configmaps", group="*")), True),
    "other-version": (for_rules({**rule("configmaps"), "apiVersions": ["v1beta1"]}), False),
    "any-version": (for_rules({**rule("configmaps"), "apiVersions": ["*"]}), True),
    "other-operation": (for_rules(rule("configmaps", operations=("UPDATE", "DELETE"))), False),
    "any-operation": (for_rules(rule("configmaps", operations=("*",))), True),
    "namespaced": (for_rules(rule("configmaps", scope="Namespaced")), True),
    "cluster": (for_rules(rule("configmaps", scope="Cluster")), False),
    "name": (for_rules(rule("configmaps", resourceNames=["other", "probe"])), True),
    "other-name": (for_rules(rule("configmaps", resourceNames=["other"])), False),
    "excluded": (for_rules(rule("*"), excludeResourceRules=[rule("configmaps")]), False),
    "excluded-by-name": (for_rules(rule("*"), excludeResourceRules=[rule("*", resourceNames=["probe"])]), False),
    "not-excluded": (for_rules(rule("*"), excludeResourceRules=[rule("configmaps", operations=("UPDATE",))]), True),
    "exact": (for_rules(rule("configmaps"), matchPolicy="Exact"), True),
    "namespace": (for_rules(rule("configmaps"), **labelled(team="a")), True),
    "other-namespace": (for_rules(rule("configmaps"), **labelled(team="b")), False),
    "object": (
        for_rules(rule("configmaps"), objectSelector={"matchExpressions": [{"key": "case", "operator": "Exists"}]}),
        True,
    ),
    "other-object": (for_rules(rule("configmaps"), objectSelector={"matchLabels": {"case": "other"}}), False),
}


@pytest.fixture(scope="module")
def names(wire: Wire) -> Iterator[dict[str, str]]:
    with active(wire, {key: bound for key, (bound, _) in RULES.items()}) as names:
        yield names


@pytest.fixture(scope="module")
def team_a(wire: Wire, shared_namespace: str) -> str:
    labels = {"metadata": {"labels": {"team": "a"}}}
    answer = wire("PATCH", f"/api/v1/namespaces/{shared_namespace}", labels, content_type=MERGE_PATCH)
    assert answer.status == 200, answer.body
    return shared_namespace


@pytest.mark.parametrize("key", RULES)
def test_a_policy_applies_to_what_its_rules_name(wire: Wire, team_a: str, names: dict[str, str], key: str) -> None:
    answer = create(wire, team_a, config_map(names[key]))

    assert answer.status == (422 if RULES[key][1] else 201), answer.body


def test_a_binding_narrows_its_policy(wire: Wire, team_a: str) -> None:
    cases = {
        "rules": bound_to(resourceRules=[rule("configmaps", resourceNames=["probe"])], **labelled(team="a")),
        "none": Bound({"validations": [NEVER]}, binding={"matchResources": labelled(team="a")}, everywhere=True),
    }
    with active(wire, {"other": bound_to(resourceRules=[rule("secrets")], **labelled(team="a"))}):
        assert create(wire, team_a, config_map("x")).status == 201
    for key, bound in cases.items():
        with active(wire, {key: bound}) as names:
            assert create(wire, team_a, config_map("x")).body == denied(names[key], "never")


def test_an_update_that_takes_the_label_away_is_matched_by_the_old_object(wire: Wire, team_a: str) -> None:
    updates = {"matchConstraints": {"resourceRules": [rule("configmaps", operations=("UPDATE",))]}}
    with active(wire, {"a": Bound({**updates, "validations": [NEVER]})}) as names:
        assert create(wire, team_a, config_map(names["a"]), dry_run=False).status == 201
        path = f"/api/v1/namespaces/{team_a}/configmaps/probe"

        answer = wire("PATCH", path, {"metadata": {"labels": None}}, content_type=MERGE_PATCH)

        assert answer.body == denied(names["a"], "never")
        assert wire("DELETE", path).status == 200


def test_a_namespace_is_matched_by_its_new_labels(wire: Wire, cluster: Cluster) -> None:
    selected = {"resourceRules": [rule("namespaces", operations=("CREATE", "UPDATE", "DELETE"))]} | labelled(
        guarded="yes"
    )
    bound = Bound({"matchConstraints": selected, "validations": [NEVER]}, everywhere=True)
    with active(wire, {"a": bound}) as names, own_namespace(cluster, fresh_name()) as plain:
        name, path = fresh_name(), f"/api/v1/namespaces/{plain}"
        told = f"ValidatingAdmissionPolicy '{names['a']}' with binding '{names['a']}' denied request: never"
        new = {"metadata": {"name": name, "labels": {"guarded": "yes"}}}
        assert told in wire("POST", "/api/v1/namespaces", new).body["message"]
        assert (
            told
            in wire("PATCH", path, {"metadata": {"labels": {"guarded": "yes"}}}, content_type=MERGE_PATCH).body[
                "message"
            ]
        )
        assert wire("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH).status == 200


PARAMS: dict[str, Any] = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
ALLOWED = {**PARAMS, "validations": [{"expression": "object.data.a in params.data.allowed.split(',')"}]}
WANTED = "failed expression: object.data.a in params.data.allowed.split(',')"


def by(**ref: Any) -> dict[str, Any]:
    return {"paramRef": {"parameterNotFoundAction": "Deny", **ref}}


@pytest.fixture(scope="module")
def settings(wire: Wire, shared_namespace: str) -> str:
    for name, allowed in (("one", "x,y"), ("two", "y,z")):
        metadata = {"name": name, "labels": {"settings": "yes"}}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"allowed": allowed}}
        assert create(wire, shared_namespace, manifest, dry_run=False).status == 201
    return shared_namespace


def test_parameters_are_found_by_name_and_by_labels(wire: Wire, settings: str) -> None:
    labels = {"matchLabels": {"settings": "yes"}}
    none = "no params found for policy binding with `Deny` parameterNotFoundAction"
    cases: dict[str, Bound] = {
        "named": Bound(ALLOWED, binding=by(name="one", namespace=settings)),
        "own": Bound(ALLOWED, binding=by(name="one")),
        "selected": Bound(ALLOWED, binding=by(selector=labels)),
        "absent": Bound(ALLOWED, binding=by(name="three", namespace=settings)),
        "absent-allowed": Bound(ALLOWED, binding=by(name="three", namespace=settings, parameterNotFoundAction="Allow")),
        "none-selected": Bound(ALLOWED, binding=by(selector={"matchLabels": {"settings": "no"}})),
        "absent-ignored": Bound({**ALLOWED, "failurePolicy": "Ignore"}, binding=by(name="three", namespace=settings)),
        "unbound": Bound({**PARAMS, "validations": [{"expression": "params != null"}]}),
        "kind": Bound(
            {**PARAMS, "validations": [{"expression": "params.kind != 'ConfigMap' || params.apiVersion != 'v1'"}]},
            binding=by(name="one", namespace=settings),
        ),
        "condition": Bound(
            {**ALLOWED, "matchConditions": [{"name": "a", "expression": "params.metadata.name == 'two'"}]},
            binding=by(selector=labels),
        ),
    }
    with active(wire, cases) as names:
        found = {key: create(wire, settings, config_map(names[key], a="x")).body for key in cases}
        assert found["named"]["kind"] == found["own"]["kind"] == "ConfigMap"
        assert found["selected"] == denied(names["selected"], WANTED)
        for key in ("absent", "none-selected"):
            assert found[key] == denied(names[key], f"failed to configure binding: {none}")
        assert found["absent-allowed"]["kind"] == found["absent-ignored"]["kind"] == "ConfigMap"
        assert found["unbound"] == denied(names["unbound"], "failed expression: params != null")
        assert found["kind"]["reason"] == "Invalid"
        assert found["condition"] == denied(names["condition"], WANTED)


def test_a_kind_of_parameters_that_does_not_exist_denies_what_the_policy_matches(wire: Wire, settings: str) -> None:
    match = {**CONFIG_MAPS, "objectSelector": {"matchLabels": {"case": "unknown"}}}
    kind = {"apiVersion": "apps/v1", "kind": "Nothing"}
    bound = Bound({**ALLOWED, "paramKind": kind, "matchConstraints": match}, binding=by(name="one", namespace=settings))
    with active(wire, {"a": bound}) as names:
        answer = create(wire, settings, config_map("unknown"))

    why = "failed to configure policy: failed to find resource referenced by paramKind: 'apps/v1, Kind=Nothing'"
    told = f"ValidatingAdmissionPolicy '{names['a']}' denied request: {why}"
    assert (answer.status, answer.body["message"]) == (422, f'configmaps "probe" is forbidden: {told}')


def test_parameters_of_a_namespace_need_one(wire: Wire, settings: str) -> None:
    constraints = {"resourceRules": [rule("priorityclasses", group="scheduling.k8s.io")]}
    cases = {
        "class": Bound({**ALLOWED, "matchConstraints": constraints}, binding=by(name="one")),
        "volume": Bound(
            {
                "paramKind": {"apiVersion": "v1", "kind": "Namespace"},
                "validations": [NEVER],
                "matchConstraints": CONFIG_MAPS,
            },
            binding=by(name=settings, namespace=settings),
        ),
    }
    with active(wire, cases) as names:
        manifest = {"metadata": {"name": "probe", "labels": {"case": names["class"]}}, "value": 1}
        answer = wire("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", manifest)
        why = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
        plural = "priorityclasses.scheduling.k8s.io"
        assert answer.body == denied(names["class"], f"failed to configure binding: {why}", plural=plural)
        why = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
        answer = create(wire, settings, config_map(names["volume"]))
        assert answer.body == denied(names["volume"], f"failed to configure binding: {why}")
