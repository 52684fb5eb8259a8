"""What `why` shows where a person has to read: the call of a log, and events as they are."""

from __future__ import annotations

from tenantkit.findings.why import find_causes
from tenantkit.hints import Message
from tests.unit.findings.test_why import NODE, event, made, snapshot


def test_what_nothing_explains_shows_its_events_as_they_are() -> None:
    pod = made("Pod", "old", spec={"nodeName": "n1"}, status={"phase": "Pending"})
    odd = event(pod, "Odd", "the moon\nis full")

    [with_event] = find_causes(snapshot(pod, odd, NODE))
    [without] = find_causes(snapshot(pod, NODE))

    assert with_event.evidence == "phase Pending; event Odd of Pod/old: the moon is full"
    events = "check its conditions and its events: tk.events(cluster) lists all of them"
    assert str(with_event.next_steps) == events
    assert str(without.next_steps).startswith("check its conditions; it has no events")


def test_a_pod_that_runs_and_is_not_ready_has_a_log_to_check() -> None:
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    main = {"name": "main", "ready": False, "restartCount": 0, "state": {"running": {}}}
    pod = made("Pod", "old", spec={"nodeName": "n1"}, status={**status, "containerStatuses": [main]})

    [finding] = find_causes(snapshot(pod, NODE))

    assert str(finding.next_steps) == 'check its log: tk.logs(cluster, "Pod/old", namespaces=["vision"])'


def test_a_container_that_ran_out_of_memory_has_the_log_of_its_last_run() -> None:
    ended = {"exitCode": 137, "reason": "OOMKilled"}
    state = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}
    status = {"phase": "Running", "containerStatuses": [{"name": "main", "restartCount": 3, "ready": False, **state}]}
    pod = made("Pod", "features", spec={"nodeName": "n1"}, status=status)

    [finding] = find_causes(snapshot(pod, NODE))

    advice = "raise the memory limit, or make the container use less memory; the log of its last run"
    call = 'tk.logs(cluster, "Pod/features", namespaces=["vision"], previous=True)'
    assert (finding.cause, str(finding.next_steps)) == ("out of memory", f"{advice}: {call}")


def test_the_log_of_a_job_whose_container_runs_again_is_that_of_its_previous_run() -> None:
    job = made("Job", "train", spec={}, status={"failed": 1, "active": 1})
    state = {"state": {"running": {}}, "lastState": {"terminated": {"exitCode": 2}}}
    status = {"phase": "Running", "containerStatuses": [{"name": "main", "restartCount": 1, "ready": True, **state}]}
    pod = made("Pod", "train-a", owner=job, spec={"nodeName": "n1"}, status=status)

    [finding] = [each for each in find_causes(snapshot(job, pod)) if each.cause == "job back-off"]

    assert isinstance(finding.next_steps, Message)
    assert finding.next_steps.words("shell").endswith("`tenantkit logs Job/train --namespaces vision --previous`")
