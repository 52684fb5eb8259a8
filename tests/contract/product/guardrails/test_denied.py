"""What the guardrails deny to a user whom RBAC refuses nothing in the namespace: creates, updates and patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.product.guardrails import cases
from tests.contract.product.guardrails.conftest import DRY_RUN, denied
from tests.contract.wire import APPLY, JSON, MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.product.guardrails.cases import Case
    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Answer, Wire

CREATED = cases.HOSTS | cases.ROUTES | cases.SERVICES | cases.PEOPLE | cases.WALLS | cases.PODS
POD_CASES = [
    pytest.param(case, id=f"{name} in a {kind}")
    for name, (change, words) in cases.POD_CHANGES.items()
    for kind, case in cases.pod_cases(change, words).items()
]
MORE_POD_CASES = [
    pytest.param(case, id=f"{name} in a {kind}")
    for name, (change, words) in cases.POD_CHANGES.items()
    for kind, case in cases.more_pod_cases(change, words).items()
]


def create(wire: Wire, place: Place, case: Case) -> Answer:
    """Try to create the object, without storing it."""
    return wire("POST", case.path(place.name), place.fill(case.body()), query=DRY_RUN)


@pytest.mark.parametrize("case", CREATED.values(), ids=CREATED.keys())
def test_nobody_creates(case: Case, place: Place, anyone: Wire) -> None:
    denied(create(anyone, place, case), place.fill(case.words))


@pytest.mark.parametrize("case", POD_CASES)
def test_nobody_creates_a_pod_or_a_template_with(case: Case, place: Place, anyone: Wire) -> None:
    denied(create(anyone, place, case), case.words)


@pytest.mark.gap("sandbox", raises=AssertionError, reason="does not serve these kinds")
@pytest.mark.parametrize(
    "case", [*MORE_POD_CASES, *(pytest.param(it, id=name) for name, it in cases.NOT_IN_THE_SANDBOX.items())]
)
def test_nobody_creates_of_a_kind_that_the_sandbox_lacks(case: Case, place: Place, anyone: Wire) -> None:
    denied(create(anyone, place, case), case.words)


@pytest.mark.parametrize("case", cases.ALLOWED.values(), ids=cases.ALLOWED.keys())
def test_what_does_no_harm_is_created(case: Case, place: Place, anyone: Wire) -> None:
    answer = create(anyone, place, case)

    assert answer.status == 201, answer.body


@pytest.mark.parametrize("case", [*CREATED.values()][::4], ids=[*CREATED.keys()][::4])
def test_an_administrator_creates_what_is_denied_to_others(case: Case, place: Place, wire: Wire) -> None:
    answer = create(wire, place, case)

    assert answer.status == 201, answer.body


_CHANGED = {
    "a host": ("networking.k8s.io/v1/ingresses", {"spec": {"rules": [{"host": "OTHER.example.ai"}]}}),
    "a snippet": ("networking.k8s.io/v1/ingresses", {"metadata": {"annotations": {"a.example.com/snippet": "x"}}}),
    "a class": ("networking.k8s.io/v1/ingresses", {"spec": {"ingressClassName": "private"}}),
    "a route's host": ("gateway.networking.k8s.io/v1/httproutes", {"spec": {"hostnames": ["OTHER.example.ai"]}}),
    "a Service's type": ("v1/services", {"spec": {"type": "NodePort"}}),
    "external addresses": ("v1/services", {"spec": {"externalIPs": ["8.8.8.8"]}}),
    "subjects": (
        f"{cases.RBAC}/v1/rolebindings",
        {"subjects": [{"apiGroup": cases.RBAC, "kind": "Group", "name": "system:authenticated"}]},
    ),
    "a note of somebody else": (
        f"{cases.RBAC}/v1/rolebindings",
        {"metadata": {"annotations": {"tenantkit.dev/added-by": "somebody@example.com"}}},
    ),
    "a finalizer": (f"{cases.RBAC}/v1/rolebindings", {"metadata": {"finalizers": ["example.com/stay"]}}),
    "a Role's rules": (
        f"{cases.RBAC}/v1/roles",
        {"rules": [{"apiGroups": [""], "resources": ["resourcequotas/status"], "verbs": ["patch"]}]},
    ),
    "a policy's peers": ("networking.k8s.io/v1/networkpolicies", {"metadata": {"labels": {}}}),
    "a Deployment's node": (
        "apps/v1/deployments",
        {"spec": {"template": {"spec": {"nodeName": "control-plane"}}}},
    ),
    "a Deployment's priority": (
        "apps/v1/deployments",
        {"spec": {"template": {"spec": {"priorityClassName": "system-cluster-critical"}}}},
    ),
    "a CronJob's tolerations": (
        "batch/v1/cronjobs",
        {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"tolerations": [{"operator": "Exists"}]}}}}}},
    ),
}
_CHANGED.pop("a policy's peers")
_BASES = {
    "networking.k8s.io/v1/ingresses": cases.ALLOWED["an Ingress for the own host"],
    "gateway.networking.k8s.io/v1/httproutes": cases.ALLOWED["a route for the own host"],
    "v1/services": cases.ALLOWED["a Service"],
    f"{cases.RBAC}/v1/rolebindings": cases.ALLOWED["a binding of a person"],
    f"{cases.RBAC}/v1/roles": cases.ALLOWED["a Role over pods"],
    "apps/v1/deployments": cases.ALLOWED["deployment"],
    "batch/v1/cronjobs": cases.ALLOWED["cron job"],
}


@pytest.fixture(scope="module")
def existing(place: Place, wire: Wire) -> Iterator[dict[str, Any]]:
    """An object of each kind that does no harm; no controller makes anything of it."""
    made = {}
    for resource, case in _BASES.items():
        body = place.fill(case.body()) | {"metadata": {"name": "existing"}}
        if resource == "apps/v1/deployments":
            body["spec"]["replicas"] = 0
        answer = wire("POST", case.path(place.name), body)
        assert answer.status == 201, answer.body
        made[resource] = answer.body
    yield made
    for case in _BASES.values():
        wire("DELETE", f"{case.path(place.name)}/existing")


@pytest.mark.parametrize("verb", ["patch", "update", "apply"])
@pytest.mark.parametrize(("resource", "change"), _CHANGED.values(), ids=_CHANGED.keys())
def test_nobody_changes(  # noqa: PLR0913 (fixtures)
    *, verb: str, resource: str, change: dict[str, Any], place: Place, anyone: Wire, existing: dict[str, Any]
) -> None:
    path, wanted = f"{_BASES[resource].path(place.name)}/existing", place.fill(change)
    if verb == "patch":
        answer = anyone("PATCH", path, wanted, content_type=MERGE_PATCH, query=DRY_RUN)
    elif verb == "apply":
        head = {key: existing[resource][key] for key in ("apiVersion", "kind")}
        query = {**DRY_RUN, "fieldManager": "attacker", "force": "true"}
        answer = anyone(
            "PATCH", path, _merged(head | {"metadata": {"name": "existing"}}, wanted), content_type=APPLY, query=query
        )
    else:
        answer = anyone("PUT", path, _merged(anyone("GET", path).body, wanted), content_type=JSON, query=DRY_RUN)

    denied(answer)


def _merged(manifest: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    found = dict(manifest)
    for key, value in change.items():
        is_nested = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = _merged(found[key], value) if is_nested else value
    return found
