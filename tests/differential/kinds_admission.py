"""The grammar of ValidatingAdmissionPolicies and their bindings, which never name an existing policy.

A policy that is bound would hold at once on the sandbox, and a second later on the real server.
"""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import Kind

_API, _VERSION = "/apis/admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1"
_PLACE: Any = {"apiGroups": [""], "apiVersions": ["v1"]}


def rule(*resources: str, operations: Any = ("CREATE",), **fields: Any) -> Any:
    """A rule for resources of the core group."""
    return {**_PLACE, "operations": list(operations), "resources": list(resources), **fields}


def match(*rules: Any, **fields: Any) -> Any:
    """Constraints with rules."""
    return {"resourceRules": list(rules), **fields}


KINDS = (
    Kind(
        _API,
        _VERSION,
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        needs={
            "spec.matchConstraints": (
                match(rule("nodes/proxy")),
                match(rule("nodes/proxy", operations=("*",)), matchPolicy="Exact"),
                match(rule("nodes/proxy"), namespaceSelector={"matchLabels": {"app": "x"}}),
                match(rule("nodes/proxy", scope="Cluster"), excludeResourceRules=[rule("nodes/proxy")]),
            ),
            "spec.validations": (
                [{"expression": "true"}],
                [{"expression": "object == null", "message": "no", "reason": "Forbidden"}],
                [{"expression": "request.operation == 'CREATE'", "messageExpression": "'no ' + request.name"}],
            ),
        },
        may={
            "spec.failurePolicy": ("Fail", "Ignore"),
            "spec.paramKind": ({"apiVersion": "v1", "kind": "ConfigMap"},),
            "spec.matchConditions": (
                [{"name": "a", "expression": "true"}],
                [{"name": "a", "expression": "false"}, {"name": "b", "expression": "true"}],
            ),
            "spec.variables": ([{"name": "a", "expression": "1"}], [{"name": "b", "expression": "'x'"}]),
            "spec.auditAnnotations": ([{"key": "a", "valueExpression": "'x'"}],),
        },
        wrong={
            "spec.matchConstraints": (
                None,
                {},
                match(),
                match(rule()),
                match(rule("nodes", "*")),
                match(rule("nodes", operations=("GET",))),
                match(rule("nodes", scope="Nope")),
                match(rule("nodes"), matchPolicy="Nope"),
                match(rule("nodes"), objectSelector={"matchLabels": {"bad key": "x"}}),
            ),
            "spec.validations": (
                None,
                [],
                [{"expression": ""}],
                [{"expression": "1"}],
                [{"expression": "nobody.knows == 1"}],
                [{"expression": "true", "reason": "Nope"}],
                [{"expression": "true", "message": "a\nb"}],
                [{"expression": "true", "messageExpression": "1"}],
            ),
            "spec.failurePolicy": ("Nope", 1),
            "spec.paramKind": (
                {},
                {"apiVersion": "a/b/c", "kind": "ConfigMap"},
                {"apiVersion": "v1", "kind": "bad kind"},
            ),
            "spec.matchConditions": ([{"name": "a b", "expression": "true"}], [{"name": "a", "expression": ""}]),
            "spec.variables": ([{"name": "a-b", "expression": "1"}], [{"name": "a", "expression": "variables.b"}]),
        },
        namespaced=False,
        weight=1,
    ),
    Kind(
        _API,
        _VERSION,
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        needs={
            "spec.policyName": ("nobody", "no.body"),
            "spec.validationActions": (["Deny"], ["Warn", "Audit"], ["Audit"]),
        },
        may={
            "spec.paramRef": (
                {"name": "a", "namespace": "b", "parameterNotFoundAction": "Deny"},
                {"selector": {"matchLabels": {"app": "x"}}, "parameterNotFoundAction": "Allow"},
            ),
            "spec.matchResources": (match(rule("nodes")), {"namespaceSelector": {"matchLabels": {"app": "x"}}}),
        },
        wrong={
            "spec.policyName": ("", "A_b", None),
            "spec.validationActions": ([], None, ["Nope"], ["Deny", "Warn"], ["Audit", "Audit"]),
            "spec.paramRef": ({}, {"name": "a"}, {"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"}),
            "spec.matchResources": (match({}), {"matchPolicy": "Nope"}),
        },
        namespaced=False,
        weight=1,
    ),
)
