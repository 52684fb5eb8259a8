"""Rules that the workload controllers share: counting, owning and ordering pods. Pure.

Source: pkg/controller/controller_utils.go and controller_ref_manager.go, 1.37; pages "ReplicaSet" and "Deployments".
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tenantkit.rules.manifest import controller_of
from tenantkit.rules.pod_status import ENDED
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.go_text import go_int
from tenantkit.sandbox.apimachinery.json_text import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.selectors.label_selectors import LabelSelector

# Of one sync: creating a pod takes two or three milliseconds, and requests wait as long. A sync for the rest follows,
# since the pods' own events queue their owner again.
MOST_AT_ONCE = 8
# Of one workload. A real control plane has no such limit, only limits of its clients: 20 pods a second, for ever.
MOST_PODS = 500
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
Claim = Literal["owned", "adopt", "release", "foreign"]


def controller_reference(owner: Manifest) -> Manifest:
    """The owner reference to an object's controller."""
    about = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    about |= {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
    return {**about, "controller": True, "blockOwnerDeletion": True}


def claim(owner: Manifest, dependent: Manifest, selector: LabelSelector) -> Claim:
    """What an owner does with a possible dependent, by its controller and the owner's selector."""
    reference, is_deleted = controller_of(dependent), is_terminating(owner)
    if reference is not None and reference["uid"] != owner["metadata"]["uid"]:
        return "foreign"
    matches = selector.matches(dependent["metadata"].get("labels"))
    if reference is not None:
        return "owned" if matches else "foreign" if is_deleted else "release"
    return "adopt" if matches and not is_deleted and not is_terminating(dependent) else "foreign"


def is_terminating(manifest: Manifest) -> bool:
    """Whether the object is being deleted."""
    return bool(manifest["metadata"].get("deletionTimestamp"))


def is_finished(pod: Manifest) -> bool:
    """Whether the pod has succeeded or failed."""
    return pod["status"].get("phase") in ENDED


def is_active(pod: Manifest) -> bool:
    """Whether the pod counts as a replica."""
    return not is_finished(pod) and not is_terminating(pod)


def condition_of(manifest: Manifest, kind: str) -> Manifest | None:
    """The condition of one type in an object's status; None without one."""
    conditions = (manifest.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == kind), None)


def is_ready(pod: Manifest) -> bool:
    """Whether the pod's condition Ready is True."""
    return (condition_of(pod, "Ready") or {}).get("status") == "True"


def available_from(pod: Manifest, min_ready_s: int) -> datetime | None:
    """When the pod becomes or became available; None while it is not ready."""
    ready = condition_of(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    since = ready.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"]
    return datetime.fromisoformat(since) + timedelta(seconds=min_ready_s)


def available(pods: Iterable[Manifest], min_ready_s: int, now: datetime) -> tuple[int, datetime | None]:
    """How many pods are available, and when the next one will be."""
    moments = [moment for pod in pods if (moment := available_from(pod, min_ready_s)) is not None]
    later = [moment for moment in moments if moment > now]
    return len(moments) - len(later), min(later, default=None)


def deletion_order(pods: Iterable[Manifest], related: Sequence[Manifest] = ()) -> list[Manifest]:
    """Pods in the order of deletion: unassigned, not running, not ready, cheap, on crowded nodes, and new ones first.

    Args:
        pods: pods to sort.
        related: pods of the same workload, to count those on one node.
    """
    on_node: dict[str, int] = {}
    for pod in related:
        on_node[_node(pod)] = on_node.get(_node(pod), 0) + is_active(pod)

    def order(pod: Manifest) -> tuple[object, ...]:
        ready, restarts = condition_of(pod, "Ready") or {}, pod["status"].get("containerStatuses") or ()
        return (
            bool(_node(pod)),
            _PHASES.get(pod["status"].get("phase") or "", 0),
            is_ready(pod),
            go_int((pod["metadata"].get("annotations") or {}).get(_DELETION_COST, ""), 32) or 0,
            -on_node.get(_node(pod), 0),
            _youth(ready.get("lastTransitionTime")) if is_ready(pod) else 0,
            -max((status.get("restartCount", 0) for status in restarts), default=0),
            _youth(pod["metadata"]["creationTimestamp"]),
            pod["metadata"]["uid"],
        )

    return sorted(pods, key=order)


def slow_start(count: int, create: Callable[[], object]) -> None:
    """Call `create` `count` times in batches that double in size; raise the first error after its batch."""
    batch = min(1, count)
    while batch > 0:
        failures = [error for _ in range(batch) if (error := _attempt(create))]
        if failures:
            raise failures[0]
        count -= batch
        batch = min(2 * batch, count)


def scaled(value: int | str, total: int, *, up: bool) -> int:
    """A number, or a percentage of a total.

    Example:
        >>> scaled("25%", 10, up=True), scaled("25%", 10, up=False), scaled(4, 10, up=True)
        (3, 2, 4)
    """
    if isinstance(value, int):
        return value
    share = (go_int(value.rstrip("%")) or 0) * total
    return math.ceil(share / 100) if up else share // 100


def template_hash(template: Manifest, collisions: int = 0) -> str:
    """The hash of a pod template, in the form of the real one but with another value.

    Source: ComputeHash; the real one hashes Go's printed struct, which changes with each release.
    """
    digest = hashlib.sha256(write_json([template, collisions], sort=True)).digest()
    return "".join(_LETTERS[ord(digit) % len(_LETTERS)] for digit in str(int.from_bytes(digest[:4], "big")))


def pod_from_template(owner: Manifest, template: Manifest, **metadata: object) -> Manifest:
    """The pod that an owner creates from a template."""
    inherited = template.get("metadata") or {}
    about = {field: inherited[field] for field in ("labels", "annotations", "finalizers") if inherited.get(field)}
    about |= {"namespace": owner["metadata"]["namespace"], "ownerReferences": [controller_reference(owner)]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**about, **metadata}, "spec": template["spec"]}


def _attempt(create: Callable[[], object]) -> ApiError | None:
    try:
        create()
    except ApiError as error:
        return error
    return None


def _node(pod: Manifest) -> str:
    return pod["spec"].get("nodeName") or ""


def _youth(time: str | None) -> float:
    return -datetime.fromisoformat(time).timestamp() if time else -math.inf
