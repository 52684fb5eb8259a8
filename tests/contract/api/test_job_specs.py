"""Specs of Jobs: the labels of their pods, the fields that may change while suspended, and their deletion.

The rules: page "Jobs", sections "Specifying your own Pod selector", "Suspending a Job", "Mutable
Scheduling Directives".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.api.kind_samples import changed, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Wire

DRY_RUN = {"dryRun": "All"}
JOBS_LABELS = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name")


def test_a_job_selects_its_pods_by_generated_labels(make_kind: Callable[..., Json]) -> None:
    job = make_kind("Job")

    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    labels = dict(zip(JOBS_LABELS, (uid, name, uid, name), strict=True))
    assert job["spec"]["selector"] == {"matchLabels": {JOBS_LABELS[0]: uid}}
    assert job["spec"]["template"]["metadata"]["labels"] == {"app": "web", **labels}
    # a Job without labels gets those of its template, including the generated ones
    assert job["metadata"]["labels"] == {"app": "web", **labels}


def test_a_job_with_labels_keeps_only_those(make_kind: Callable[..., Json]) -> None:
    assert make_kind("Job", {"metadata/labels": {"team": "ml"}})["metadata"]["labels"] == {"team": "ml"}


def test_a_job_may_have_a_manual_selector(make_kind: Callable[..., Json]) -> None:
    selector = {"matchLabels": {"app": "web"}}

    job = make_kind("Job", {"spec/manualSelector": True, "spec/selector": selector})

    assert job["spec"]["selector"] == selector
    assert job["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


@pytest.mark.parametrize(
    "change",
    [
        {"spec/template/spec/nodeSelector": {"gpu": "yes"}},
        {"spec/template/spec/tolerations": [{"key": "gpu", "operator": "Exists"}]},
        {"spec/template/spec/containers/0/resources": {"requests": {"cpu": "1"}}},
        {"spec/parallelism": 3},
        {"spec/suspend": False},
    ],
    ids=json.dumps,
)
def test_the_scheduling_directives_of_a_suspended_job_may_change(
    wire: Wire, make_kind: Callable[..., Json], change: Json
) -> None:
    made = make_kind("Job")
    wanted = changed(wire("GET", place(made)).body, {"metadata/resourceVersion": None, **change})

    assert wire("PUT", place(made), wanted, query=DRY_RUN).status == 200


def test_deleting_a_job_without_a_propagation_policy_orphans_its_pods_with_a_warning(
    wire: Wire, make_kind: Callable[..., Json]
) -> None:
    made = make_kind("Job")

    answer = wire("DELETE", place(made), query=DRY_RUN)

    assert answer.body["metadata"]["finalizers"] == ["orphan"]
    assert answer.headers["Warning"] == (
        '299 - "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove '
        'them or set propagationPolicy=Orphan to suppress this warning"'
    )
