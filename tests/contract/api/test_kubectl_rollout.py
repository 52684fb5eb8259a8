"""kubectl's commands for workloads: scale, set image, history, undo, status; the same output on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.wire import kubectl
from tests.contract.workloads import Workloads
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

    Run = Callable[..., str]


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


@pytest.fixture
def run(engine: Engine, namespace: str) -> Run:
    login = engine.login("admin")

    def ran(*arguments: str) -> str:
        return kubectl(login.kubeconfig, "--context", str(login.context), "-n", namespace, *arguments).strip()

    return ran


def rolled_out(workloads: Workloads, run: Run) -> str:
    """Play the kubelet until all pods are ready, then run `kubectl rollout status`."""

    def done() -> bool:
        workloads.all_ready()
        found = workloads.get("deployments", "web")
        status, wanted = found["status"], found["spec"]["replicas"]
        numbers = {status.get(part) for part in ("replicas", "updatedReplicas", "availableReplicas")}
        return numbers == {wanted} and status["observedGeneration"] == found["metadata"]["generation"]

    eventually(done, timeout_s=40)
    return run("rollout", "status", "deployment/web", "--timeout=20s")


def test_a_rollout_and_its_undo(workloads: Workloads, run: Run) -> None:
    assert run("create", "deployment", "web", "--image=first", "--replicas=2") == "deployment.apps/web created"
    done = 'deployment "web" successfully rolled out'
    assert rolled_out(workloads, run) == done
    assert run("set", "image", "deployment/web", "first=second") == "deployment.apps/web image updated"
    eventually(lambda: len(workloads.all("replicasets")) == 2)
    rolled_out(workloads, run)
    lines = run("rollout", "history", "deployment/web").splitlines()
    assert [line.split() for line in lines] == [
        ["deployment.apps/web"],
        ["REVISION", "CHANGE-CAUSE"],
        ["1", "<none>"],
        ["2", "<none>"],
    ]
    assert run("rollout", "undo", "deployment/web") == "deployment.apps/web rolled back"
    rolled_out(workloads, run)
    found = workloads.get("deployments", "web")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "first"
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_scale_changes_the_number_of_pods(workloads: Workloads, run: Run) -> None:
    run("create", "deployment", "web", "--image=first", "--replicas=1")
    workloads.number_of_pods(1)
    assert run("scale", "deployment/web", "--replicas=3") == "deployment.apps/web scaled"
    workloads.number_of_pods(3)
    workloads.all_ready()
    workloads.status_is("deployments", "web", readyReplicas=3)
    name, ready, up_to_date, available, _ = run("get", "deployment", "web", "--no-headers").split()
    assert (name, ready, up_to_date, available) == ("web", "3/3", "3", "3")


def test_restart_replaces_all_pods(workloads: Workloads, run: Run) -> None:
    run("create", "deployment", "web", "--image=first", "--replicas=2")
    rolled_out(workloads, run)
    before = {pod["metadata"]["name"] for pod in workloads.pods()}
    assert run("rollout", "restart", "deployment/web") == "deployment.apps/web restarted"
    eventually(lambda: len(workloads.all("replicasets")) == 2)
    rolled_out(workloads, run)
    eventually(lambda: not before & {pod["metadata"]["name"] for pod in workloads.pods()})


def test_wait_returns_once_a_job_is_complete(workloads: Workloads, run: Run) -> None:
    assert run("create", "job", "train", "--image=first") == "job.batch/train created"
    (pod,) = workloads.number_of_pods(1)
    workloads.say_finished(pod, "Succeeded")
    assert run("wait", "--for=condition=complete", "job/train", "--timeout=20s") == "job.batch/train condition met"
    name, status, completions, *_ = run("get", "job", "train", "--no-headers").split()
    assert (name, status, completions) == ("train", "Complete", "1/1")


def test_describe_shows_the_events(workloads: Workloads, run: Run) -> None:
    workloads.limit_pods(1)
    run("create", "deployment", "web", "--image=first", "--replicas=2")
    eventually(lambda: "ReplicaFailure" in workloads.conditions("deployments", "web"))
    (found,) = workloads.all("replicasets")
    name = found["metadata"]["name"]
    eventually(lambda: workloads.events("web"))
    described = run("describe", "deployment", "web")
    assert f"Scaled up replica set {name} from 0 to 2" in described
    assert "ReplicaFailure   True    FailedCreate" in described
    assert f"{name} (1/2 replicas created)" in described
