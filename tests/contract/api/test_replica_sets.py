"""ReplicaSets: which pods they create, adopt, release and delete, and their events; the same on both engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.wire import MERGE_PATCH
from tests.contract.workloads import Workloads, pod_spec, replicated
from tests.eventually import eventually

if TYPE_CHECKING:
    from tests.contract.wire import Wire


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


def test_it_creates_pods_from_its_template_and_owns_them(workloads: Workloads) -> None:
    owner = workloads.create("replicasets", "web", replicated(2))
    pod, _ = workloads.number_of_pods(2)
    metadata = pod["metadata"]
    assert re.fullmatch(r"web-[bcdfghjklmnpqrstvwxz2456789]{5}", metadata["name"])
    assert (metadata["generateName"], metadata["labels"]) == ("web-", {"app": "web"})
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": "web",
            "uid": owner["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    assert pod["spec"]["containers"][0]["image"] == "busybox"


def test_each_pod_is_reported_in_an_event(workloads: Workloads) -> None:
    owner = workloads.create("replicasets", "web", replicated(2))
    names = [pod["metadata"]["name"] for pod in workloads.number_of_pods(2)]
    eventually(lambda: len(workloads.events("web")) == 2)
    assert workloads.messages("web", "SuccessfulCreate") == {f"Created pod: {name}" for name in names}
    event = workloads.events("web")[0]
    about = event["involvedObject"]
    expected = ("ReplicaSet", "apps/v1", owner["metadata"]["uid"], workloads.namespace)
    assert (about["kind"], about["apiVersion"], about["uid"], about["namespace"]) == expected
    assert int(about["resourceVersion"]) > 0
    assert "fieldPath" not in about
    assert (event["type"], event["count"], event["source"]) == ("Normal", 1, {"component": "replicaset-controller"})
    assert (event["reportingComponent"], event["reportingInstance"]) == ("replicaset-controller", "")
    assert re.fullmatch(r"web\.[0-9a-f]{16}", event["metadata"]["name"])


def test_the_status_counts_pods_that_do_not_run_yet(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(3))
    workloads.status_is(
        "replicasets",
        "web",
        replicas=3,
        fullyLabeledReplicas=3,
        readyReplicas=None,
        availableReplicas=None,
        terminatingReplicas=0,
        observedGeneration=1,
        conditions=None,
    )


def test_ready_pods_are_counted(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(3))
    workloads.say_ready(workloads.number_of_pods(3)[0])
    workloads.status_is("replicasets", "web", replicas=3, readyReplicas=1, availableReplicas=1)


def test_with_min_ready_seconds_a_pod_is_ready_before_it_is_available(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(1, minReadySeconds=3600))
    (pod,) = workloads.number_of_pods(1)
    workloads.say_ready(pod, since="2100-01-01T00:00:00Z")
    workloads.status_is("replicasets", "web", readyReplicas=1, availableReplicas=None)
    workloads.say_ready(pod, ready=False)
    workloads.say_ready(pod)
    workloads.status_is("replicasets", "web", readyReplicas=1, availableReplicas=1)


def test_a_pod_with_fewer_labels_than_the_template_is_not_fully_labelled(workloads: Workloads) -> None:
    spec = replicated(1)
    spec["template"]["metadata"]["labels"]["tier"] = "gold"
    workloads.create("replicasets", "web", spec)
    (pod,) = workloads.number_of_pods(1)
    workloads.patch("pods", pod["metadata"]["name"], {"metadata": {"labels": {"tier": "lead"}}})
    workloads.status_is("replicasets", "web", replicas=1, fullyLabeledReplicas=None)


def test_more_replicas_create_more_pods(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(1))
    before = workloads.number_of_pods(1)[0]["metadata"]["name"]
    workloads.patch("replicasets", "web", {"spec": {"replicas": 4}})
    assert before in {pod["metadata"]["name"] for pod in workloads.number_of_pods(4)}
    workloads.status_is("replicasets", "web", replicas=4, observedGeneration=2)


def test_fewer_replicas_delete_those_first_that_are_not_ready(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(3))
    pods = workloads.number_of_pods(3)
    workloads.say_ready(pods[1])
    workloads.patch("replicasets", "web", {"spec": {"replicas": 1}})
    (left,) = workloads.number_of_pods(1)
    assert left["metadata"]["name"] == pods[1]["metadata"]["name"]
    gone = {f"Deleted pod: {pods[index]['metadata']['name']}" for index in (0, 2)}
    eventually(lambda: workloads.messages("web", "SuccessfulDelete") == gone)


def test_of_equal_pods_the_one_with_the_lower_deletion_cost_is_deleted_first(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(3))
    pods = workloads.number_of_pods(3)
    for pod, cost in zip(pods, ("30", "-10", "20"), strict=True):
        annotations = {"controller.kubernetes.io/pod-deletion-cost": cost}
        workloads.patch("pods", pod["metadata"]["name"], {"metadata": {"annotations": annotations}})
        workloads.say_ready(pod)
    workloads.status_is("replicasets", "web", readyReplicas=3)
    workloads.patch("replicasets", "web", {"spec": {"replicas": 1}})
    (left,) = workloads.number_of_pods(1)
    assert left["metadata"]["name"] == pods[0]["metadata"]["name"]


def test_a_deleted_pod_is_replaced(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(2))
    gone = workloads.number_of_pods(2)[0]["metadata"]["name"]
    assert workloads.delete("pods", gone).status == 200
    eventually(lambda: len(workloads.messages("web", "SuccessfulCreate")) == 3)
    assert gone not in {pod["metadata"]["name"] for pod in workloads.number_of_pods(2)}


def test_a_failed_pod_is_replaced_and_stays(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(1))
    (pod,) = workloads.number_of_pods(1)
    workloads.say_finished(pod, "Failed")
    phases = sorted(item["status"]["phase"] for item in workloads.number_of_pods(2))
    assert phases == ["Failed", "Pending"]
    workloads.status_is("replicasets", "web", replicas=1)


def test_it_adopts_a_pod_that_its_selector_matches(workloads: Workloads) -> None:
    workloads.create("pods", "lonely", pod_spec(), labels={"app": "web"})
    owner = workloads.create("replicasets", "web", replicated(2))
    workloads.number_of_pods(2)
    workloads.status_is("replicasets", "web", replicas=2)
    (reference,) = workloads.get("pods", "lonely")["metadata"]["ownerReferences"]
    assert (reference["uid"], reference["controller"], reference["blockOwnerDeletion"]) == (
        owner["metadata"]["uid"],
        True,
        True,
    )


def test_an_adopted_pod_above_the_replicas_is_deleted(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(1))
    (pod,) = workloads.number_of_pods(1)
    workloads.say_ready(pod)
    workloads.status_is("replicasets", "web", readyReplicas=1)
    workloads.create("pods", "late", pod_spec(), labels={"app": "web"})
    eventually(lambda: workloads.wire("GET", workloads.path("pods", "late")).status == 404)
    assert len(workloads.pods()) == 1


def test_a_pod_with_an_owner_that_is_not_its_controller_is_adopted_too(workloads: Workloads) -> None:
    other = workloads.create("replicasets", "other", replicated(0, "other"))
    about = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "other", "uid": other["metadata"]["uid"]}
    held = {"labels": {"app": "web"}, "ownerReferences": [about]}
    workloads.create("pods", "held", pod_spec(), **held)
    workloads.create("replicasets", "web", replicated(1))
    workloads.status_is("replicasets", "web", replicas=1)
    controllers = [
        bool(item.get("controller")) for item in workloads.get("pods", "held")["metadata"]["ownerReferences"]
    ]
    assert controllers == [True, False]
    assert len(workloads.pods()) == 1


def test_a_pod_whose_labels_no_longer_match_is_released_and_replaced(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(1))
    (pod,) = workloads.number_of_pods(1)
    name = pod["metadata"]["name"]
    workloads.patch("pods", name, {"metadata": {"labels": {"app": "debug"}}})
    workloads.number_of_pods(2)
    eventually(lambda: not workloads.get("pods", name)["metadata"].get("ownerReferences"))
    assert len(workloads.pods("app=web")) == 1


def test_its_pods_are_deleted_with_it(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(2))
    workloads.number_of_pods(2)
    assert workloads.delete("replicasets", "web").status == 200
    eventually(lambda: not workloads.pods(), timeout_s=40)


def test_orphaned_pods_stay_and_are_adopted_again(workloads: Workloads) -> None:
    workloads.create("replicasets", "web", replicated(2))
    names = {pod["metadata"]["name"] for pod in workloads.number_of_pods(2)}
    workloads.delete("replicasets", "web", propagationPolicy="Orphan")
    eventually(lambda: not any(pod["metadata"].get("ownerReferences") for pod in workloads.pods()), timeout_s=40)
    eventually(lambda: not workloads.all("replicasets"), timeout_s=40)
    workloads.create("replicasets", "heir", replicated(2))
    workloads.status_is("replicasets", "heir", replicas=2)
    assert {pod["metadata"]["name"] for pod in workloads.pods()} == names


def test_a_quotas_denial_is_reported_in_its_condition_and_an_event(workloads: Workloads) -> None:
    workloads.limit_pods(1)
    workloads.create("replicasets", "web", replicated(3))
    workloads.number_of_pods(1)
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    status, reason, message = workloads.conditions("replicasets", "web")["ReplicaFailure"]
    assert (status, reason) == ("True", "FailedCreate")
    denial = (
        r'pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1'
    )
    assert re.fullmatch(denial, message)
    eventually(lambda: workloads.events("web", "FailedCreate"))
    event = workloads.events("web", "FailedCreate")[0]
    assert re.fullmatch(f"Error creating: {denial}", event["message"])
    assert (event["type"], event["source"]["component"]) == ("Warning", "replicaset-controller")


def test_with_more_quota_the_rest_is_created_and_the_condition_removed(workloads: Workloads) -> None:
    workloads.limit_pods(1)
    workloads.create("replicasets", "web", replicated(3))
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    workloads.patch("resourcequotas", "few", {"spec": {"hard": {"pods": "5"}}})
    eventually(lambda: len(workloads.pods()) == 3, timeout_s=60)
    workloads.status_is("replicasets", "web", replicas=3, conditions=None)


def test_the_next_pod_is_created_once_another_one_is_deleted(workloads: Workloads) -> None:
    workloads.create("pods", "other", pod_spec())
    workloads.limit_pods(1)
    workloads.create("replicasets", "web", replicated(1))
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    workloads.delete("pods", "other")
    eventually(lambda: len(workloads.pods("app=web")) == 1, timeout_s=60)


def test_a_security_levels_denial_is_reported_with_its_message(workloads: Workloads, wire: Wire) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    wire(
        "PATCH", f"/api/v1/namespaces/{workloads.namespace}", {"metadata": {"labels": labels}}, content_type=MERGE_PATCH
    )
    spec = replicated(1)
    spec["template"]["spec"]["hostNetwork"] = True
    workloads.create("replicasets", "web", spec)
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    _, reason, message = workloads.conditions("replicasets", "web")["ReplicaFailure"]
    assert reason == "FailedCreate"
    said = r'violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)'
    assert re.fullmatch(rf'pods "web-[a-z0-9]{{5}}" is forbidden: {said}', message)


def test_a_missing_service_account_is_reported_and_waited_for(workloads: Workloads) -> None:
    spec = replicated(1)
    spec["template"]["spec"]["serviceAccountName"] = "trainer"
    workloads.create("replicasets", "web", spec)
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    said = f'looking up service account {workloads.namespace}/trainer: serviceaccount "trainer" not found'
    message = workloads.conditions("replicasets", "web")["ReplicaFailure"][2]
    assert message == f'pods "web-" is forbidden: error {said}'
    account = {"metadata": {"name": "trainer"}}
    assert workloads.wire("POST", workloads.path("serviceaccounts"), account).status == 201
    eventually(lambda: len(workloads.pods()) == 1, timeout_s=60)


def test_a_limit_ranges_denial_is_reported_with_its_message(workloads: Workloads) -> None:
    limits = [{"type": "Container", "max": {"cpu": "1"}}]
    workloads.create("limitranges", "most", {"limits": limits})
    spec = replicated(1)
    spec["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "2"}}
    workloads.create("replicasets", "web", spec)
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    message = workloads.conditions("replicasets", "web")["ReplicaFailure"][2]
    said = "maximum cpu usage per Container is 1, but limit is 2"
    assert re.fullmatch(rf'pods "web-[a-z0-9]{{5}}" is forbidden: {said}', message)


def test_under_a_quota_of_cpu_a_pod_without_a_request_is_reported(workloads: Workloads) -> None:
    workloads.create("resourcequotas", "cpu", {"hard": {"requests.cpu": "4"}})
    eventually(lambda: (workloads.get("resourcequotas", "cpu").get("status") or {}).get("hard"))
    workloads.create("replicasets", "web", replicated(1))
    eventually(lambda: "ReplicaFailure" in workloads.conditions("replicasets", "web"))
    message = workloads.conditions("replicasets", "web")["ReplicaFailure"][2]
    said = r"failed quota: cpu: must specify requests.cpu for: main"
    assert re.fullmatch(rf'pods "web-[a-z0-9]{{5}}" is forbidden: {said}', message)
