"""The frame of workloads: states, owners up to custom kinds, and the requests of their pods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.frames.kit.namespace_owners import NamespaceOwner
from tenantkit.frames.kit.owners import Chains, Owner
from tenantkit.frames.kit.workload_state import WORKLOAD_KINDS, workload_state
from tenantkit.frames.pods import PodReader, pods
from tenantkit.frames.workloads import WORKLOADS, workloads, workloads_frame
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE, owned_by, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

READ = PodReader(lambda: datetime(2026, 11, 25, 13, tzinfo=UTC))
RAY = "ray.io/v1"


def made(kind: str, name: str, *, owner: list[Manifest] | None = None, **parts: Any) -> Manifest:
    metadata = {"name": name, "namespace": "vision", "creationTimestamp": CREATED, "ownerReferences": owner or []}
    return {"kind": kind, "metadata": metadata, "spec": parts.get("spec", {}), "status": parts.get("status", {})}


def of(kind: str, name: str, pod_name: str, api_version: str = "apps/v1", **parts: Any) -> Any:
    """A pod of that owner, read."""
    return READ(pod(pod_name, metadata={"ownerReferences": owned_by(kind, name, api_version)}, **parts))


def test_a_deployment_is_one_row_with_the_requests_of_its_pods() -> None:
    deployment = made("Deployment", "api", spec={"replicas": 3}, status={"readyReplicas": 2, "updatedReplicas": 3})
    done = of("Deployment", "api", "c", status={"phase": "Succeeded"})
    found = [of("Deployment", "api", "a"), of("Deployment", "api", "b"), done]

    frame = workloads_frame([deployment], found, owned={"vision": NamespaceOwner("vision", "cv")})

    expected = pd.DataFrame(
        {
            "tenant": ["vision"],
            "team": ["cv"],
            "namespace": ["vision"],
            "kind": ["Deployment"],
            "name": ["api"],
            "workload": ["Deployment/api"],
            "root_workload": ["Deployment/api"],
            "owners": [None],
            "state": ["Progressing"],
            "pods_desired": [3],
            "pods_ready": [2],
            "pods_succeeded": [None],
            "pods_failed": [None],
            "pods": [2],
            "restarts": [2],
            "cpu_requests_cores": [1.0],
            "memory_requests_bytes": [2**31],
            "accelerators": [4],
            "accelerator_kinds": ["nvidia.com/gpu"],
            "schedule": [None],
            "creator": [None],
            "created": [CREATED],
        }
    ).astype(WORKLOADS)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(workloads_frame([]), pd.DataFrame({name: [] for name in WORKLOADS}).astype(WORKLOADS))


def test_owners_are_rows_too_up_to_custom_kinds() -> None:
    service, ray = Owner(RAY, "RayService", "llm"), Owner(RAY, "RayCluster", "llm-1")
    chains = Chains(
        owners={("vision", ray): service, ("vision", service): None},
        created={("vision", service): CREATED},
        creators={("vision", service): "dana"},
    )

    frame = workloads_frame([], [of("RayCluster", "llm-1", "head", RAY)], chains=chains)

    shown = (
        frame[["workload", "root_workload", "owners", "pods", "accelerators", "creator"]]
        .fillna("-")
        .to_numpy()
        .tolist()
    )
    assert shown == [
        ["RayCluster/llm-1", "RayService/llm", "RayService/llm", 1, 2, "dana"],
        ["RayService/llm", "RayService/llm", "-", 1, 2, "dana"],
    ]
    assert frame["state"].isna().all()


def test_a_cron_job_has_the_pods_of_its_jobs() -> None:
    job = made("Job", "nightly-1", owner=owned_by("CronJob", "nightly", "batch/v1"), status={"active": 1, "ready": 1})
    cron = made("CronJob", "nightly", spec={"schedule": "0 3 * * *"}, status={"active": [{"name": "nightly-1"}]})

    frame = workloads_frame([job, cron], [of("Job", "nightly-1", "x", "batch/v1")])

    assert frame[["workload", "root_workload", "state", "pods"]].to_numpy().tolist() == [
        ["CronJob/nightly", "CronJob/nightly", "Running", 1],
        ["Job/nightly-1", "CronJob/nightly", "Running", 1],
    ]
    assert frame["schedule"].tolist()[0] == "0 3 * * *"


def test_pods_and_replica_sets_without_an_owner_are_rows() -> None:
    sets = [
        made("ReplicaSet", "web", spec={"replicas": 0}),
        made("ReplicaSet", "api-1", owner=owned_by("Deployment", "api")),
    ]

    frame = workloads_frame([*sets, made("Deployment", "api")], [READ(pod("alone"))])

    assert frame[["workload", "state", "pods_desired"]].to_numpy().tolist() == [
        ["Deployment/api", "Progressing", 1],
        ["Pod/alone", "Running", 1],
        ["ReplicaSet/web", "ScaledDown", 0],
    ]


def test_hostile_texts_are_kept_as_data() -> None:
    cron = made("CronJob", HOSTILE, spec={"schedule": HOSTILE})

    row = workloads_frame([cron]).iloc[0]

    assert row[["name", "schedule", "workload"]].tolist() == [HOSTILE, HOSTILE, f"CronJob/{HOSTILE}"]


@pytest.mark.parametrize(
    ("kind", "spec", "now", "state"),
    [
        ("Deployment", {"replicas": 0}, {}, "ScaledDown"),
        ("Deployment", {"replicas": 1}, {"readyReplicas": 1, "updatedReplicas": 1}, "Ready"),
        ("Deployment", {"replicas": 1, "strategy": {}}, {"readyReplicas": 1, "updatedReplicas": 0}, "Progressing"),
        (
            "Deployment",
            {"replicas": 1},
            {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]},
            "Stalled",
        ),
        ("Deployment", {}, {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}, "Failing"),
        ("StatefulSet", {"replicas": 2}, {"readyReplicas": 1}, "Progressing"),
        ("DaemonSet", {}, {"desiredNumberScheduled": 2, "numberReady": 2}, "Ready"),
        ("DaemonSet", {}, {}, "ScaledDown"),
        ("Job", {}, {"conditions": [{"type": "Complete", "status": "True"}]}, "Complete"),
        ("Job", {}, {"conditions": [{"type": "Failed", "status": "True"}], "failed": 7}, "Failed"),
        ("Job", {"suspend": True}, {}, "Suspended"),
        ("Job", {}, {"active": 2, "ready": 1}, "Running"),
        ("Job", {}, {"active": 1, "ready": 0}, "Pending"),
        ("Job", {}, {}, "Pending"),
        ("CronJob", {"suspend": True}, {}, "Suspended"),
        ("CronJob", {}, {}, "Scheduled"),
        ("RayCluster", {}, {}, None),
    ],
)
def test_the_state_follows_from_spec_and_status(kind: str, spec: Manifest, now: Manifest, state: str | None) -> None:
    assert workload_state(kind, made(kind, "x", spec=spec, status=now)).state == state


def test_a_deleted_workload_is_terminating() -> None:
    going = made("Job", "x")
    going["metadata"]["deletionTimestamp"] = CREATED

    assert workload_state("Job", going).state == "Terminating"


@pytest.mark.parametrize(
    ("spec", "desired"), [({}, 1), ({"completions": 5, "parallelism": 2}, 5), ({"parallelism": 3}, 3)]
)
def test_a_job_desires_as_many_pods_as_are_to_succeed(spec: Manifest, desired: int) -> None:
    assert workload_state("Job", made("Job", "x", spec=spec)).pods_desired == desired


def listed(*items: Manifest) -> Any:
    return answer(body={"metadata": {"resourceVersion": "7"}, "items": list(items)})


def discovered(*kinds: tuple[str, str]) -> list[Any]:
    """Aggregated discovery of custom kinds in ray.io."""
    resources = [
        {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["list"]}
        for kind, plural in kinds
    ]
    group = {"metadata": {"name": "ray.io"}, "versions": [{"version": "v1", "resources": resources}]}
    return [answer(body={"kind": "APIGroupDiscoveryList", "items": items}) for items in ([], [group])]


def test_custom_owners_are_found_by_discovery_and_followed() -> None:
    cluster_of_service = made("RayCluster", "llm-1", owner=owned_by("RayService", "llm", RAY))
    script = Script(
        listed(pod("head", metadata={"ownerReferences": owned_by("RayCluster", "llm-1", RAY)})),
        *discovered(("RayCluster", "rayclusters"), ("RayService", "rayservices")),
        listed(cluster_of_service),
        listed(made("RayService", "llm")),
        listed(),
    )

    frame = pods(cluster(script))

    assert frame[["workload", "root_workload"]].to_numpy().tolist() == [["RayCluster/llm-1", "RayService/llm"]]
    paths = [request.path.partition("?")[0] for request in script.requests]
    assert paths[3:5] == ["/apis/ray.io/v1/rayclusters", "/apis/ray.io/v1/rayservices"]
    accepts = [dict(request.headers).get("Accept", "") for request in script.requests]
    assert "PartialObjectMetadataList" in accepts[3]
    assert frame.attrs["incomplete"] == {}


def test_an_owner_of_a_kind_that_is_not_served_ends_the_chain_and_is_in_incomplete() -> None:
    script = Script(
        listed(pod("head", metadata={"ownerReferences": owned_by("RayCluster", "llm-1", RAY)})), *discovered(), listed()
    )

    frame = pods(cluster(script))

    assert frame["workload"].tolist() == ["RayCluster/llm-1"]
    assert frame.attrs["incomplete"] == {"RayCluster": "the server has no kind 'RayCluster' in ray.io/v1"}


def test_kinds_that_may_not_be_listed_are_in_incomplete_and_the_rest_is_shown() -> None:
    denied = status(403, "Forbidden", "forbidden")
    in_all_and_in_one = [denied, denied]  # the whole cluster, then the connection's namespace
    script = Script(listed(pod("alone")), *(in_all_and_in_one * len(WORKLOAD_KINDS)), listed())

    frame = workloads(cluster(script))

    assert frame["workload"].tolist() == ["Pod/alone"]
    assert set(frame.attrs["incomplete"]) == {*WORKLOAD_KINDS}
    assert not script.replies


@pytest.mark.parametrize("status", ["CrashLoopBackOff", "ImagePullBackOff", "CreateContainerConfigError", "OOMKilled"])
def test_a_workload_whose_pods_do_not_come_up_is_failing_and_not_progressing(status: str) -> None:
    waiting = [{"name": "main", "ready": False, "restartCount": 4, "state": {"waiting": {"reason": status}}}]
    broken = pod("api-1", metadata={"ownerReferences": owned_by("Deployment", "api")})
    broken["status"]["containerStatuses"] = waiting
    deployment: Manifest = {
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "vision"},
        "spec": {"replicas": 1, "strategy": {}},
        "status": {"replicas": 1, "updatedReplicas": 1, "conditions": [{"type": "Progressing", "status": "True"}]},
    }
    read = PodReader(lambda: datetime(2026, 11, 25, 12, 30, tzinfo=UTC))

    for found, state in (([broken], "Failing"), ([], "Progressing")):
        assert workloads_frame([deployment], map(read, found))["state"].tolist() == [state]
    deployment["status"] |= {"readyReplicas": 1}
    assert workloads_frame([deployment], map(read, [broken]))["state"].tolist() == ["Ready"]
