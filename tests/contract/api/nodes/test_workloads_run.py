"""Workloads whose pods run on a node complete by themselves; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.workloads import Workloads, new_image, pod_spec, replicated
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.wire import Wire


@pytest.fixture
def workloads(wire: Wire, namespace: str, gpu_node: Callable[..., str]) -> Workloads:
    gpu_node()
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


def test_a_deployment_becomes_available(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(3))
    workloads.status_is("deployments", "web", replicas=3, readyReplicas=3, availableReplicas=3, updatedReplicas=3)
    assert {kind: found[1] for kind, found in workloads.conditions("deployments", "web").items()} == {
        "Available": "MinimumReplicasAvailable",
        "Progressing": "NewReplicaSetAvailable",
    }


def test_a_rollout_completes(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(3))
    workloads.status_is("deployments", "web", availableReplicas=3)
    workloads.patch("deployments", "web", new_image("next"))
    workloads.status_is("deployments", "web", observedGeneration=2, replicas=3, updatedReplicas=3, availableReplicas=3)
    eventually(lambda: {pod["spec"]["containers"][0]["image"] for pod in workloads.pods()} == {"next"})
    workloads.status_is("deployments", "web", terminatingReplicas=0)
    assert len(workloads.all("pods")) == 3


def test_a_recreate_rollout_completes(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(2, strategy={"type": "Recreate"}))
    workloads.status_is("deployments", "web", availableReplicas=2)
    workloads.patch("deployments", "web", new_image("next"))
    workloads.status_is("deployments", "web", observedGeneration=2, updatedReplicas=2, availableReplicas=2)
    assert {pod["spec"]["containers"][0]["image"] for pod in workloads.pods()} == {"next"}


def test_a_stateful_set_scales_up_and_down(workloads: Workloads) -> None:
    workloads.create("statefulsets", "db", replicated(3, "db", serviceName="db"))
    workloads.status_is("statefulsets", "db", replicas=3, readyReplicas=3, availableReplicas=3, currentReplicas=3)
    workloads.patch("statefulsets", "db", {"spec": {"replicas": 1}})
    workloads.status_is("statefulsets", "db", observedGeneration=2, replicas=1, readyReplicas=1)
    assert [pod["metadata"]["name"] for pod in workloads.all("pods")] == ["db-0"]


def test_a_job_completes(workloads: Workloads) -> None:
    spec = {"completions": 3, "parallelism": 2, "template": {"spec": pod_spec(restartPolicy="Never")}}
    workloads.create("jobs", "train", spec)
    eventually(lambda: "Complete" in workloads.conditions("jobs", "train"))
    workloads.status_is("jobs", "train", succeeded=3, active=None, failed=None, ready=0, terminating=0)
    assert {pod["status"]["phase"] for pod in workloads.all("pods")} == {"Succeeded"}


def test_a_service_lists_its_pods(workloads: Workloads) -> None:
    workloads.create("services", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    workloads.create("deployments", "web", replicated(2))
    workloads.status_is("deployments", "web", availableReplicas=2)
    addresses = {pod["status"]["podIP"] for pod in workloads.pods()}

    def behind() -> bool:
        (item,) = workloads.all("endpointslices")
        endpoints = item["endpoints"] or []
        assert all(endpoint["conditions"]["ready"] for endpoint in endpoints)
        return {endpoint["addresses"][0] for endpoint in endpoints} == addresses

    eventually(behind)


def test_replica_sets_and_pods_are_deleted_with_a_deployment(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(2))
    workloads.status_is("deployments", "web", availableReplicas=2)
    workloads.delete("deployments", "web")
    eventually(lambda: not workloads.all("replicasets") and not workloads.all("pods"), timeout_s=60)
