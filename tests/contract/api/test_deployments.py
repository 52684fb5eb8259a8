"""Deployments: their ReplicaSets, rollouts, sizes and conditions; the same on both engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.workloads import Workloads, new_image, replicated, template
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

UNAVAILABLE = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
AVAILABLE = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


def sets(workloads: Workloads) -> list[Manifest]:
    """The ReplicaSets, by their revision."""
    return sorted(workloads.all("replicasets"), key=lambda item: int(annotation(item, "revision") or 0))


def annotation(manifest: Manifest, name: str) -> str | None:
    annotations = manifest["metadata"].get("annotations") or {}
    return annotations.get(f"deployment.kubernetes.io/{name}")


def sizes(workloads: Workloads) -> list[int]:
    return [item["spec"]["replicas"] for item in sets(workloads)]


def roll_out(workloads: Workloads, replicas: int, **fields: Any) -> Manifest:
    """A Deployment with all pods ready, and its ReplicaSet."""
    workloads.create("deployments", "web", replicated(replicas, **fields))
    workloads.number_of_pods(replicas)
    workloads.all_ready()
    workloads.status_is("deployments", "web", availableReplicas=replicas, observedGeneration=1)
    eventually(lambda: progress(workloads)[1] == "NewReplicaSetAvailable")
    (found,) = sets(workloads)
    return found


def progress(workloads: Workloads) -> tuple[str, str, str]:
    return workloads.conditions("deployments", "web").get("Progressing", ("", "", ""))


def finish(workloads: Workloads, image: str) -> None:
    """Play the kubelet of a rollout until all pods have the image."""

    def done() -> bool:
        workloads.all_ready()
        images = {pod["spec"]["containers"][0]["image"] for pod in workloads.pods()}
        return images == {image} and progress(workloads)[1] == "NewReplicaSetAvailable"

    eventually(done, timeout_s=40)


def test_it_creates_a_replica_set_from_its_template(workloads: Workloads) -> None:
    owner = workloads.create("deployments", "web", replicated(3))
    workloads.number_of_pods(3)
    (found,) = sets(workloads)
    word = found["metadata"]["labels"]["pod-template-hash"]
    assert re.fullmatch(r"[bcdf456789]{4,10}", word)
    assert found["metadata"]["name"] == f"web-{word}"
    assert found["metadata"]["labels"] == {"app": "web", "pod-template-hash": word}
    assert found["spec"]["selector"] == {"matchLabels": {"app": "web", "pod-template-hash": word}}
    assert found["spec"]["template"]["metadata"]["labels"] == {"app": "web", "pod-template-hash": word}
    (reference,) = found["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["uid"]) == ("Deployment", owner["metadata"]["uid"])
    assert found["metadata"]["annotations"] == {
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
        "deployment.kubernetes.io/revision": "1",
    }


def test_its_pods_have_the_hash_and_the_replica_sets_name(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(1))
    (pod,) = workloads.number_of_pods(1)
    (found,) = sets(workloads)
    assert pod["metadata"]["name"].startswith(f"{found['metadata']['name']}-")
    assert pod["metadata"]["labels"] == found["metadata"]["labels"]


def test_its_annotations_are_copied_to_its_replica_set_and_it_gets_its_revision(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(0), annotations={"team": "vision"})
    eventually(lambda: annotation(workloads.get("deployments", "web"), "revision") == "1")
    (found,) = sets(workloads)
    assert found["metadata"]["annotations"]["team"] == "vision"


def test_scaling_up_is_reported_in_an_event(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(2))
    workloads.number_of_pods(2)
    (found,) = sets(workloads)
    said = f"Scaled up replica set {found['metadata']['name']} from 0 to 2"
    eventually(lambda: workloads.messages("web", "ScalingReplicaSet") == {said})
    (event,) = workloads.events("web")
    assert (event["type"], event["source"]) == ("Normal", {"component": "deployment-controller"})
    assert (event["involvedObject"]["kind"], event["involvedObject"]["apiVersion"]) == ("Deployment", "apps/v1")


def test_while_no_pod_runs_it_is_progressing_and_unavailable(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(3))
    workloads.status_is(
        "deployments",
        "web",
        replicas=3,
        updatedReplicas=3,
        unavailableReplicas=3,
        readyReplicas=None,
        availableReplicas=None,
        terminatingReplicas=0,
        observedGeneration=1,
    )
    name = sets(workloads)[0]["metadata"]["name"]
    conditions = workloads.conditions("deployments", "web")
    assert conditions == {
        "Available": UNAVAILABLE,
        "Progressing": ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'),
    }


def test_once_all_pods_are_ready_it_has_progressed(workloads: Workloads) -> None:
    name = roll_out(workloads, 3)["metadata"]["name"]
    assert workloads.conditions("deployments", "web") == {
        "Available": AVAILABLE,
        "Progressing": ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'),
    }
    status = {key: value for key, value in workloads.get("deployments", "web")["status"].items() if key != "conditions"}
    assert status == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
    }


def test_a_deployment_without_replicas_is_complete_at_once(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(0))
    eventually(lambda: progress(workloads)[1] == "NewReplicaSetAvailable")
    assert workloads.conditions("deployments", "web")["Available"] == AVAILABLE


def test_it_is_available_while_as_many_pods_as_allowed_are_unavailable(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(4))
    for pod in workloads.number_of_pods(4)[:3]:
        workloads.say_ready(pod)
    workloads.status_is("deployments", "web", availableReplicas=3, unavailableReplicas=1)
    assert workloads.conditions("deployments", "web")["Available"] == AVAILABLE
    assert progress(workloads)[1] == "ReplicaSetUpdated"


def test_a_new_size_is_passed_on_to_the_replica_set(workloads: Workloads) -> None:
    name = roll_out(workloads, 2)["metadata"]["name"]
    workloads.patch("deployments", "web", {"spec": {"replicas": 5}})
    workloads.number_of_pods(5)
    workloads.patch("deployments", "web", {"spec": {"replicas": 1}})
    workloads.number_of_pods(1)
    workloads.status_is("deployments", "web", replicas=1, observedGeneration=3)
    said = {f"Scaled {way} replica set {name} from {sizes}" for way, sizes in SCALINGS}
    eventually(lambda: workloads.messages("web", "ScalingReplicaSet") == said)
    (found,) = sets(workloads)
    assert (annotation(found, "desired-replicas"), annotation(found, "max-replicas")) == ("1", "2")


SCALINGS = [("up", "0 to 2"), ("up", "2 to 5"), ("down", "5 to 1")]


def test_a_new_template_starts_a_second_replica_set_as_large_as_the_surge(workloads: Workloads) -> None:
    roll_out(workloads, 4)
    workloads.patch("deployments", "web", new_image("next"))
    eventually(lambda: len(sets(workloads)) == 2)
    eventually(lambda: sizes(workloads) == [3, 2])
    workloads.status_is("deployments", "web", replicas=5, updatedReplicas=2, availableReplicas=3, unavailableReplicas=2)
    assert [annotation(item, "revision") for item in sets(workloads)] == ["1", "2"]
    assert annotation(workloads.get("deployments", "web"), "revision") == "2"


def test_a_rollout_ends_with_new_pods_only(workloads: Workloads) -> None:
    roll_out(workloads, 4)
    workloads.patch("deployments", "web", new_image("next"))
    finish(workloads, "next")
    assert sizes(workloads) == [0, 4]
    name = sets(workloads)[1]["metadata"]["name"]
    assert progress(workloads) == (
        "True",
        "NewReplicaSetAvailable",
        f'ReplicaSet "{name}" has successfully progressed.',
    )
    workloads.status_is("deployments", "web", replicas=4, updatedReplicas=4, availableReplicas=4, observedGeneration=2)


@pytest.mark.parametrize(
    ("surge", "unavailable", "expected"),
    [("0%", 1, [3, 1]), (2, 0, [4, 2]), ("50%", "50%", [2, 4]), ("100%", "100%", [0, 4]), ("10%", "10%", [4, 1])],
)
def test_surge_and_unavailable_bound_the_first_step(
    workloads: Workloads, surge: int | str, unavailable: int | str, expected: list[int]
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    roll_out(workloads, 4, strategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    workloads.patch("deployments", "web", new_image("next"))
    eventually(lambda: sizes(workloads) == expected)
    workloads.status_is("deployments", "web", observedGeneration=2, replicas=sum(expected), updatedReplicas=expected[1])
    assert sizes(workloads) == expected


def test_recreate_creates_new_pods_once_the_old_ones_are_deleted(workloads: Workloads) -> None:
    old = roll_out(workloads, 2, strategy={"type": "Recreate"})["metadata"]["name"]
    assert sets(workloads)[0]["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] == "2"
    workloads.patch("deployments", "web", new_image("next"))
    finish(workloads, "next")
    assert sizes(workloads) == [0, 2]
    new = sets(workloads)[1]["metadata"]["name"]
    said = {f"Scaled {what}" for what in (f"up replica set {old} from 0 to 2", f"down replica set {old} from 2 to 0")}
    said.add(f"Scaled up replica set {new} from 0 to 2")
    eventually(lambda: workloads.messages("web", "ScalingReplicaSet") == said)


def test_recreate_waits_for_an_old_pod_that_is_not_yet_deleted(workloads: Workloads) -> None:
    roll_out(workloads, 1, strategy={"type": "Recreate"})
    (pod,) = workloads.pods()
    workloads.patch("pods", pod["metadata"]["name"], {"metadata": {"finalizers": ["example.com/hold"]}})
    workloads.patch("deployments", "web", new_image("next"))
    workloads.status_is("deployments", "web", replicas=None, terminatingReplicas=1, observedGeneration=2)
    assert sizes(workloads) == [0]
    workloads.patch("pods", pod["metadata"]["name"], {"metadata": {"finalizers": []}}, merge=True)
    workloads.number_of_pods(1)
    assert sizes(workloads) == [0, 1]


def test_an_earlier_template_reuses_its_replica_set(workloads: Workloads) -> None:
    first = roll_out(workloads, 2)["metadata"]["name"]
    workloads.patch("deployments", "web", new_image("next"))
    finish(workloads, "next")
    workloads.patch("deployments", "web", new_image("busybox"))
    finish(workloads, "busybox")
    second, back = sets(workloads)
    assert (back["metadata"]["name"], annotation(back, "revision")) == (first, "3")
    assert (annotation(back, "revision-history"), annotation(second, "revision")) == ("1", "2")
    eventually(lambda: annotation(workloads.get("deployments", "web"), "revision") == "3")


def test_old_replica_sets_above_the_limit_are_deleted(workloads: Workloads) -> None:
    roll_out(workloads, 1, revisionHistoryLimit=1)
    for image in ("second", "third"):
        workloads.patch("deployments", "web", new_image(image))
        finish(workloads, image)
    eventually(lambda: [annotation(item, "revision") for item in sets(workloads)] == ["2", "3"])


def test_a_paused_deployment_creates_no_new_replica_set(workloads: Workloads) -> None:
    roll_out(workloads, 1)
    workloads.patch("deployments", "web", {"spec": {"paused": True, **new_image("next")["spec"]}})
    eventually(lambda: progress(workloads) == ("Unknown", "DeploymentPaused", "Deployment is paused"))
    workloads.status_is("deployments", "web", observedGeneration=2, updatedReplicas=None, replicas=1)
    assert sizes(workloads) == [1]


def test_a_resumed_deployment_continues(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(1, paused=True))
    eventually(lambda: progress(workloads)[1] == "DeploymentPaused")
    assert not sets(workloads)
    workloads.patch("deployments", "web", {"spec": {"paused": False}})
    workloads.number_of_pods(1)
    finish(workloads, "busybox")


def test_a_size_set_during_a_rollout_is_shared_among_the_replica_sets(workloads: Workloads) -> None:
    roll_out(workloads, 4)
    workloads.patch("deployments", "web", new_image("next"))
    eventually(lambda: sizes(workloads) == [3, 2])
    workloads.patch("deployments", "web", {"spec": {"replicas": 8}})
    eventually(lambda: sizes(workloads) == [6, 4])
    workloads.status_is("deployments", "web", observedGeneration=3, replicas=10, updatedReplicas=4)


def test_unhealthy_old_pods_are_deleted_first(workloads: Workloads) -> None:
    roll_out(workloads, 4)
    workloads.patch("deployments", "web", new_image("broken"))
    eventually(lambda: sizes(workloads) == [3, 2])
    workloads.patch("deployments", "web", new_image("mended"))
    eventually(lambda: sizes(workloads) == [3, 0, 2])


def test_a_quotas_denial_shows_on_the_deployment(workloads: Workloads) -> None:
    workloads.limit_pods(1)
    workloads.create("deployments", "web", replicated(3))
    eventually(lambda: "ReplicaFailure" in workloads.conditions("deployments", "web"))
    name = sets(workloads)[0]["metadata"]["name"]
    status, reason, message = workloads.conditions("deployments", "web")["ReplicaFailure"]
    assert (status, reason) == ("True", "FailedCreate")
    quota = "exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1"
    assert re.fullmatch(rf'pods "{name}-[a-z0-9]{{5}}" is forbidden: {quota}', message)
    assert workloads.conditions("deployments", "web")["Available"] == UNAVAILABLE
    workloads.status_is("deployments", "web", replicas=1, unavailableReplicas=3)


def test_more_quota_removes_the_failure(workloads: Workloads) -> None:
    workloads.limit_pods(1)
    workloads.create("deployments", "web", replicated(2))
    eventually(lambda: "ReplicaFailure" in workloads.conditions("deployments", "web"))
    workloads.patch("resourcequotas", "few", {"spec": {"hard": {"pods": "2"}}})
    eventually(lambda: "ReplicaFailure" not in workloads.conditions("deployments", "web"), timeout_s=60)
    workloads.status_is("deployments", "web", replicas=2)


def test_a_quota_of_replica_sets_is_reported_on_the_deployment(workloads: Workloads) -> None:
    key = "count/replicasets.apps"
    workloads.create("resourcequotas", "none", {"hard": {key: "0"}})
    eventually(lambda: (workloads.get("resourcequotas", "none").get("status") or {}).get("hard"))
    workloads.create("deployments", "web", replicated(1))
    eventually(lambda: progress(workloads)[1] == "ReplicaSetCreateError")
    denial = rf"exceeded quota: none, requested: {key}=1, used: {key}=0, limited: {key}=0"
    said = rf'Failed to create new replica set "(web-[a-z0-9]+)": replicasets.apps "\1" is forbidden: {denial}'
    assert re.fullmatch(said, progress(workloads)[2])
    eventually(lambda: workloads.events("web", "ReplicaSetCreateError"))
    event = workloads.events("web", "ReplicaSetCreateError")[0]
    assert (event["type"], event["message"]) == ("Warning", progress(workloads)[2])


def test_a_deployment_without_progress_reports_its_deadline(workloads: Workloads) -> None:
    workloads.create("deployments", "web", replicated(1, progressDeadlineSeconds=1))
    # the controller may report progress once more, so the condition that has the reason is compared as a whole
    status, _, message = eventually(lambda: past_deadline(progress(workloads)), timeout_s=30)
    name = sets(workloads)[0]["metadata"]["name"]
    assert (status, message) == ("False", f'ReplicaSet "{name}" has timed out progressing.')


def past_deadline(condition: tuple[str, str, str]) -> tuple[str, str, str] | None:
    return condition if condition[1] == "ProgressDeadlineExceeded" else None


def test_it_adopts_a_replica_set_of_its_template(workloads: Workloads) -> None:
    made = template()
    orphan = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": made}
    workloads.create("replicasets", "found", orphan, labels={"app": "web"})
    workloads.number_of_pods(1)
    owner = workloads.create("deployments", "web", replicated(1))
    eventually(lambda: annotation(workloads.get("deployments", "web"), "revision") == "1")
    (found,) = sets(workloads)
    assert found["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    assert (found["metadata"]["name"], annotation(found, "revision")) == ("found", "1")
    name = found["metadata"]["name"]
    assert not workloads.messages(name, "ScalingReplicaSet")
    workloads.status_is("deployments", "web", replicas=1, updatedReplicas=1)


def test_its_replica_sets_and_pods_are_deleted_with_it(workloads: Workloads) -> None:
    roll_out(workloads, 2)
    assert workloads.delete("deployments", "web").status == 200
    eventually(lambda: not workloads.all("replicasets") and not workloads.pods(), timeout_s=40)


def test_orphaned_replica_sets_stay(workloads: Workloads) -> None:
    name = roll_out(workloads, 1)["metadata"]["name"]
    workloads.delete("deployments", "web", propagationPolicy="Orphan")
    eventually(lambda: not workloads.all("deployments"), timeout_s=40)
    assert not workloads.get("replicasets", name)["metadata"].get("ownerReferences")
    assert len(workloads.pods()) == 1
