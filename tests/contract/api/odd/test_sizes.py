"""Sizes at their limits: quantities, replicas, indexes and claims; the same answer on both engines, at once.

Nothing here lets a real controller manager count to 2^31: Jobs are suspended, and Deployments are paused or have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.odd.timing import at_once

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

MOST = 2**31 - 1
CONTAINER = {"name": "c", "image": "i"}
JOBS = "/apis/batch/v1/namespaces/{}/jobs"


def job(name: str = "odd", **spec: Any) -> Manifest:
    pod = {"restartPolicy": "Never", "containers": [CONTAINER]}
    return {"metadata": {"name": name}, "spec": {"suspend": True, "template": {"spec": pod}, **spec}}


def indexed(completions: int, **spec: Any) -> Manifest:
    return job(completionMode="Indexed", completions=completions, **spec)


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("1" * 100_000 + "x", "quantities must match the regular expression"),
        ("1." * 50_000, "quantit"),
        ("1" + "e" * 100_000, "unable to parse quantity's suffix"),
        ("+" * 100_000, "quantities must match the regular expression"),
        ("1" + "-" * 100_000, "quantities must match the regular expression"),
    ],
    ids=range(5),
)
def test_a_long_text_that_is_not_a_quantity_is_refused_at_once(
    wire: Wire, shared_namespace: str, amount: str, says: str
) -> None:
    body = {"metadata": {"name": "odd"}, "spec": {"hard": {"pods": amount}}}
    with at_once():
        answer = wire("POST", f"/api/v1/namespaces/{shared_namespace}/resourcequotas", body)
    assert answer.status == 400
    assert says in answer.body["message"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (indexed(100_000, parallelism=100_000), 201, ""),
        (indexed(100_001, parallelism=1), 201, ""),
        (indexed(1, parallelism=100_001), 422, "must be less than or equal to 100000 when completion mode is Indexed"),
        (indexed(MOST, parallelism=1), 201, ""),
        (job(completions=MOST, parallelism=MOST), 201, ""),
        (job(activeDeadlineSeconds=2**63 - 1), 201, ""),
        (
            indexed(10**6, parallelism=1, backoffLimitPerIndex=1),
            422,
            "must be specified when completions is above 100000",
        ),
        (
            indexed(10**6, parallelism=10_001, backoffLimitPerIndex=1, maxFailedIndexes=1),
            422,
            "must be less than or equal to 10000 when completions are above 100000",
        ),
        (indexed(10**5, backoffLimitPerIndex=1, maxFailedIndexes=100_001), 422, "less than or equal to 100000"),
    ],
    ids=range(9),
)
def test_a_job_has_limits(wire: Wire, namespace: str, body: Manifest, status: int, says: str) -> None:
    answer = wire("POST", JOBS.format(namespace), body)
    assert answer.status == status, answer.body.get("message")
    assert says in answer.body.get("message", "")


@pytest.mark.parametrize(
    ("indexes", "says"),
    [
        (f"0-{MOST}", f'too large index: "{MOST}"'),
        ("x-", 'cannot convert string to integer for index: "x"'),
        ("0-" + "9" * 5000, "cannot convert string to integer"),
        ("2-1", "non-increasing order, previous: 2, current: 1"),
        ("3,2", "non-increasing order, previous: 3, current: 2"),
        ("1-2-3", "at most two parts"),
    ],
    ids=range(6),
)
def test_completed_indexes_are_increasing_intervals(wire: Wire, namespace: str, indexes: str, says: str) -> None:
    path = JOBS.format(namespace)
    assert wire("POST", path, indexed(100)).status == 201
    patch = {"status": {"completedIndexes": indexes}}
    answer = wire("PATCH", f"{path}/odd/status", patch, content_type="application/merge-patch+json")
    assert answer.status == 422
    assert says in answer.body["message"]


@pytest.mark.parametrize(("replicas", "status"), [(MOST, 201), (MOST + 1, 400)])
def test_a_deployment_may_have_2147483647_replicas(wire: Wire, namespace: str, replicas: int, status: int) -> None:
    template = {"metadata": {"labels": {"app": "odd"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"paused": True, "replicas": replicas, "selector": {"matchLabels": {"app": "odd"}}, "template": template}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    assert wire("POST", path, {"metadata": {"name": "odd"}, "spec": spec}).status == status
    if status == 201:
        assert wire("DELETE", f"{path}/odd").status == 200


def pod(container: Manifest, **spec: Any) -> Manifest:
    return {"metadata": {"generateName": "odd-"}, "spec": {"containers": [{**CONTAINER, **container}], **spec}}


GPU = {"name": "gpu", "resourceClaimName": "mine"}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (pod({"resources": {"claims": [{"name": "gpu"}]}}, resourceClaims=[GPU]), 201, ""),
        (pod({"resources": {"claims": [{"name": "gpu", "request": "a"}]}}, resourceClaims=[GPU]), 201, ""),
        (
            pod({"resources": {"claims": [{"name": "gpu"}]}}),
            422,
            'claims[0]: Not found: "gpu": must be one of the names in pod.spec.resourceClaims which is empty',
        ),
        (
            pod({"resources": {"claims": [{"name": "x"}]}}, resourceClaims=[GPU]),
            422,
            'Not found: "x": must be one of the names in pod.spec.resourceClaims: gpu',
        ),
        (
            pod({"resources": {"claims": [{"name": "gpu"}] * 2}}, resourceClaims=[GPU]),
            422,
            'claims[1]: Duplicate value: "gpu"',
        ),
        (pod({"resources": {"claims": [{}]}}), 422, "claims[0]: Required value"),
        (
            pod({}, resourceClaims=[{"name": "gpu"}]),
            422,
            "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
        ),
        (pod({}, resourceClaims=[GPU, GPU]), 422, 'spec.resourceClaims[1].name: Duplicate value: "gpu"'),
    ],
    ids=range(8),
)
def test_a_container_may_use_the_claims_of_its_pod(
    wire: Wire, shared_namespace: str, body: Manifest, status: int, says: str
) -> None:
    answer = wire("POST", f"/api/v1/namespaces/{shared_namespace}/pods", body)
    assert answer.status == status, answer.body.get("message")
    assert says in answer.body.get("message", "")


@pytest.mark.parametrize(
    ("cost", "status"), [("x", 422), ("", 422), ("+1", 422), ("1" * 50, 422), ("-01", 201), ("-1", 201), ("0", 201)]
)
def test_a_deletion_cost_is_a_number(wire: Wire, shared_namespace: str, cost: str, status: int) -> None:
    body = pod({})
    body["metadata"]["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": cost}
    answer = wire("POST", f"/api/v1/namespaces/{shared_namespace}/pods", body)
    assert answer.status == status
