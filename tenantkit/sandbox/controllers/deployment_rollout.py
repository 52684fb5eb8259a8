"""How a Deployment rolls out: its new ReplicaSet, the size of each ReplicaSet, and the status. Pure.

Source: pkg/controller/deployment (sync.go, rolling.go, progress.go) and its util, 1.37; page "Deployments".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.go_text import go_int
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.controllers.replicas import condition_of, is_terminating, scaled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest

HASH = "pod-template-hash"
REVISION, HISTORY, DESIRED, MOST = (
    f"deployment.kubernetes.io/{part}" for part in ("revision", "revision-history", "desired-replicas", "max-replicas")
)
_NOT_COPIED = frozenset(
    {"kubectl.kubernetes.io/last-applied-configuration", "deprecated.deployment.rollback.to"}
    | {REVISION, HISTORY, DESIRED, MOST}
)
_HISTORY_LIMIT = 2000
_NEVER = 2**31 - 1
_PROGRESSING, _AVAILABLE, _FAILURE = "Progressing", "Available", "ReplicaFailure"
_MINIMUM = {
    "True": ("MinimumReplicasAvailable", "Deployment has minimum availability."),
    "False": ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
}
Sizes = dict[str, int]


def name_of(manifest: Manifest) -> str:
    """The object's name."""
    return str(manifest["metadata"]["name"])


def size(replica_set: Manifest) -> int:
    """The number of pods that a ReplicaSet should have."""
    return int(replica_set["spec"]["replicas"])


def split(deployment: Manifest, sets: Iterable[Manifest]) -> tuple[Manifest | None, list[Manifest]]:
    """The oldest ReplicaSet with the Deployment's own template, and all others sorted by age."""
    ordered = sorted(sets, key=lambda item: (item["metadata"]["creationTimestamp"], name_of(item)))
    wanted = _without_hash(deployment["spec"]["template"])
    new = next((item for item in ordered if _without_hash(item["spec"]["template"]) == wanted), None)
    return new, [item for item in ordered if item is not new]


def fenceposts(deployment: Manifest) -> tuple[int, int]:
    """The number of pods above and below the desired size that a rolling update allows; else both 0."""
    desired, rolling = size(deployment), deployment["spec"]["strategy"].get("rollingUpdate")
    if deployment["spec"]["strategy"]["type"] != "RollingUpdate":
        return 0, 0
    surge = scaled(rolling["maxSurge"], desired, up=True)
    unavailable = scaled(rolling["maxUnavailable"], desired, up=False)
    return surge, min(unavailable or int(not surge), desired)


def annotations_of_new(deployment: Manifest, replica_set: Manifest | None, old: Iterable[Manifest]) -> Manifest:
    """The annotations of the new ReplicaSet: its present ones, the Deployment's, and its revision."""
    found = dict((replica_set or {"metadata": {}})["metadata"].get("annotations") or {})
    inherited = deployment["metadata"].get("annotations") or {}
    found |= {key: value for key, value in inherited.items() if key not in _NOT_COPIED}
    revision, before = max((revision_of(item) for item in old), default=0) + 1, found.get(REVISION)
    if (go_int(before or "") or 0) < revision:
        found[REVISION] = str(revision)
        if before:  # a rollback: its earlier revisions are kept
            served = [*filter(None, found.get(HISTORY, "").split(",")), before]
            while len(",".join(served)) > _HISTORY_LIMIT:
                served.pop(0)
            found[HISTORY] = ",".join(served)
    return found if replica_set else found | size_annotations(deployment)


def size_annotations(deployment: Manifest) -> Manifest:
    """The annotations that record the Deployment's size; they distinguish scaling from a rollout."""
    desired = size(deployment)
    return {DESIRED: str(desired), MOST: str(desired + fenceposts(deployment)[0])}


def revision_of(manifest: Manifest) -> int:
    """The revision in an object's annotations; 0 if there is none."""
    text = (manifest["metadata"].get("annotations") or {}).get(REVISION, "")
    return go_int(text) or 0


def is_resized(deployment: Manifest, sets: Iterable[Manifest]) -> bool:
    """Whether the Deployment's size differs from the one in its ReplicaSets' annotations."""
    noted = [(item["metadata"].get("annotations") or {}).get(DESIRED) for item in sets if size(item)]
    return any(text is not None and text != str(size(deployment)) for text in noted)


def new_size(deployment: Manifest, new: Manifest | None, sets: Iterable[Manifest]) -> int:
    """The size that the new ReplicaSet may have now."""
    desired, current = size(deployment), size(new) if new else 0
    if deployment["spec"]["strategy"]["type"] == "Recreate" or current > desired:
        return desired
    room = desired + fenceposts(deployment)[0] - sum(map(size, sets))
    return current if room <= 0 else current + min(room, desired - current)


def sizes_of_old(deployment: Manifest, new: Manifest, old: list[Manifest]) -> Sizes:
    """The sizes that the old ReplicaSets may have now; unavailable pods are removed first."""
    found, least = {name_of(item): size(item) for item in old}, size(deployment) - fenceposts(deployment)[1]
    room = sum(found.values()) + _counted("availableReplicas", [new]) - least
    surplus = _counted("availableReplicas", [*old, new]) - least
    if room <= 0:
        return found
    for item in old:
        less = max(0, min(room, size(item) - _counted("availableReplicas", [item])))
        found[name_of(item)] -= less
        room -= less
    for item in old:
        less = max(0, min(found[name_of(item)], surplus))
        found[name_of(item)] -= less
        surplus -= less
    return found


def sizes_when_resized(deployment: Manifest, new: Manifest | None, old: list[Manifest]) -> Sizes:
    """The sizes after the Deployment was scaled: a single active ReplicaSet gets all, several get shares."""
    sets = [*old, *([new] if new else [])]
    active, desired = [item for item in sets if size(item)], size(deployment)
    if len(active) <= 1:
        chosen = active[0] if active else new or (old[-1] if old else None)
        return {name_of(chosen): desired} if chosen else {}
    if new and _is_saturated(deployment, new):
        return {name_of(item): 0 for item in active if item is not new}
    if deployment["spec"]["strategy"]["type"] != "RollingUpdate":
        return {}
    most = desired + fenceposts(deployment)[0] if desired else 0
    change = added = most - sum(map(size, active))
    young_first = sorted(active, key=lambda item: item["metadata"]["creationTimestamp"], reverse=change > 0)
    ordered, left, found = sorted(young_first, key=size, reverse=True), change, {}
    for item in ordered:
        share = _share(deployment, item, most) if left else 0
        share = min(share, left) if change > 0 else max(share, left)
        found[name_of(item)] = size(item) + share
        left -= share
    largest = name_of(ordered[0])
    return found | ({largest: max(0, found[largest] + left)} if added else {})


def status_of(deployment: Manifest, new: Manifest | None, sets: list[Manifest]) -> Manifest:
    """The counts of the status, with unchanged conditions."""
    ready = _counted("availableReplicas", sets)
    statuses = [item.get("status") or {} for item in sets]
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": _counted("replicas", sets),
        "updatedReplicas": _counted("replicas", [new] if new else []),
        "readyReplicas": _counted("readyReplicas", sets),
        "availableReplicas": ready,
        "unavailableReplicas": max(0, sum(map(size, sets)) - ready),
        "terminatingReplicas": sum(status.get("terminatingReplicas", 0) for status in statuses),
        "collisionCount": deployment["status"].get("collisionCount"),
        "conditions": deployment["status"].get("conditions") or [],
    }


def with_availability(deployment: Manifest, status: Manifest, now: datetime) -> Manifest:
    """The status with the condition Available."""
    state = str(status["availableReplicas"] >= size(deployment) - fenceposts(deployment)[1])
    return with_condition(status, _AVAILABLE, state, *_MINIMUM[state], now=now)


def with_progress(deployment: Manifest, status: Manifest, new: Manifest | None, now: datetime) -> Manifest:
    """The status with the condition Progressing: complete, progressing or timed out."""
    deadline_s = deadline(deployment)
    before = deployment["status"]
    condition = condition_of(deployment, _PROGRESSING)
    if deadline_s is None:
        return without_condition(status, _PROGRESSING)
    reason = (condition or {}).get("reason")
    if status["replicas"] == status["updatedReplicas"] and reason == "NewReplicaSetAvailable":
        return status
    subject = f'ReplicaSet "{name_of(new)}"' if new else f'Deployment "{name_of(deployment)}"'
    if is_complete(deployment, status):
        text = f"{subject} has successfully progressed."
        return with_condition(status, _PROGRESSING, "True", "NewReplicaSetAvailable", text, now=now)
    old = [state.get("replicas", 0) - state.get("updatedReplicas", 0) for state in (before, status)]
    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    if old[1] < old[0] or any(status[part] > before.get(part, 0) for part in more):
        text = f"{subject} is progressing."
        return with_condition(status, _PROGRESSING, "True", "ReplicaSetUpdated", text, now=now, again=True)
    due = times_out_at(deployment, status)
    if due is not None and due < now:
        text = f"{subject} has timed out progressing."
        return with_condition(status, _PROGRESSING, "False", "ProgressDeadlineExceeded", text, now=now)
    return status


def with_failures(status: Manifest, new: Manifest | None, sets: list[Manifest]) -> Manifest:
    """The status with the failure of a ReplicaSet, the new one first."""
    candidates = [*([new] if new else []), *sets]
    failure = next((found for item in candidates if (found := condition_of(item, _FAILURE))), None)
    if failure is None:
        return without_condition(status, _FAILURE)
    since = datetime.fromisoformat(failure["lastTransitionTime"])
    return with_condition(status, _FAILURE, failure["status"], failure["reason"], failure["message"], now=since)


def with_condition(  # noqa: PLR0913 (the fields of a condition)
    status: Manifest, kind: str, state: str, reason: str, message: str, *, now: datetime, again: bool = False
) -> Manifest:
    """The status with a condition. One of the same status and reason is kept, unless `again` is set."""
    before = condition_of({"status": status}, kind)
    if before and not again and (before["status"], before["reason"]) == (state, reason):
        return status
    since = before["lastTransitionTime"] if before and before["status"] == state else timestamp(now)
    new = {"type": kind, "status": state, "lastUpdateTime": timestamp(now), "lastTransitionTime": since}
    rest = without_condition(status, kind)
    return {**rest, "conditions": [*rest["conditions"], {**new, "reason": reason, "message": message}]}


def without_condition(status: Manifest, kind: str) -> Manifest:
    """The status without a condition."""
    return {**status, "conditions": [item for item in status.get("conditions") or () if item["type"] != kind]}


def is_complete(deployment: Manifest, status: Manifest) -> bool:
    """Whether all pods are updated and available, and no old ones are left."""
    numbers = {status.get(part, 0) for part in ("updatedReplicas", "replicas", "availableReplicas")}
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return numbers == {size(deployment)} and is_seen


def deadline(deployment: Manifest) -> int | None:
    """The seconds within which a rollout must make progress; None without a limit."""
    seconds: int | None = deployment["spec"].get("progressDeadlineSeconds")
    return None if seconds == _NEVER else seconds


def times_out_at(deployment: Manifest, status: Manifest) -> datetime | None:
    """When the rollout exceeds its progress deadline; None if it has none or is finished."""
    condition, seconds = condition_of({"status": status}, _PROGRESSING), deadline(deployment)
    over = {"NewReplicaSetAvailable", "ProgressDeadlineExceeded"}
    if condition is None or seconds is None or condition["reason"] in over:
        return None
    return datetime.fromisoformat(condition["lastUpdateTime"]) + timedelta(seconds=seconds)


def surplus_history(deployment: Manifest, old: Iterable[Manifest]) -> list[Manifest]:
    """The old ReplicaSets without pods beyond the revision history limit."""
    limit = deployment["spec"].get("revisionHistoryLimit", _NEVER)
    kept = sorted((item for item in old if not is_terminating(item)), key=revision_of)
    surplus = kept[: max(0, len(kept) - limit)]
    return [item for item in surplus if not size(item) and not item["status"].get("replicas") and _is_observed(item)]


def _is_observed(item: Manifest) -> bool:
    return bool(item["metadata"]["generation"] <= item["status"].get("observedGeneration", 0))


def _counted(part: str, sets: Iterable[Manifest]) -> int:
    return sum((item.get("status") or {}).get(part, 0) for item in sets)


def _without_hash(template: Manifest) -> Manifest:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH}
    about = {key: value for key, value in metadata.items() if key not in {"labels", "creationTimestamp"} and value}
    return {"labels": labels, **about, "spec": template["spec"]}


def _is_saturated(deployment: Manifest, new: Manifest) -> bool:
    noted = (new["metadata"].get("annotations") or {}).get(DESIRED)
    sizes = {size(new), _counted("availableReplicas", [new]), size(deployment)}
    return noted == str(size(deployment)) and len(sizes) == 1


def _share(deployment: Manifest, item: Manifest, most: int) -> int:
    """The proportional change in size of a ReplicaSet when its Deployment is scaled."""
    if not size(deployment):
        return -size(item)
    noted = (item["metadata"].get("annotations") or {}).get(MOST, "")
    before = go_int(noted, 32) or deployment["status"].get("replicas", 0)
    if not before:
        return 0
    return int(size(item) * most / before + 0.5) - size(item)
