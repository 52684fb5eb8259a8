"""The sandbox's workload controllers with a fixed clock: deadlines, and the computations behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.bootstrap import put_initial_objects
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.control_loops import Controllers
from tenantkit.sandbox.controllers import deployment_rollout as rollout
from tenantkit.sandbox.controllers import job_progress as progress
from tenantkit.sandbox.controllers.replicas import claim, condition_of, deletion_order, scaled, template_hash
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
PODS, JOBS = find("", "v1", "pods"), find("batch", "v1", "jobs")
DEPLOYMENTS, REPLICA_SETS = find("apps", "v1", "deployments"), find("apps", "v1", "replicasets")
POD_SPEC = {"containers": [{"name": "main", "image": "busybox"}]}


class Held:
    """A store and its controllers, with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = START
        self.store = Store(lambda: self.now)
        put_initial_objects(self.store, port=6443)
        self.controllers = Controllers(self.store)
        self.controllers.start()
        self.requests = InProcessClient(self.store, "test")
        self.controllers.run_pending()

    def create(self, resource: Any, name: str, spec: Manifest) -> None:
        self.requests.create(resource, {"metadata": {"name": name, "namespace": "default"}, "spec": spec})
        self.controllers.run_pending()

    def get(self, resource: Any, name: str) -> Manifest:
        found = self.store.get(resource, name, "default")
        assert found is not None
        return found

    def pods(self) -> list[Manifest]:
        return self.store.list(PODS, "default")

    def say(self, pod: Manifest, **status: Any) -> None:
        live = self.get(PODS, pod["metadata"]["name"])
        self.requests.update(PODS, live, subresource="status", status={**live["status"], **status})
        self.controllers.run_pending()

    def pass_s(self, seconds: float) -> bool:
        """Move the clock; True if something became due."""
        self.now += timedelta(seconds=seconds)
        is_due = self.controllers.pending
        self.controllers.run_pending()
        return is_due


@pytest.fixture
def held() -> Held:
    return Held()


def workload(replicas: int, **fields: Any) -> Manifest:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
    return {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **fields}


def job(**fields: Any) -> Manifest:
    return {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}, **fields}


def ready_since(moment: str) -> Manifest:
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": moment}]}


def test_a_ready_pod_becomes_available_after_its_minimum_time(held: Held) -> None:
    held.create(REPLICA_SETS, "web", workload(1, minReadySeconds=30))
    held.say(held.pods()[0], **ready_since("2026-11-25T12:00:00Z"))
    assert "availableReplicas" not in held.get(REPLICA_SETS, "web")["status"]
    assert not held.pass_s(29)
    assert held.pass_s(1)
    assert held.get(REPLICA_SETS, "web")["status"]["availableReplicas"] == 1


def test_missing_progress_is_reported_after_the_deadline(held: Held) -> None:
    held.create(DEPLOYMENTS, "web", workload(1, progressDeadlineSeconds=60))
    assert not held.pass_s(60)
    assert held.pass_s(1)
    condition = condition_of(held.get(DEPLOYMENTS, "web"), "Progressing")
    assert condition is not None
    assert (condition["status"], condition["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert not held.pass_s(3600)


def test_a_job_fails_at_its_deadline(held: Held) -> None:
    held.create(JOBS, "train", job(activeDeadlineSeconds=10))
    assert not held.pass_s(9)
    assert held.pass_s(1)
    assert condition_of(held.get(JOBS, "train"), "Failed") is not None
    assert not held.pods()


def test_after_each_failure_the_next_pod_waits_twice_as_long(held: Held) -> None:
    held.create(JOBS, "train", job())
    for seconds in (10, 20, 40):
        pod = next(pod for pod in held.pods() if pod["status"]["phase"] == "Pending")
        held.say(pod, phase="Failed")
        count = len(held.pods())
        held.pass_s(seconds - 1)
        assert len(held.pods()) == count
        held.pass_s(1)
        assert len(held.pods()) == count + 1


def test_a_finished_job_is_deleted_after_its_ttl(held: Held) -> None:
    held.create(JOBS, "train", job(ttlSecondsAfterFinished=100))
    held.say(held.pods()[0], phase="Succeeded")
    assert not held.pass_s(99)
    assert held.pass_s(1)
    assert held.store.get(JOBS, "train", "default") is None
    assert not held.pods()


def test_syncing_again_changes_nothing(held: Held) -> None:
    held.create(DEPLOYMENTS, "web", workload(3))
    held.create(JOBS, "train", job())
    version = held.store.resource_version
    again = Controllers(held.store)
    again.start()
    again.run_pending()
    assert held.store.resource_version == version


def test_many_refused_pods_cause_few_attempts(held: Held) -> None:
    quota = {"metadata": {"name": "few", "namespace": "default"}, "spec": {"hard": {"pods": "3"}}}
    held.requests.create(find("", "v1", "resourcequotas"), quota)
    held.controllers.run_pending()
    held.create(REPLICA_SETS, "web", workload(100))
    events = held.store.list(find("", "v1", "events"), "default")
    assert len(held.pods()) == 3
    # batches of one and two succeed, the next four are refused, and so is one at each sync that these writes cause
    assert sorted(event["reason"] for event in events) == ["FailedCreate"] * 6 + ["SuccessfulCreate"] * 3


def pod(name: str, **fields: Any) -> Manifest:
    metadata = {"name": name, "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z", **fields.pop("metadata", {})}
    return {"metadata": metadata, "spec": fields.pop("spec", {}), "status": {"phase": "Running", **fields}}


def test_the_order_in_which_pods_are_deleted() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T00:00:00Z"}]}
    placed = {"nodeName": "a"}
    old = {"creationTimestamp": "2025-01-01T00:00:00Z"}
    cheap = {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-1"}}
    expected = [
        pod("unplaced"),
        pod("pending", spec=placed, phase="Pending"),
        pod("restarted", spec=placed, containerStatuses=[{"restartCount": 3}]),
        pod("not-ready", spec=placed),
        pod("not-ready-old", spec=placed, metadata=old),
        pod("cheap", spec=placed, metadata=cheap, **ready),
        pod("dear", spec=placed, **ready),
    ]
    found = deletion_order(reversed(expected))
    assert [item["metadata"]["name"] for item in found] == [item["metadata"]["name"] for item in expected]


def test_of_two_nodes_the_fuller_one_loses_a_pod() -> None:
    pods = [pod("a", spec={"nodeName": "full"}), pod("b", spec={"nodeName": "full"}), pod("0", spec={"nodeName": "x"})]
    assert deletion_order(pods, pods)[-1]["metadata"]["name"] == "0"


@pytest.mark.parametrize(
    ("labels", "owner", "expected"),
    [
        ("web", None, "adopt"),
        ("other", None, "foreign"),
        ("web", "me", "owned"),
        ("other", "me", "release"),
        ("web", "another", "foreign"),
    ],
)
def test_the_owner_of_a_pod(labels: str, owner: str | None, expected: str) -> None:
    me: Manifest = {"metadata": {"uid": "me"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}
    references = [{"uid": owner, "controller": True}] if owner else []
    dependent = {"metadata": {"labels": {"app": labels}, "ownerReferences": references}}
    assert claim(me, dependent, label_selector_of(me["spec"]["selector"])) == expected


def test_a_templates_hash_does_not_depend_on_the_order_of_fields() -> None:
    assert template_hash({"a": 1, "b": 2}) == template_hash({"b": 2, "a": 1}) != template_hash({"a": 1, "b": 3})
    assert template_hash({"a": 1}, 1) != template_hash({"a": 1})


@pytest.mark.parametrize(
    ("value", "up", "expected"), [("25%", True, 2), ("25%", False, 1), (3, True, 3), ("0%", True, 0)]
)
def test_shares_are_rounded(value: int | str, up: Literal[True, False], expected: int) -> None:
    assert scaled(value, 6, up=up) == expected


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [("25%", "25%", 4, (1, 1)), (0, "10%", 4, (0, 1)), (1, 0, 4, (1, 0)), (0, 9, 4, (0, 4)), ("25%", "25%", 0, (0, 0))],
)
def test_a_rollout_can_always_proceed(
    surge: int | str, unavailable: int | str, replicas: int, expected: tuple[int, int]
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    deployment = {"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}
    assert rollout.fenceposts(deployment) == expected


def test_finished_indexes_are_written_as_intervals() -> None:
    spec = {"completionMode": "Indexed", "completions": 9}
    pods = [
        {"metadata": {"annotations": {progress.INDEX: str(number)}}, "status": {"phase": "Succeeded"}}
        for number in (0, 1, 2, 4, 6, 7)
    ]
    status = progress.with_ends({"spec": spec}, {}, pods)
    assert (status["completedIndexes"], status["succeeded"]) == ("0-2,4,6,7", 6)
    assert progress.indexes({"spec": spec}, status).intervals == ((0, 2), (4, 4), (6, 7))
