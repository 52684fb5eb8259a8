"""What a policy answers: status, message, warnings, and what happens to errors; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.api.policies.bound import (
    BINDINGS,
    NEVER,
    POLICIES,
    Bound,
    active,
    config_map,
    create,
    denied,
    rule,
    warnings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.api.policies.bound import Json
    from tests.contract.wire import Wire

SAYS = "'data is ' + object.data.a"
ERROR = "expression 'object.data.no == 'x'' resulted in error: no such key: no"
MAY = "authorizer.group('').resource('pods').check('get').allowed()"
BROKEN = {"expression": "object.data.no == 'x'"}
VARIABLES = [
    {"name": "data", "expression": "object.data"},
    {"name": "letters", "expression": "variables.data.map(key, variables.data[key])"},
    {"name": "broken", "expression": "object.data.no"},
    {"name": "indirect", "expression": "variables.broken"},
]


def validation(expression: str = "false", **more: str) -> Bound:
    return Bound({"validations": [{"expression": expression, **more}]})


# by the policy's key: the policy, and its answer to a ConfigMap with `a: x`; None where it lets it pass
CASES: dict[str, tuple[Bound, tuple[str, str, int] | None]] = {
    "plain": (validation("object.data.a == 'y'"), ("failed expression: object.data.a == 'y'", "Invalid", 422)),
    "spaces": (validation("  false  "), ("failed expression: false", "Invalid", 422)),
    "message": (validation(message=" not a "), ("not a", "Invalid", 422)),
    "reason": (validation(message="no", reason="Forbidden"), ("no", "Forbidden", 403)),
    "large": (validation(message="no", reason="RequestEntityTooLarge"), ("no", "RequestEntityTooLarge", 413)),
    "computed": (validation(message="no", messageExpression=SAYS), ("data is x", "Invalid", 422)),
    "computed-error": (validation(message="no", messageExpression="string(object.data.no)"), ("no", "Invalid", 422)),
    "computed-blank": (validation(message="no", messageExpression="'  '"), ("no", "Invalid", 422)),
    "computed-lines": (validation(message="no", messageExpression="'a\\nb'"), ("no", "Invalid", 422)),
    "computed-long": (
        validation(message="no", messageExpression="lists.range(2600).map(i, 'xx').join('')"),
        ("no", "Invalid", 422),
    ),
    "true": (validation("object.data.a == 'x'"), None),
    "first": (
        Bound({"validations": [{"expression": "true"}, {**NEVER, "reason": "Forbidden"}, BROKEN]}),
        ("never", "Forbidden", 403),
    ),
    "error": (Bound({"validations": [BROKEN]}), (ERROR, "Invalid", 422)),
    "error-ignored": (Bound({"validations": [BROKEN], "failurePolicy": "Ignore"}), None),
    "false-though-ignored": (
        Bound({"validations": [BROKEN, NEVER], "failurePolicy": "Ignore"}),
        ("never", "Invalid", 422),
    ),
    "variables": (
        Bound({"variables": VARIABLES, "validations": [{"expression": "variables.letters == ['y']"}]}),
        ("failed expression: variables.letters == ['y']", "Invalid", 422),
    ),
    "variable-in-message": (
        Bound({"variables": VARIABLES, "validations": [{**NEVER, "messageExpression": "variables.letters[0] + '!'"}]}),
        ("x!", "Invalid", 422),
    ),
    "variable-broken": (
        Bound({"variables": VARIABLES, "validations": [{"expression": "variables.indirect == 'x'"}]}),
        (
            (
                "expression 'variables.indirect == 'x'' resulted in error: composited variable \"indirect\" fails to "
                'evaluate: composited variable "broken" fails to evaluate: no such key: no'
            ),
            "Invalid",
            422,
        ),
    ),
    "variable-not-needed": (
        Bound({"variables": VARIABLES, "validations": [{"expression": "true || variables.broken == 'x'"}]}),
        None,
    ),
    "condition-met": (
        Bound({"matchConditions": [{"name": "a", "expression": "object.data.a == 'x'"}], "validations": [NEVER]}),
        ("never", "Invalid", 422),
    ),
    "condition-not-met": (
        Bound({"matchConditions": [{"name": "a", "expression": "object.data.a == 'y'"}], "validations": [NEVER]}),
        None,
    ),
    "condition-error": (
        Bound({"matchConditions": [{"name": "a", **BROKEN}], "validations": [{"expression": "true"}]}),
        (ERROR, "Invalid", 422),
    ),
    "condition-error-ignored": (
        Bound(
            {"matchConditions": [{"name": "a", **BROKEN}], "validations": [NEVER], "failurePolicy": "Ignore"},
        ),
        None,
    ),
    "condition-false-wins": (
        Bound(
            {"matchConditions": [{"name": "a", **BROKEN}, {"name": "b", "expression": "false"}], "validations": [NEVER]}
        ),
        None,
    ),
    "condition-without-namespace": (
        Bound({"matchConditions": [{"name": "a", "expression": "namespaceObject == null"}], "validations": [NEVER]}),
        ("never", "Invalid", 422),
    ),
    "message-without-authorizer": (
        Bound(
            {
                "variables": [{"name": "may", "expression": MAY}],
                "validations": [
                    {"expression": "!variables.may", "message": "no", "messageExpression": "string(variables.may)"}
                ],
            }
        ),
        ("no", "Invalid", 422),
    ),
    "annotation-error": (
        Bound(
            {"auditAnnotations": [{"key": "a", "valueExpression": "string(object.data.no)"}]},
            actions=("Warn",),
        ),
        ("expression 'string(object.data.no)' resulted in error: no such key: no", "Invalid", 422),
    ),
    "annotation": (Bound({"auditAnnotations": [{"key": "a", "valueExpression": "object.data.a + ''"}]}), None),
    "audited": (Bound({"validations": [NEVER, BROKEN]}, actions=("Audit",)), None),
    "checks": (
        validation(f"[1, 2, 3].all(i, {MAY})"),
        (
            f"expression '[1, 2, 3].all(i, {MAY})' resulted in error: operation cancelled: actual cost limit exceeded",
            "Invalid",
            422,
        ),
    ),
}
WARNING = Bound({"validations": [NEVER, {"expression": "true"}, BROKEN]}, actions=("Warn", "Audit"))


@pytest.fixture(scope="module")
def names(wire: Wire) -> Iterator[dict[str, str]]:
    with active(wire, {key: bound for key, (bound, _) in CASES.items()} | {"warning": WARNING}) as names:
        yield names


@pytest.mark.parametrize("key", CASES)
def test_a_policy_answers_with_its_reason_and_message(
    wire: Wire, shared_namespace: str, names: dict[str, str], key: str
) -> None:
    expected = CASES[key][1]

    answer = create(wire, shared_namespace, config_map(names[key], a="x"))

    if expected is None:
        assert answer.status == 201, answer.body
    else:
        message, reason, code = expected
        assert answer.body == denied(names[key], message, reason=reason, code=code)
    assert warnings(answer) == []


def test_the_action_warn_adds_warnings(wire: Wire, shared_namespace: str, names: dict[str, str]) -> None:
    name = names["warning"]

    answer = create(wire, shared_namespace, config_map(name, a="x"))

    lead = f"Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{name}'"
    assert (answer.status, warnings(answer)) == (201, [f"{lead}: never", f"{lead}: {ERROR}"])


def test_an_object_without_the_label_is_not_denied(wire: Wire, shared_namespace: str, names: dict[str, str]) -> None:
    assert names
    assert create(wire, shared_namespace, config_map("other", a="x")).status == 201


def test_a_policy_without_a_binding_and_a_binding_without_a_policy_do_nothing(
    wire: Wire, shared_namespace: str
) -> None:
    lonely = {"a": Bound({"validations": [NEVER]}, binding={"policyName": "nobody"})}
    with active(wire, lonely) as names:
        assert create(wire, shared_namespace, config_map(names["a"])).status == 201


def test_admission_policies_do_not_apply_to_admission_policies(wire: Wire) -> None:
    rules: Json = {"resourceRules": [rule("*", group="admissionregistration.k8s.io", operations=("*",))]}
    with active(wire, {"a": Bound({"matchConstraints": rules, "validations": [NEVER]}, everywhere=True)}) as names:
        for path in (POLICIES, BINDINGS):
            labels = {"metadata": {"labels": {"a": "b"}}}
            answer = wire("PATCH", f"{path}/{names['a']}", labels, content_type="application/merge-patch+json")
            assert answer.status == 200, answer.body
