"""Jobs: how many pods run, how their ends are counted, and how the Job ends; the same on both engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.workloads import SINCE, Workloads, pod_spec
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

TRACKED = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
REACHED = ("True", "CompletionsReached", "Reached expected number of succeeded pods")
LIMIT = ("True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


def job(workloads: Workloads, **fields: Any) -> Manifest:
    template = {"spec": pod_spec(restartPolicy="Never"), **fields.pop("template", {})}
    return workloads.create("jobs", "train", {"template": template, **fields})


def end(workloads: Workloads, pod: Manifest, phase: str) -> None:
    """Write the status of a pod that ended long ago, so that the next one need not wait."""
    terminated = {"exitCode": int(phase == "Failed"), "finishedAt": SINCE, "startedAt": SINCE}
    container = {"name": "main", "image": "busybox", "imageID": "", "ready": False, "restartCount": 0}
    state = {"state": {"terminated": terminated}}
    status = {"phase": phase, "containerStatuses": [container | state]}
    workloads.patch("pods", pod["metadata"]["name"], {"status": status}, status=True)


def conditions(workloads: Workloads) -> dict[str, tuple[str, str, str]]:
    return workloads.conditions("jobs", "train")


def running(workloads: Workloads) -> list[Manifest]:
    return [pod for pod in workloads.pods() if pod["status"]["phase"] in {"Pending", "Running"}]


def test_it_creates_a_tracked_pod_that_refers_to_its_job(workloads: Workloads) -> None:
    owner = job(workloads)
    (pod,) = workloads.number_of_pods(1)
    metadata, uid = pod["metadata"], owner["metadata"]["uid"]
    assert re.fullmatch(r"train-[bcdfghjklmnpqrstvwxz2456789]{5}", metadata["name"])
    assert metadata["finalizers"] == [TRACKED]
    assert metadata["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "train",
        "controller-uid": uid,
        "job-name": "train",
    }
    (reference,) = metadata["ownerReferences"]
    assert (reference["apiVersion"], reference["kind"], reference["uid"]) == ("batch/v1", "Job", uid)
    eventually(lambda: workloads.messages("train", "SuccessfulCreate") == {f"Created pod: {metadata['name']}"})
    assert workloads.events("train")[0]["source"] == {"component": "job-controller"}


def test_while_its_pod_waits_it_is_active(workloads: Workloads) -> None:
    job(workloads)
    status = workloads.status_is("jobs", "train", active=1, ready=0, terminating=0, uncountedTerminatedPods={})
    assert set(status) == {"active", "ready", "startTime", "terminating", "uncountedTerminatedPods"}


def test_a_ready_pod_is_counted_as_such(workloads: Workloads) -> None:
    job(workloads)
    workloads.say_ready(workloads.number_of_pods(1)[0])
    workloads.status_is("jobs", "train", active=1, ready=1)


def test_once_its_pod_has_succeeded_it_is_complete(workloads: Workloads) -> None:
    job(workloads)
    (pod,) = workloads.number_of_pods(1)
    end(workloads, pod, "Succeeded")
    status = workloads.status_is("jobs", "train", succeeded=1, active=None, ready=0, terminating=0, failed=None)
    eventually(lambda: "Complete" in conditions(workloads))
    status = workloads.get("jobs", "train")["status"]
    assert [item["type"] for item in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    assert conditions(workloads) == {"SuccessCriteriaMet": REACHED, "Complete": REACHED}
    assert status["completionTime"] >= status["startTime"]
    assert set(status["conditions"][0]) == {
        "type",
        "status",
        "lastProbeTime",
        "lastTransitionTime",
        "reason",
        "message",
    }


def test_the_end_is_reported_and_the_pods_finalizer_removed(workloads: Workloads) -> None:
    job(workloads)
    (pod,) = workloads.number_of_pods(1)
    end(workloads, pod, "Succeeded")
    eventually(lambda: workloads.messages("train", "Completed") == {"Job completed"})
    (event,) = workloads.events("train", "Completed")
    assert event["type"] == "Normal"
    assert not workloads.get("pods", pod["metadata"]["name"])["metadata"].get("finalizers")


def test_of_several_completions_as_many_as_allowed_run_in_parallel(workloads: Workloads) -> None:
    job(workloads, completions=3, parallelism=2)
    first, second = workloads.number_of_pods(2)
    end(workloads, first, "Succeeded")
    workloads.status_is("jobs", "train", active=2, succeeded=1)
    end(workloads, second, "Succeeded")
    workloads.status_is("jobs", "train", active=1, succeeded=2)
    (last,) = running(workloads)
    end(workloads, last, "Succeeded")
    eventually(lambda: conditions(workloads).get("Complete") == REACHED)
    workloads.status_is("jobs", "train", active=None, succeeded=3)
    assert len(workloads.pods()) == 3


def test_without_completions_no_pod_is_created_after_the_first_success(workloads: Workloads) -> None:
    job(workloads, parallelism=2)
    first, second = workloads.number_of_pods(2)
    end(workloads, first, "Succeeded")
    workloads.status_is("jobs", "train", active=1, succeeded=1)
    assert conditions(workloads) == {}
    end(workloads, second, "Succeeded")
    eventually(lambda: conditions(workloads).get("Complete") == REACHED)
    assert len(workloads.pods()) == 2


def test_a_failed_pod_is_replaced(workloads: Workloads) -> None:
    job(workloads, backoffLimit=3)
    (pod,) = workloads.number_of_pods(1)
    end(workloads, pod, "Failed")
    workloads.number_of_pods(2)
    workloads.status_is("jobs", "train", active=1, failed=1)
    assert conditions(workloads) == {}


def test_after_a_failure_the_next_pod_waits(workloads: Workloads) -> None:
    job(workloads)
    (pod,) = workloads.number_of_pods(1)
    workloads.say_finished(pod, "Failed")
    workloads.status_is("jobs", "train", failed=1, active=None)
    assert len(workloads.pods()) == 1


def test_one_failure_too_many_fails_the_job(workloads: Workloads) -> None:
    job(workloads, backoffLimit=1)
    (pod,) = workloads.number_of_pods(1)
    end(workloads, pod, "Failed")
    workloads.number_of_pods(2)
    (pod,) = running(workloads)
    end(workloads, pod, "Failed")
    eventually(lambda: conditions(workloads).get("Failed") == LIMIT)
    assert conditions(workloads) == {"FailureTarget": LIMIT, "Failed": LIMIT}
    status = workloads.status_is("jobs", "train", failed=2, active=None, ready=0, terminating=0)
    assert "completionTime" not in status
    eventually(lambda: workloads.messages("train", "BackoffLimitExceeded") == {LIMIT[2]})
    assert workloads.events("train", "BackoffLimitExceeded")[0]["type"] == "Warning"


def test_a_failed_job_deletes_its_other_pods_and_counts_them_as_failed(workloads: Workloads) -> None:
    job(workloads, completions=3, parallelism=3, backoffLimit=0)
    pods = workloads.number_of_pods(3)
    end(workloads, pods[0], "Failed")
    eventually(lambda: conditions(workloads).get("Failed") == LIMIT)
    workloads.status_is("jobs", "train", failed=3, active=None, terminating=0)
    assert [pod["metadata"]["name"] for pod in workloads.pods()] == [pods[0]["metadata"]["name"]]
    assert len(workloads.messages("train", "SuccessfulDelete")) == 2


def test_too_many_restarts_of_containers_fail_the_job(workloads: Workloads) -> None:
    job(workloads, backoffLimit=2, template={"spec": pod_spec(restartPolicy="OnFailure")})
    (pod,) = workloads.number_of_pods(1)
    container = {"name": "main", "image": "busybox", "imageID": "", "ready": False, "restartCount": 2}
    status = {"phase": "Running", "containerStatuses": [container]}
    workloads.patch("pods", pod["metadata"]["name"], {"status": status}, status=True)
    eventually(lambda: conditions(workloads).get("Failed") == LIMIT)
    workloads.status_is("jobs", "train", failed=1)


def test_a_deleted_pod_counts_as_failed(workloads: Workloads) -> None:
    job(workloads)
    (pod,) = workloads.number_of_pods(1)
    workloads.delete("pods", pod["metadata"]["name"])
    workloads.status_is("jobs", "train", failed=1)
    eventually(lambda: workloads.wire("GET", workloads.path("pods", pod["metadata"]["name"])).status == 404)


def test_a_job_past_its_deadline_fails(workloads: Workloads) -> None:
    job(workloads, activeDeadlineSeconds=1)
    workloads.number_of_pods(1)
    late = ("True", "DeadlineExceeded", "Job was active longer than specified deadline")
    eventually(lambda: conditions(workloads).get("Failed") == late, timeout_s=30)
    workloads.status_is("jobs", "train", failed=1, active=None)
    workloads.number_of_pods(0)
    assert workloads.messages("train", "DeadlineExceeded") == {late[2]}


def test_a_suspended_job_creates_no_pods(workloads: Workloads) -> None:
    job(workloads, suspend=True)
    eventually(lambda: conditions(workloads) == {"Suspended": ("True", "JobSuspended", "Job suspended")})
    workloads.status_is("jobs", "train", startTime=None, active=None)
    assert not workloads.pods()
    eventually(lambda: workloads.messages("train", "Suspended") == {"Job suspended"})


def test_a_resumed_job_starts(workloads: Workloads) -> None:
    job(workloads, suspend=True)
    eventually(lambda: "Suspended" in conditions(workloads))
    workloads.patch("jobs", "train", {"spec": {"suspend": False}})
    workloads.number_of_pods(1)
    eventually(lambda: conditions(workloads) == {"Suspended": ("False", "JobResumed", "Job resumed")})
    assert workloads.status_is("jobs", "train", active=1)["startTime"]
    eventually(lambda: workloads.messages("train", "Resumed") == {"Job resumed"})


def test_suspending_deletes_running_pods_without_counting_them(workloads: Workloads) -> None:
    job(workloads, completions=2, parallelism=2)
    pods = workloads.number_of_pods(2)
    workloads.patch("jobs", "train", {"spec": {"suspend": True}})
    workloads.number_of_pods(0)
    workloads.status_is("jobs", "train", active=None, failed=None, startTime=None, terminating=0)
    said = {f"Deleted pod: {pod['metadata']['name']}" for pod in pods}
    eventually(lambda: workloads.messages("train", "SuccessfulDelete") == said)


def test_less_parallelism_deletes_pods(workloads: Workloads) -> None:
    job(workloads, completions=5, parallelism=3)
    workloads.number_of_pods(3)
    workloads.patch("jobs", "train", {"spec": {"parallelism": 1}})
    workloads.number_of_pods(1)
    workloads.status_is("jobs", "train", active=1, failed=None)


def test_indexed_pods_have_their_own_numbers(workloads: Workloads) -> None:
    job(workloads, completionMode="Indexed", completions=3, parallelism=2)
    pods = {pod["metadata"]["labels"][INDEX]: pod for pod in workloads.number_of_pods(2)}
    assert sorted(pods) == ["0", "1"]
    pod = pods["1"]
    assert re.fullmatch(r"train-1-[a-z0-9]{5}", pod["metadata"]["name"])
    assert (pod["metadata"]["annotations"][INDEX], pod["spec"]["hostname"]) == ("1", "train-1")
    (variable,) = pod["spec"]["containers"][0]["env"]
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    assert variable == {"name": "JOB_COMPLETION_INDEX", "valueFrom": source}


def test_each_index_is_counted_once_and_missing_ones_are_created(workloads: Workloads) -> None:
    job(workloads, completionMode="Indexed", completions=4, parallelism=2)
    for number in ("1", "0", "2", "3"):

        def chosen(number: str = number) -> list[Manifest]:
            return [pod for pod in running(workloads) if pod["metadata"]["labels"][INDEX] == number]

        eventually(chosen)
        end(workloads, chosen()[0], "Succeeded")
        if number == "1":
            workloads.status_is("jobs", "train", completedIndexes="1", succeeded=1, active=2)
    eventually(lambda: conditions(workloads).get("Complete") == REACHED)
    workloads.status_is("jobs", "train", completedIndexes="0-3", succeeded=4)


def test_a_failed_index_is_tried_again(workloads: Workloads) -> None:
    job(workloads, completionMode="Indexed", completions=2, parallelism=2)
    pods = {pod["metadata"]["labels"][INDEX]: pod for pod in workloads.number_of_pods(2)}
    end(workloads, pods["0"], "Failed")
    workloads.number_of_pods(3)
    assert sorted(pod["metadata"]["labels"][INDEX] for pod in running(workloads)) == ["0", "1"]


def test_a_quotas_denial_is_reported_in_an_event(workloads: Workloads) -> None:
    workloads.limit_pods(0)
    job(workloads)
    eventually(lambda: workloads.events("train", "FailedCreate"))
    denial = "exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0"
    message = workloads.events("train", "FailedCreate")[0]["message"]
    assert re.fullmatch(rf'Error creating: pods "train-[a-z0-9]{{5}}" is forbidden: {denial}', message)
    workloads.status_is("jobs", "train", active=None)
    workloads.patch("resourcequotas", "few", {"spec": {"hard": {"pods": "1"}}})
    eventually(lambda: len(workloads.pods()) == 1, timeout_s=60)


def test_a_finished_job_is_deleted_with_its_pods_after_its_ttl(workloads: Workloads) -> None:
    job(workloads, ttlSecondsAfterFinished=1)
    (pod,) = workloads.number_of_pods(1)
    end(workloads, pod, "Succeeded")
    eventually(lambda: not workloads.all("jobs") and not workloads.all("pods"), timeout_s=40)


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_tracked_pods_are_deleted_with_their_job(workloads: Workloads, policy: str) -> None:
    job(workloads, completions=2, parallelism=2)
    workloads.number_of_pods(2)
    workloads.delete("jobs", "train", propagationPolicy=policy)
    eventually(lambda: not workloads.all("jobs") and not workloads.all("pods"), timeout_s=40)


def test_orphaned_pods_lose_their_finalizer(workloads: Workloads) -> None:
    job(workloads)
    (pod,) = workloads.number_of_pods(1)
    workloads.delete("jobs", "train", propagationPolicy="Orphan")
    eventually(lambda: not workloads.all("jobs"), timeout_s=40)

    def free() -> bool:
        metadata = workloads.get("pods", pod["metadata"]["name"])["metadata"]
        return not metadata.get("finalizers") and not metadata.get("ownerReferences")

    eventually(free, timeout_s=40)
