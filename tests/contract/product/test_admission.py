"""Admission that changes, denies or does not answer: an apply says so, and never reports success."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.product.webhook import webhook
from tests.contract.tenants import fresh_name, hard, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.report import Report
    from tests.contract.wire import Wire

ROOT = "/apis/admissionregistration.k8s.io/v1"
NO_MUTATION = pytest.mark.gap("sandbox", raises=AssertionError, reason="has no mutating admission policies")
NO_WEBHOOKS = pytest.mark.gap("sandbox", raises=AssertionError, reason="has no admission webhooks")
RULES = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["resourcequotas"]}


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


@contextmanager
def registered(wire: Wire, *manifests: tuple[str, dict[str, Any]]) -> Iterator[None]:
    """These objects of the admission API, deleted afterwards."""
    made = []
    try:
        for plural, manifest in manifests:
            answer = wire("POST", f"{ROOT}/{plural}", {"apiVersion": "admissionregistration.k8s.io/v1", **manifest})
            assert answer.status == 201, answer.body
            made.append(f"{ROOT}/{plural}/{manifest['metadata']['name']}")
        yield
    finally:
        for path in made:
            wire("DELETE", path)


def in_namespaces(*names: str) -> dict[str, Any]:
    key = "kubernetes.io/metadata.name"
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(names)}]}


def policy(kind: str, name: str, place: str, spec: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """A policy for quotas in the namespaces of the test, and its binding."""
    constraints = {"resourceRules": [RULES], "namespaceSelector": in_namespaces(name, place)}
    actions = {"validationActions": ["Deny"]} if kind.startswith("Validating") else {}
    plural = f"{kind.lower()[:-1]}ies"
    return [
        (plural, {"kind": kind, "metadata": {"name": name}, "spec": {"matchConstraints": constraints, **spec}}),
        (
            f"{kind.lower()}bindings",
            {"kind": f"{kind}Binding", "metadata": {"name": name}, "spec": {"policyName": name, **actions}},
        ),
    ]


def hook(name: str, place: str, client: dict[str, Any], timeout_s: int = 5) -> dict[str, Any]:
    return {
        "name": "test.tenantkit.dev",
        "clientConfig": client,
        "rules": [RULES],
        "namespaceSelector": in_namespaces(name, place),
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": timeout_s,
    }


def probe(wire: Wire, place: str) -> Any:
    """A dry run of a quota: what admission makes of it."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "probe"},
        "spec": {"hard": {"pods": "9"}},
    }
    return wire("POST", f"/api/v1/namespaces/{place}/resourcequotas", quota, query={"dryRun": "All"})


def refused(cluster: Cluster, name: str, **fields: Any) -> Report:
    with pytest.raises(PartialApplyError) as caught:
        apply(cluster, plan(cluster, tenant(name, **fields)), progress=False)
    return caught.value.report


def failures(report: Report) -> dict[str, str]:
    return {outcome.ref.kind: outcome.reason for outcome in report.failed}


@NO_MUTATION
def test_a_value_that_a_mutating_policy_changes_is_a_failure_with_both_values(
    cluster: Cluster, wire: Wire, name: str, namespace: str
) -> None:
    patch = {"expression": '[JSONPatch{op: "replace", path: "/spec/hard/pods", value: "5"}]'}
    spec = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": patch}],
    }
    with registered(wire, *policy("MutatingAdmissionPolicy", name, namespace, spec)):
        eventually(lambda: probe(wire, namespace).body["spec"]["hard"]["pods"] == "5")

        first, second = refused(cluster, name), refused(cluster, name)

    for report in (first, second):
        assert failures(report)["ResourceQuota"] == (
            "the server stored ResourceQuota otherwise than it was sent, probably by a mutating admission policy or "
            "webhook: spec.hard.pods is 5 instead of 20"
        )
        assert "ResourceQuota" not in {outcome.ref.kind for outcome in report.applied}
    assert hard(cluster, name)["pods"] == "5"
    eventually(lambda: probe(wire, namespace).body["spec"]["hard"]["pods"] == "9")
    assert apply(cluster, plan(cluster, tenant(name)), progress=False).is_complete


@NO_WEBHOOKS
def test_an_entry_that_a_mutating_webhook_adds_is_a_failure(
    cluster: Cluster, wire: Wire, name: str, namespace: str
) -> None:
    patch = base64.b64encode(json.dumps([{"op": "add", "path": "/spec/hard/secrets", "value": "3"}]).encode()).decode()
    with webhook(lambda _: {"allowed": True, "patchType": "JSONPatch", "patch": patch}) as client:
        config = {"kind": "MutatingWebhookConfiguration", "metadata": {"name": name}}
        hooks = {**config, "webhooks": [hook(name, namespace, client)]}
        with registered(wire, ("mutatingwebhookconfigurations", hooks)):
            eventually(lambda: "secrets" in probe(wire, namespace).body["spec"]["hard"])

            report = refused(cluster, name, size=None, quota={"requests_cpu": "4", "requests_memory": "8Gi"})

    assert "spec.hard.secrets" in failures(report)["ResourceQuota"]


def test_a_validating_policy_is_a_failure_with_its_message(
    cluster: Cluster, wire: Wire, name: str, namespace: str
) -> None:
    validation = {"expression": "false", "message": "quotas are changed on Mondays only", "reason": "Forbidden"}
    spec = {"failurePolicy": "Fail", "validations": [validation]}
    with registered(wire, *policy("ValidatingAdmissionPolicy", name, namespace, spec)):
        eventually(lambda: probe(wire, namespace).status == 403)

        report = refused(cluster, name)

    assert "quotas are changed on Mondays only" in failures(report)["ResourceQuota"]
    eventually(lambda: probe(wire, namespace).status == 201)
    assert apply(cluster, plan(cluster, tenant(name)), progress=False).is_complete


@NO_WEBHOOKS
def test_a_webhook_that_times_out_is_a_failure_that_names_it(
    cluster: Cluster, wire: Wire, name: str, namespace: str
) -> None:
    ended = threading.Event()

    def wait(_: dict[str, Any]) -> dict[str, Any]:
        ended.wait(20)
        return {"allowed": True}

    with webhook(wait) as client:
        config = {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}}
        hooks = {**config, "webhooks": [hook(name, namespace, client, timeout_s=1)]}
        with registered(wire, ("validatingwebhookconfigurations", hooks)):
            eventually(lambda: probe(wire, namespace).status >= 400)

            report = refused(cluster, name)
            ended.set()

    assert "test.tenantkit.dev" in failures(report)["ResourceQuota"]
    assert "ResourceQuota" not in {outcome.ref.kind for outcome in report.applied}
    eventually(lambda: probe(wire, namespace).status == 201)
    assert apply(cluster, plan(cluster, tenant(name)), progress=False).is_complete
