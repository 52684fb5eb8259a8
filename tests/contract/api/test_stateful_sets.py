"""StatefulSets: numbered pods, their order, their claims and their rollouts; the same on both engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.workloads import Workloads, new_image, pod_spec, replicated
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

CLAIM = {
    "metadata": {"name": "data", "labels": {"tier": "gold"}},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


def stateful(workloads: Workloads, replicas: int, **fields: Any) -> Manifest:
    return workloads.create("statefulsets", "db", replicated(replicas, "db", serviceName="db", **fields))


def names(workloads: Workloads) -> list[str]:
    return [pod["metadata"]["name"] for pod in workloads.pods()]


def ready_one_by_one(workloads: Workloads, replicas: int) -> None:
    """Play the kubelet until all pods are ready."""

    def done() -> bool:
        workloads.all_ready()
        status = workloads.get("statefulsets", "db")["status"]
        seen = status.get("observedGeneration") == workloads.get("statefulsets", "db")["metadata"]["generation"]
        return bool(seen and status.get("readyReplicas", 0) == status["replicas"] == replicas)

    eventually(done)


def images(workloads: Workloads) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in workloads.pods()}


def test_its_pod_has_a_number_and_an_identity(workloads: Workloads) -> None:
    owner = stateful(workloads, 1)
    (pod,) = workloads.number_of_pods(1)
    metadata = pod["metadata"]
    word = metadata["labels"].pop("controller-revision-hash")
    assert re.fullmatch(r"db-[bcdf456789]{4,10}", word)
    assert (metadata["name"], metadata["generateName"]) == ("db-0", "db-")
    assert metadata["labels"] == {
        "app": "db",
        "statefulset.kubernetes.io/pod-name": "db-0",
        "apps.kubernetes.io/pod-index": "0",
    }
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-0", "db")
    (reference,) = metadata["ownerReferences"]
    assert (reference["apiVersion"], reference["kind"], reference["uid"]) == (
        "apps/v1",
        "StatefulSet",
        owner["metadata"]["uid"],
    )


def test_creating_a_pod_is_reported_in_an_event(workloads: Workloads) -> None:
    stateful(workloads, 1)
    said = {"Create Pod db-0 in StatefulSet db successful"}
    eventually(lambda: workloads.messages("db", "SuccessfulCreate") == said)
    assert workloads.events("db")[0]["source"] == {"component": "statefulset-controller"}


def test_the_next_pod_waits_until_the_previous_one_is_ready(workloads: Workloads) -> None:
    stateful(workloads, 3)
    workloads.status_is("statefulsets", "db", replicas=1, availableReplicas=0, observedGeneration=1)
    assert names(workloads) == ["db-0"]
    workloads.all_ready()
    workloads.number_of_pods(2)
    workloads.status_is("statefulsets", "db", replicas=2, readyReplicas=1)
    assert names(workloads) == ["db-0", "db-1"]


def test_parallel_pods_are_created_at_once(workloads: Workloads) -> None:
    stateful(workloads, 3, podManagementPolicy="Parallel")
    workloads.number_of_pods(3)
    assert names(workloads) == ["db-0", "db-1", "db-2"]
    workloads.status_is("statefulsets", "db", replicas=3, currentReplicas=3, updatedReplicas=3)


def test_the_first_ordinal_may_be_set(workloads: Workloads) -> None:
    stateful(workloads, 2, podManagementPolicy="Parallel", ordinals={"start": 5})
    workloads.number_of_pods(2)
    assert names(workloads) == ["db-5", "db-6"]


def test_the_status_once_all_are_ready(workloads: Workloads) -> None:
    stateful(workloads, 2)
    ready_one_by_one(workloads, 2)
    status = workloads.status_is("statefulsets", "db", availableReplicas=2, updatedReplicas=2)
    word = workloads.get("pods", "db-0")["metadata"]["labels"]["controller-revision-hash"]
    assert status == {
        "observedGeneration": 1,
        "replicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "currentReplicas": 2,
        "updatedReplicas": 2,
        "currentRevision": word,
        "updateRevision": word,
        "collisionCount": 0,
    }


def test_with_min_ready_seconds_a_pod_delays_the_next_one(workloads: Workloads) -> None:
    stateful(workloads, 2, minReadySeconds=3600)
    (pod,) = workloads.number_of_pods(1)
    workloads.say_ready(pod, since="2100-01-01T00:00:00Z")
    workloads.status_is("statefulsets", "db", readyReplicas=1, availableReplicas=0)
    assert names(workloads) == ["db-0"]


def test_fewer_replicas_delete_the_highest_number(workloads: Workloads) -> None:
    stateful(workloads, 3)
    ready_one_by_one(workloads, 3)
    workloads.patch("statefulsets", "db", {"spec": {"replicas": 1}})
    workloads.number_of_pods(1)
    assert names(workloads) == ["db-0"]
    said = {f"Delete Pod db-{number} in StatefulSet db successful" for number in (1, 2)}
    eventually(lambda: workloads.messages("db", "SuccessfulDelete") == said)


def test_a_pod_that_is_not_ready_delays_the_deletion_of_higher_ones(workloads: Workloads) -> None:
    stateful(workloads, 3)
    ready_one_by_one(workloads, 3)
    workloads.say_ready(workloads.get("pods", "db-0"), ready=False)
    workloads.status_is("statefulsets", "db", readyReplicas=2)
    workloads.patch("statefulsets", "db", {"spec": {"replicas": 1}})
    workloads.status_is("statefulsets", "db", observedGeneration=2, replicas=3)
    workloads.say_ready(workloads.get("pods", "db-0"))
    workloads.number_of_pods(1)


def test_a_deleted_pod_is_created_again_with_its_name(workloads: Workloads) -> None:
    stateful(workloads, 2)
    ready_one_by_one(workloads, 2)
    before = workloads.get("pods", "db-0")["metadata"]["uid"]
    workloads.delete("pods", "db-0")
    eventually(lambda: names(workloads) == ["db-0", "db-1"])
    assert workloads.get("pods", "db-0")["metadata"]["uid"] != before


def test_a_failed_pod_is_deleted_and_created_again(workloads: Workloads) -> None:
    stateful(workloads, 1)
    (pod,) = workloads.number_of_pods(1)
    workloads.say_finished(pod, "Failed")
    eventually(lambda: pod["metadata"]["uid"] not in {item["metadata"]["uid"] for item in workloads.pods()})
    workloads.number_of_pods(1)
    assert workloads.messages("db", "SuccessfulDelete") == {"Delete Pod db-0 in StatefulSet db successful"}


def test_a_new_template_replaces_pods_from_the_highest_number_down(workloads: Workloads) -> None:
    stateful(workloads, 2)
    ready_one_by_one(workloads, 2)
    workloads.patch("statefulsets", "db", new_image("next"))
    eventually(lambda: images(workloads) == {"db-0": "busybox", "db-1": "next"})
    status = workloads.status_is("statefulsets", "db", currentReplicas=1, updatedReplicas=1, observedGeneration=2)
    assert status["currentRevision"] != status["updateRevision"]
    workloads.all_ready()
    eventually(lambda: images(workloads) == {"db-0": "next", "db-1": "next"})
    ready_one_by_one(workloads, 2)
    status = workloads.status_is("statefulsets", "db", currentReplicas=2, updatedReplicas=2)
    assert status["currentRevision"] == status["updateRevision"]


def test_below_the_partition_pods_keep_the_old_template_even_when_created_again(workloads: Workloads) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    stateful(workloads, 2, updateStrategy=strategy)
    ready_one_by_one(workloads, 2)
    workloads.patch("statefulsets", "db", new_image("next"))
    eventually(lambda: images(workloads) == {"db-0": "busybox", "db-1": "next"})
    ready_one_by_one(workloads, 2)
    before = workloads.get("pods", "db-0")["metadata"]["uid"]
    workloads.delete("pods", "db-0")

    def again() -> bool:
        uids = {pod["metadata"]["uid"] for pod in workloads.pods()}
        return before not in uids and len(uids) == 2

    eventually(again)
    assert images(workloads) == {"db-0": "busybox", "db-1": "next"}


def test_on_delete_waits_until_the_user_deletes_a_pod(workloads: Workloads) -> None:
    stateful(workloads, 1, updateStrategy={"type": "OnDelete"})
    ready_one_by_one(workloads, 1)
    workloads.patch("statefulsets", "db", new_image("next"))
    workloads.status_is("statefulsets", "db", observedGeneration=2, updatedReplicas=None)
    assert images(workloads) == {"db-0": "busybox"}
    workloads.delete("pods", "db-0")
    eventually(lambda: images(workloads) == {"db-0": "next"})


def test_each_pod_has_its_own_claims(workloads: Workloads) -> None:
    stateful(workloads, 1, volumeClaimTemplates=[CLAIM])
    (pod,) = workloads.number_of_pods(1)
    (claim,) = workloads.all("persistentvolumeclaims")
    assert claim["metadata"]["name"] == "data-db-0"
    assert claim["metadata"]["labels"] == {"app": "db", "tier": "gold"}
    assert claim["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    assert not claim["metadata"].get("ownerReferences")
    volume = next(item for item in pod["spec"]["volumes"] if item["name"] == "data")
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    said = {"Create Claim data-db-0 Pod db-0 in StatefulSet db success", "Create Pod db-0 in StatefulSet db successful"}
    eventually(lambda: workloads.messages("db", "SuccessfulCreate") == said)


def test_claims_stay_when_their_pods_are_deleted(workloads: Workloads) -> None:
    stateful(workloads, 1, volumeClaimTemplates=[CLAIM])
    workloads.number_of_pods(1)
    workloads.patch("statefulsets", "db", {"spec": {"replicas": 0}})
    workloads.number_of_pods(0)
    workloads.delete("statefulsets", "db")
    eventually(lambda: not workloads.all("statefulsets"))
    assert [claim["metadata"]["name"] for claim in workloads.all("persistentvolumeclaims")] == ["data-db-0"]


@pytest.mark.parametrize("policy", ["whenDeleted", "whenScaled"])
def test_claims_are_deleted_with_the_retention_policy_delete(workloads: Workloads, policy: str) -> None:
    retention = {"persistentVolumeClaimRetentionPolicy": {policy: "Delete"}}
    owner = stateful(workloads, 1, volumeClaimTemplates=[CLAIM], **retention)
    workloads.number_of_pods(1)

    def owners() -> list[str]:
        (claim,) = workloads.all("persistentvolumeclaims")
        return [item["uid"] for item in claim["metadata"].get("ownerReferences") or ()]

    expected = [owner["metadata"]["uid"]] if policy == "whenDeleted" else []
    eventually(lambda: owners() == expected)
    if policy == "whenDeleted":
        workloads.delete("statefulsets", "db")
    else:
        workloads.patch("statefulsets", "db", {"spec": {"replicas": 0}})
    eventually(lambda: not workloads.all("persistentvolumeclaims"), timeout_s=40)


def test_a_quotas_denial_is_reported_in_an_event(workloads: Workloads) -> None:
    workloads.limit_pods(0)
    stateful(workloads, 1)
    eventually(lambda: workloads.events("db", "FailedCreate"))
    denial = 'pods "db-0" is forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0'
    said = {f"Create Pod db-0 in StatefulSet db failed error: {denial}"}
    assert workloads.messages("db", "FailedCreate") == said
    workloads.status_is("statefulsets", "db", replicas=0, observedGeneration=1)
    workloads.patch("resourcequotas", "few", {"spec": {"hard": {"pods": "1"}}})
    eventually(lambda: names(workloads) == ["db-0"], timeout_s=60)


def test_a_denied_claim_is_reported_before_the_pod(workloads: Workloads) -> None:
    workloads.create("resourcequotas", "none", {"hard": {"persistentvolumeclaims": "0"}})
    eventually(lambda: (workloads.get("resourcequotas", "none").get("status") or {}).get("hard"))
    stateful(workloads, 1, volumeClaimTemplates=[CLAIM])
    key = "persistentvolumeclaims"
    denial = (
        f'{key} "data-db-0" is forbidden: exceeded quota: none, requested: {key}=1, used: {key}=0, limited: {key}=0'
    )
    said = {
        f"Create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: {denial}",
        f"Create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: {denial}",
    }
    eventually(lambda: workloads.messages("db", "FailedCreate") == said)
    assert not workloads.pods()


def test_it_adopts_a_pod_of_its_name_and_no_other(workloads: Workloads) -> None:
    for name in ("db-0", "stranger"):
        workloads.create("pods", name, pod_spec(), labels={"app": "db"})
    owner = stateful(workloads, 1)
    workloads.status_is("statefulsets", "db", replicas=1)
    (reference,) = workloads.get("pods", "db-0")["metadata"]["ownerReferences"]
    assert reference["uid"] == owner["metadata"]["uid"]
    assert not workloads.get("pods", "stranger")["metadata"].get("ownerReferences")


def test_its_pods_are_deleted_with_it(workloads: Workloads) -> None:
    stateful(workloads, 2, podManagementPolicy="Parallel")
    workloads.number_of_pods(2)
    workloads.delete("statefulsets", "db")
    eventually(lambda: not workloads.pods(), timeout_s=40)


def test_a_namespace_is_deleted_with_its_stateful_sets(workloads: Workloads) -> None:
    stateful(workloads, 1, volumeClaimTemplates=[CLAIM])
    workloads.create("deployments", "web", replicated(2))
    workloads.create("jobs", "train", {"template": {"spec": pod_spec(restartPolicy="Never")}})
    workloads.create("services", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    workloads.number_of_pods(4)
    path = f"/api/v1/namespaces/{workloads.namespace}"
    assert workloads.wire("DELETE", path).status == 200
    eventually(lambda: workloads.wire("GET", path).status == 404, timeout_s=60)
