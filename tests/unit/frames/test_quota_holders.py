"""Who holds a quota: shares by workload and creator that add up to what the server counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.frames.kit.namespace_owners import NamespaceOwner
from tenantkit.frames.kit.owners import Chains, Owner
from tenantkit.frames.quota_holders import (
    QUOTA_HOLDERS,
    QUOTA_HOLDERS_BY_PERSON,
    _entries,
    by_person,
    quota_holders,
    quota_holders_frame,
)
from tests.unit.cluster.seam import Script, answer, cluster
from tests.unit.frames.frame_pods import CREATED, HOSTILE, owned_by, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
GPU = "requests.nvidia.com/gpu"
EARLIER = "2026-11-24T12:00:00Z"


def quota(used: dict[str, str], hard: dict[str, str], **spec: Any) -> Manifest:
    metadata = {"name": "tenantkit-quota", "namespace": "vision"}
    return {"metadata": metadata, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}


def shares(quota: Manifest, *pods: Manifest, claims: Any = (), chains: Chains | None = None) -> pd.DataFrame:
    owned, persons = {"vision": NamespaceOwner("vision", "cv")}, {"vision": ["ada@example.com", "group:cv"]}
    return quota_holders_frame(
        [quota], pods, claims=claims, chains=chains or Chains(), now=NOW, owned=owned, persons=persons
    )


def of(name: str, workload: str, **metadata: Any) -> Manifest:
    return pod(name, metadata={"ownerReferences": owned_by("Deployment", workload), **metadata})


def brief(frame: pd.DataFrame) -> list[list[Any]]:
    shown: list[list[Any]] = frame[["workload", "used", "share_pct"]].fillna("-").to_numpy().tolist()
    return shown


def test_each_entry_has_one_row_per_workload_and_creator() -> None:
    pods = [
        of("a", "api"),
        of("b", "api", creationTimestamp=EARLIER),
        pod("nb", metadata={"labels": {"hub.jupyter.org/username": "dana"}}),
    ]

    frame = shares(quota({GPU: "6"}, {GPU: "8"}), *pods)

    expected = pd.DataFrame(
        {
            "tenant": ["vision"] * 2,
            "team": ["cv"] * 2,
            "namespace": ["vision"] * 2,
            "quota": ["tenantkit-quota"] * 2,
            "scopes": [None, None],
            "resource": [GPU] * 2,
            "unit": ["count"] * 2,
            "workload": ["Deployment/api", "Pod/nb"],
            "root_workload": ["Deployment/api", "Pod/nb"],
            "creator": [None, "dana"],
            "creator_reason": ["no metadata names a person", None],
            "owners": ["ada@example.com, group:cv"] * 2,
            "used": [4.0, 2.0],
            "hard": [8.0, 8.0],
            "share_pct": [50.0, 25.0],
            "objects": [2, 1],
            "since": [EARLIER, CREATED],
        }
    ).astype(QUOTA_HOLDERS)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    nothing = pd.DataFrame({name: [] for name in QUOTA_HOLDERS}).astype(QUOTA_HOLDERS)

    for each in (quota({}, {}), quota({}, {GPU: "8"}), quota({"configmaps": "3"}, {"configmaps": "8"})):
        pd.testing.assert_frame_equal(shares(each), nothing)


def test_usage_beyond_the_objects_that_exist_is_a_row_without_a_workload() -> None:
    frame = shares(quota({GPU: "5"}, {GPU: "8"}), of("a", "api"))

    assert brief(frame) == [["-", 3.0, 37.5], ["Deployment/api", 2.0, 25.0]]


def test_finished_pods_hold_only_their_own_count() -> None:
    hard = {GPU: "8", "pods": "10", "count/pods": "10"}

    frame = shares(quota({GPU: "0", "pods": "0", "count/pods": "1"}, hard), pod("x", status={"phase": "Succeeded"}))

    assert frame[["resource", "used"]].to_numpy().tolist() == [["count/pods", 1.0]]


def test_pods_out_of_scope_hold_nothing() -> None:
    best_effort = pod("free", spec={"containers": [{"name": "main"}]})

    frame = shares(quota({"pods": "1"}, {"pods": "4"}, scopes=["BestEffort"]), best_effort, pod("x"))

    assert frame[["scopes", "workload", "used"]].to_numpy().tolist() == [["BestEffort", "Pod/free", 1.0]]


def test_an_entry_of_zero_has_no_shares_in_percent() -> None:
    assert shares(quota({GPU: "2"}, {GPU: "0"}), pod("x"))["share_pct"].isna().tolist() == [True]


def test_the_creator_may_be_named_by_the_root_workload() -> None:
    api, root = Owner("apps/v1", "Deployment", "api"), Owner("x/v1", "InferenceService", "llm")
    chains = Chains(owners={("vision", api): root, ("vision", root): None}, creators={("vision", root): "sam"})

    frame = shares(quota({GPU: "2"}, {GPU: "8"}), of("a", "api"), chains=chains)

    shown = frame[["workload", "root_workload", "creator"]].to_numpy().tolist()
    assert shown == [["Deployment/api", "InferenceService/llm", "sam"]]


def claim(name: str, size: str, **status: Any) -> Manifest:
    spec = {"resources": {"requests": {"storage": size}}, "storageClassName": "fast"}
    metadata = {"name": name, "namespace": "vision", "creationTimestamp": CREATED}
    return {"metadata": metadata, "spec": spec, "status": status}


def test_storage_is_held_by_the_workload_that_uses_it() -> None:
    user = of("a", "api")
    user["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    slow, fast = (f"{name}.storageclass.storage.k8s.io/requests.storage" for name in ("slow", "fast"))
    hard = dict.fromkeys(("requests.storage", "persistentvolumeclaims", slow, fast), "100Gi")
    used = {"requests.storage": "31Gi", "persistentvolumeclaims": "2", slow: "0", fast: "31Gi"}
    claims = [claim("data", "10Gi"), claim("idle", "1Gi", allocatedResources={"storage": "21Gi"})]

    frame = shares(quota(used, hard), user, claims=claims)

    shown = frame[["resource", "workload", "used"]].to_numpy().tolist()
    assert shown == [
        [fast, "PersistentVolumeClaim/idle", 21.0 * 2**30],
        [fast, "Deployment/api", 10.0 * 2**30],
        ["persistentvolumeclaims", "Deployment/api", 1.0],
        ["persistentvolumeclaims", "PersistentVolumeClaim/idle", 1.0],
        ["requests.storage", "PersistentVolumeClaim/idle", 21.0 * 2**30],
        ["requests.storage", "Deployment/api", 10.0 * 2**30],
    ]


def test_a_claim_used_by_two_jobs_of_one_cron_job_is_held_by_the_cron_job() -> None:
    cron_job = Owner("batch/v1", "CronJob", "nightly")
    jobs = [Owner("batch/v1", "Job", name) for name in ("nightly-1", "nightly-2")]
    pods = [pod(job.name, metadata={"ownerReferences": owned_by("Job", job.name, "batch/v1")}) for job in jobs]
    for each in pods:
        each["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    chains = Chains(owners={("vision", job): cron_job for job in jobs})

    used = quota({"requests.storage": "10Gi"}, {"requests.storage": "20Gi"})
    frame = shares(used, *pods, claims=[claim("data", "10Gi")], chains=chains)

    assert frame[["workload", "used"]].to_numpy().tolist() == [["CronJob/nightly", 10.0 * 2**30]]


def test_storage_has_no_rows_where_claims_may_not_be_listed() -> None:
    assert shares(quota({"requests.storage": "5Gi"}, {"requests.storage": "9Gi"}), claims=None).empty


def test_hostile_texts_are_kept_as_data() -> None:
    strange = pod(HOSTILE, metadata={"annotations": {"opendatahub.io/username": HOSTILE}})

    assert shares(quota({GPU: "2"}, {GPU: "8"}), strange)[["workload", "creator"]].to_numpy().tolist() == [
        [f"Pod/{HOSTILE}", HOSTILE]
    ]


def test_by_person_the_workloads_of_one_person_are_added_up() -> None:
    hub = {"labels": {"hub.jupyter.org/username": "dana"}}
    pods = [
        of("a", "api", **hub, creationTimestamp=EARLIER),
        pod("nb", metadata=hub),
        of("b", "etl", labels={"dag_id": "nightly"}),
    ]

    frame = by_person(shares(quota({GPU: "7"}, {GPU: "8"}), *pods))

    assert frame.dtypes.astype(str).to_dict() == dict(QUOTA_HOLDERS_BY_PERSON)
    assert set(frame["owners"]) == {"ada@example.com, group:cv"}
    shown = frame[["creator", "creator_reason", "workloads", "used", "share_pct", "objects"]]
    assert shown.astype(object).where(shown.notna(), None).to_numpy().tolist() == [
        ["dana", None, "Deployment/api, Pod/nb", 4.0, 50.0, 2],
        [None, "Airflow writes no person's name: DAG 'nightly'", "Deployment/etl", 2.0, 25.0, 1],
        [None, "the server counts more than the objects that exist", None, 1.0, 12.5, None],
    ]
    assert frame["since"].iloc[0] == pd.Timestamp(EARLIER)


def test_by_person_an_empty_frame_has_its_columns_and_dtypes() -> None:
    frame = by_person(shares(quota({}, {})))
    assert (len(frame), frame.dtypes.astype(str).to_dict()) == (0, dict(QUOTA_HOLDERS_BY_PERSON))


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("requests.cpu", "No quota limits accelerators in vision: pods(…) lists the pods that request them."),
        (GPU, "No holders of quotas in vision."),
    ],
)
def test_without_a_quota_of_accelerators_nobody_is_said_to_hold_none(entry: str, sentence: str) -> None:
    def listed(*items: Manifest) -> Any:
        return answer(
            body={"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": [*items]}
        )

    namespace = answer(body={"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "vision"}})
    script = Script(listed(quota({entry: "0"}, {entry: "4"})), listed(), listed(), namespace)

    frame = quota_holders(cluster(script), namespaces=["vision"], resource="gpu")

    assert (len(frame), frame.attrs["empty"]) == (0, sentence)


def test_gpus_mean_the_same_as_gpu() -> None:
    quotas = [{"spec": {"hard": {"requests.nvidia.com/gpu": "4", "pods": "9"}}}]

    assert _entries(quotas, "gpus") == _entries(quotas, "gpu") == {"requests.nvidia.com/gpu"}
