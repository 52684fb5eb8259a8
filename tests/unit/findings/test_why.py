"""The findings of `why`: pure, on dicts. The contract tests have what servers, schedulers and kubelets write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from tenantkit.findings.causes.node_shortfalls import node_shortfalls
from tenantkit.findings.causes.scheduler_reasons import reasons_of
from tenantkit.findings.finding import CAUSES, Cause, Finding, in_order
from tenantkit.findings.quota_holders import holders_text
from tenantkit.findings.refusals import read_refusal
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.findings.why import WHY, find_causes, why_frame
from tenantkit.frames.pods import pods_frame

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LONG_AGO = "2026-11-25T12:00:00Z"
JUST_NOW = "2026-11-25T12:29:55Z"


GPU = "nvidia.com/gpu"
NODE = {"kind": "Node", "metadata": {"name": "n1"}}


def made(kind: str, name: str, *, owner: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "vision", "creationTimestamp": LONG_AGO}
    metadata |= fields.pop("metadata", {})
    if owner is not None:
        metadata["ownerReferences"] = [{"kind": owner["kind"], "name": owner["metadata"]["name"], "controller": True}]
    return {"kind": kind, "metadata": metadata, **fields}


def running(name: str = "serve", **fields: Any) -> dict[str, Any]:
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}}],
    }
    return made("Pod", name, spec={"nodeName": "n1", "containers": [{"name": "main"}]}, status=status, **fields)


def event(about: dict[str, Any], reason: str, message: str, *, at: str = LONG_AGO) -> dict[str, Any]:
    involved = {"kind": about["kind"], "namespace": "vision", "name": about["metadata"]["name"]}
    said = {"reason": reason, "message": message, "firstTimestamp": at, "lastTimestamp": at}
    return {**made("Event", f"{reason}.1"), "involvedObject": involved, "type": "Warning", **said}


def snapshot(*objects: dict[str, Any], incomplete: dict[str, str] | None = None) -> ClusterSnapshot:
    known = ("Pod", "Event", "Job", "Deployment", "ReplicaSet", "StatefulSet", "ResourceQuota", "LimitRange", "Node")
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in known if kind not in (incomplete or {})}
    for manifest in objects:
        by_kind.setdefault(manifest["kind"], []).append(manifest)
    return ClusterSnapshot(by_kind, NOW, incomplete or {})


def causes(found: ClusterSnapshot) -> list[tuple[str, str, str]]:
    return [(finding.cause, finding.workload, finding.object) for finding in find_causes(found)]


def test_a_running_workload_has_no_row_and_the_columns_stay() -> None:
    deployment = made("Deployment", "serve", spec={"replicas": 1}, status={"replicas": 1, "readyReplicas": 1})
    replica_set = made("ReplicaSet", "serve-1", owner=deployment, spec={"replicas": 1}, status={"replicas": 1})

    frame = why_frame(snapshot(deployment, replica_set, running(owner=replica_set)))

    assert frame.empty
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == WHY


def test_a_reason_that_is_not_true_any_more_has_no_row() -> None:
    replica_set = made("ReplicaSet", "serve", spec={"replicas": 1}, status={"replicas": 1})
    refused = event(replica_set, "FailedCreate", 'Error creating: pods "serve-x" is forbidden: exceeded quota: team')

    assert causes(snapshot(replica_set, running(owner=replica_set), refused)) == []


def test_a_replaced_pod_has_no_row() -> None:
    replica_set = made("ReplicaSet", "serve", spec={"replicas": 1}, status={"replicas": 1, "readyReplicas": 1})
    evicted = made("Pod", "old", owner=replica_set, status={"phase": "Failed", "reason": "Evicted"})

    assert causes(snapshot(replica_set, running(owner=replica_set), evicted)) == []


def test_the_row_of_a_quota_has_the_excess_and_the_holders() -> None:
    quota = made("ResourceQuota", "team", spec={"hard": {"requests.cpu": "4"}})
    amounts = {"requests": {"cpu": "3"}}
    holder = running("notebook", metadata={"annotations": {"hub.jupyter.org/username": "dana"}})
    holder["spec"]["containers"] = [{"name": "main", "resources": amounts}]
    message = "exceeded quota: team, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4"

    refusal = read_refusal(snapshot(quota, holder), "vision", message)

    assert (refusal.cause, refusal.object) == ("quota exceeded", "ResourceQuota/team")
    assert refusal.detail == "requests.cpu: 2 requested, 3 of 4 used, 1 too much, held by Pod/notebook of dana (3)"


def test_a_holder_has_the_creator_that_the_nearest_of_its_owners_names() -> None:
    quota = made("ResourceQuota", "team", spec={"hard": {"requests.cpu": "4"}})
    job = made("Job", "train", metadata={"labels": {"tenantkit.dev/owner": "sam"}})
    worker = made("Pod", "worker", owner={"kind": "Workers", "metadata": {"name": "llm"}})
    for pod in (pods := [made("Pod", "train-x", owner=job), worker]):
        pod |= {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "1"}}}]}, "status": {}}
    found = replace(snapshot(quota, job, *pods), creators={("vision", "Workers/llm"): "eve"})

    assert holders_text(found, quota, "requests.cpu") == "held by Job/train of sam (1), Workers/llm of eve (1)"


def failed_job() -> dict[str, Any]:
    status = {"failed": 2, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}
    return made("Job", "train", spec={"backoffLimit": 1}, status=status)


def test_the_log_to_check_is_that_of_the_last_failed_pod_of_a_job() -> None:
    job, ended = failed_job(), {"terminated": {"exitCode": 1}}
    pods = [
        made(
            "Pod",
            name,
            owner=job,
            metadata={"creationTimestamp": created},
            spec={"nodeName": "n1"},
            status={"phase": "Failed", "containerStatuses": [{"name": "main", "restartCount": 0, "state": ended}]},
        )
        for name, created in (("train-a", JUST_NOW), ("train-b", LONG_AGO))
    ]

    [finding] = find_causes(snapshot(job, *pods))

    assert finding.cause == "job back-off"
    assert finding.evidence.endswith("Pod/train-a: container main, exit code 1")
    call = 'tk.logs(cluster, "Job/train", namespaces=["vision"])'
    assert str(finding.next_steps) == f"check the log of its last failed pod: {call}"


def test_a_job_whose_failed_pods_were_deleted_has_no_log_to_check() -> None:
    job = failed_job()
    restarting = {**job, "spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}
    steps = [finding.next_steps for each in (job, restarting) for finding in find_causes(snapshot(each))]

    deleted = "its failed pods were deleted, and their logs with them"
    assert steps == [deleted, f"{deleted}: set restartPolicy to Never to keep them"]


def test_a_job_whose_pod_failed_without_a_container_has_pods_to_look_at() -> None:
    job = failed_job()
    evicted = made("Pod", "train-a", owner=job, status={"phase": "Failed", "reason": "Evicted"})

    [finding] = [each for each in find_causes(snapshot(job, evicted)) if each.cause == "job back-off"]

    assert str(finding.next_steps) == "check why its pods failed: tk.pods(cluster) shows their reasons"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('pods "x" is forbidden: User "system:serviceaccount:a:b" cannot create resource "pods"', "not permitted"),
        ('admission webhook "gate.example.ai" denied the request: no', "policy"),
        ('Internal error occurred: failed calling webhook "gate.example.ai": timeout', "policy"),
        ("status unknown for quota: team, resources: requests.cpu", "quota exceeded"),
        ("insufficient quota to consume: requests.nvidia.com/gpu", "quota exceeded"),
        ('Pod "x" is invalid: spec.containers[0].image: Required value', "refused"),
    ],
)
def test_refusals_are_parsed_from_the_server_s_message(message: str, cause: str) -> None:
    assert read_refusal(snapshot(), "vision", message).cause == cause


def test_every_reason_of_the_scheduler_is_counted() -> None:
    message = (
        "0/7 nodes are available: 1 Insufficient cpu, 2 Insufficient nvidia.com/gpu, 1 node(s) had untolerated "
        "taint(s), 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/7 "
        "nodes are available: 7 Preemption is not helpful for scheduling."
    )

    assert reasons_of(message) == {
        "Insufficient cpu": 1,
        "Insufficient nvidia.com/gpu": 2,
        "node(s) had untolerated taint(s)": 1,
        "node(s) didn't match Pod's node affinity/selector": 3,
    }


def test_pods_of_one_workload_with_one_cause_are_one_row() -> None:
    def finding(pod: str) -> Finding:
        chain = (f"Pod/{pod}", "ReplicaSet/serve-1", "Deployment/serve")
        return Finding("image", chain, "vision", f"Pod/{pod}", "", "", "", since=f"2026-11-25T12:0{pod[-1]}:00Z")

    [row] = in_order([finding("serve-2"), finding("serve-1"), finding("serve-3")])

    assert (row.object, row.pods, row.since) == ("Pod/serve-1", 3, "2026-11-25T12:01:00Z")


def test_a_kind_that_may_not_be_read_has_a_row_except_nodes() -> None:
    found = snapshot(incomplete={"Event": "may not list Event", "Node": "may not list Node"})

    assert causes(found) == [("not readable", "", "Event")]
    assert why_frame(found)["pods"].isna().all()
    assert why_frame(found).attrs["incomplete"] == {"Event": "may not list Event", "Node": "may not list Node"}


def test_a_pod_that_does_not_run_without_a_reason_has_a_row_after_a_minute() -> None:
    pending = {"phase": "Pending"}
    old = made("Pod", "old", spec={"nodeName": "n1"}, status=pending)
    young = made("Pod", "young", spec={"nodeName": "n1"}, status=pending, metadata={"creationTimestamp": JUST_NOW})

    assert causes(snapshot(old, young, NODE)) == [("unexplained", "Pod/old", "Pod/old")]


def test_a_workload_without_its_pods_has_a_row() -> None:
    job = made("Job", "train", spec={"parallelism": 1})

    assert causes(snapshot(job)) == [("unexplained", "Job/train", "Job/train")]


def test_a_pod_on_a_node_that_is_not_ready_or_deleted_names_the_node() -> None:
    trouble = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped"}
    node = {**NODE, "status": {"conditions": [trouble]}}
    unready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    pods = [
        made("Pod", name, spec={"nodeName": where}, status=unready) for name, where in (("here", "n1"), ("lost", "n2"))
    ]

    assert causes(snapshot(node, *pods)) == [
        ("node not ready", "Pod/here", "Node/n1"),
        ("node not ready", "Pod/lost", "Node/n2"),
    ]


def test_the_cause_is_the_nodes_where_none_is_ready() -> None:
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}
    node = {**NODE, "spec": {"taints": [taint]}}
    message = "0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1 nodes are available"
    told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    pod = made("Pod", "train", spec={}, status={"phase": "Pending", "conditions": [told]})

    assert causes(snapshot(node, pod)) == [("node not ready", "Pod/train", "Node/n1")]


def test_kueue_says_what_a_workload_waits_for() -> None:
    job = made("Job", "train", spec={"suspend": True}, metadata={"labels": {"kueue.x-k8s.io/queue-name": "gpus"}})
    waiting = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient unused quota"}
    pods = [{"name": "main", "count": 4}]
    queued = made(
        "Workload",
        "job-train",
        owner=job,
        spec={"queueName": "gpus", "podSets": pods},
        status={"conditions": [waiting]},
    )

    [first, second] = find_causes(snapshot(job, queued))

    assert (first.cause, first.workload, first.object, first.message, first.pods) == (
        "queued",
        "Job/train",
        "Workload/job-train",
        "insufficient unused quota",
        4,
    )
    assert second.cause == "suspended"


def test_a_container_that_has_recovered_has_no_row() -> None:
    pod = running()
    end = {"exitCode": 1, "reason": "Error", "finishedAt": LONG_AGO}
    pod["status"]["containerStatuses"][0] |= {"restartCount": 9, "lastState": {"terminated": end}}

    assert causes(snapshot(pod)) == []


def test_one_workload_is_chosen_by_any_name_in_its_chain() -> None:
    told = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    status = {"phase": "Pending", "conditions": [told]}
    jobs = [made("Job", name, spec={"parallelism": 1}, status={"active": 1}) for name in ("train", "test")]
    pods = [made("Pod", f"{job['metadata']['name']}-x", owner=job, spec={}, status=status) for job in jobs]
    found = snapshot(*jobs, *pods)

    assert len(find_causes(found)) == 2
    for name in ("Job/train", "Pod/train-x"):
        assert [finding.workload for finding in find_causes(found, workload=name)] == ["Job/train"]


def test_objects_without_optional_fields_have_no_rows() -> None:
    bare = [{"kind": kind, "metadata": {"name": "x", "namespace": "vision"}} for kind in ("Job", "Pod", "StatefulSet")]

    assert causes(snapshot(*bare)) == []


def test_a_chain_continues_through_kinds_that_are_not_read() -> None:
    rank = made("Pod", "train-0")
    rank["metadata"]["ownerReferences"] = [{"kind": "Workers", "name": "train", "controller": True}]
    found = replace(snapshot(rank), above={("vision", "Workers/train"): "PyTorchJob/train"})

    assert found.chain(rank) == ("Pod/train-0", "Workers/train", "PyTorchJob/train")


def test_a_pod_belongs_to_its_deployment_where_replica_sets_may_not_be_listed() -> None:
    owner = made("ReplicaSet", "api-7d9f")
    pod = made("Pod", "api-7d9f-x", owner=owner, metadata={"labels": {"pod-template-hash": "7d9f"}}, spec={})
    found = snapshot(pod, incomplete={"ReplicaSet": "may not list ReplicaSet"})

    assert found.chain(pod) == ("Pod/api-7d9f-x", "ReplicaSet/api-7d9f", "Deployment/api")
    assert pods_frame([pod])["workload"].tolist() == ["Deployment/api"]
    assert [(row.workload, row.root_workload) for row in find_causes(found) if row.cause != "not readable"] == [
        ("Deployment/api", "Deployment/api")
    ]


def test_a_job_of_a_cron_job_is_the_workload_and_the_cron_job_its_root() -> None:
    finding = Finding("image", ("Pod/x", "Job/nightly-1", "CronJob/nightly"), "vision", "Pod/x", "", "", "")

    assert (finding.workload, finding.root_workload) == ("Job/nightly-1", "CronJob/nightly")


def test_labels_choose_findings_by_any_object_in_their_chain() -> None:
    jobs = [made("Job", name, spec={"parallelism": 1}, metadata={"labels": {"app": name}}) for name in ("a", "b")]

    found = find_causes(snapshot(*jobs), label_selector="app=b")

    assert [finding.workload for finding in found] == ["Job/b"]


def test_owners_that_own_each_other_end() -> None:
    first = made("Job", "first")
    second = made("Job", "second", owner=first)
    first["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "second", "controller": True}]

    assert snapshot(first, second).chain(first)[0] == "Job/first"


def test_each_cause_is_listed_once() -> None:
    assert len(set(CAUSES)) == len(get_args(Cause))


def test_each_node_has_its_shortfall() -> None:
    def node(name: str, amounts: dict[str, str], **spec: Any) -> dict[str, Any]:
        return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": {"allocatable": amounts}}

    room = {"pods": "9", "nvidia.com/gpu": "4"}
    nodes = [
        node("full", room),
        node("kept", room, taints=[{"key": "team", "value": "a", "effect": "NoSchedule"}]),
        node("cordoned", room, unschedulable=True),
    ]
    asked = {"containers": [{"name": "main", "resources": {"requests": {"nvidia.com/gpu": "2"}}}]}
    pod = made("Pod", "train", spec=asked)
    holder = made("Pod", "big", spec={"nodeName": "full", "containers": [{"resources": {"requests": {GPU: "3"}}}]})

    table = node_shortfalls(replace(snapshot(*nodes), bound=[holder]), pod)

    assert table == "cordoned: cordoned; full: nvidia.com/gpu 2 requested, 1 free; kept: taint team=a:NoSchedule"
    assert node_shortfalls(snapshot(incomplete={"Node": "may not list nodes"}), pod) == "nodes: may not list nodes"


def test_a_claim_in_use_names_its_pods_and_one_without_a_known_pod_its_controller() -> None:
    deleted = {"deletionTimestamp": LONG_AGO, "finalizers": ["kubernetes.io/pvc-protection"]}
    claim = made("PersistentVolumeClaim", "data", metadata=deleted)
    user = running("web")
    user["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]

    [used], [unused] = (find_causes(snapshot(claim, *pods)) for pods in ([user], []))

    assert used.next_steps == "delete the pods that use the claim: Pod/web"
    assert "in use by no known pod" in unused.evidence
    assert str(unused.next_steps).startswith("wait until the controller of kubernetes.io/pvc-protection has finished")


@pytest.mark.parametrize(("restarts", "text"), [(1, "1 restart"), (2, "2 restarts")])
def test_restarts_are_counted_in_words(restarts: int, text: str) -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    entry = {"name": "main", "restartCount": restarts, "state": waiting, "lastState": {"terminated": {"exitCode": 1}}}
    status = {"phase": "Running", "containerStatuses": [entry]}

    [finding] = find_causes(snapshot(made("Pod", "web", spec={"nodeName": "n1"}, status=status), NODE))

    assert finding.evidence.endswith(f", {text}")
