"""ReplicaSets: a number of pods from one template.

Source: pkg/controller/replicaset, 1.37; page "ReplicaSet".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenantkit.rules.manifest import controller_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import PODS, REPLICA_SETS
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.controllers.replicas import (
    MOST_AT_ONCE,
    MOST_PODS,
    available,
    condition_of,
    deletion_order,
    is_active,
    is_finished,
    is_ready,
    is_terminating,
    pod_from_template,
    slow_start,
)
from tenantkit.sandbox.controllers.workload import WorkloadController

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

_FAILURE = "ReplicaFailure"


class ReplicaSetController(WorkloadController):
    """Creates, deletes and counts pods."""

    resource: ClassVar[Resource] = REPLICA_SETS
    component: ClassVar[str] = "replicaset-controller"

    def reconcile(self, live: Manifest) -> datetime | None:
        """Create missing pods or delete surplus ones, then write the status."""
        pods = self.claimed(live)
        active = [pod for pod in pods if is_active(pod)]
        terminating = [pod for pod in pods if is_terminating(pod) and not is_finished(pod)]
        failure = None if is_terminating(live) else self._manage(live, active)
        min_ready_s = live["spec"].get("minReadySeconds") or 0
        count, again = available(active, min_ready_s, self.store.clock())
        wanted = (live["spec"]["template"].get("metadata") or {}).get("labels") or {}
        status = {
            "replicas": len(active),
            "fullyLabeledReplicas": sum(wanted.items() <= pod["metadata"]["labels"].items() for pod in active),
            "readyReplicas": sum(map(is_ready, active)),
            "availableReplicas": count,
            "terminatingReplicas": len(terminating),
            "conditions": self._conditions(live, len(active), failure),
        }
        self.put_status(live, status)
        return again

    def _manage(self, live: Manifest, active: list[Manifest]) -> ApiError | None:
        """Create or delete pods up to the number of replicas; returns the error if pods were refused."""
        surplus = len(active) - min(live["spec"]["replicas"], MOST_PODS)
        if surplus > 0:
            for pod in deletion_order(active, self._related(live))[: min(surplus, MOST_AT_ONCE)]:
                self.delete_pod(live, pod)
            return None
        pod = pod_from_template(live, live["spec"]["template"], generateName=f"{live['metadata']['name']}-")
        try:
            slow_start(min(-surplus, MOST_AT_ONCE), lambda: self.create_pod(live, pod))
        except ApiError as error:
            return error
        return None

    def _related(self, live: Manifest) -> list[Manifest]:
        """The pods of all ReplicaSets of the same Deployment; without one, of this ReplicaSet."""
        namespace, owner = live["metadata"]["namespace"], controller_of(live)
        uids = {live["metadata"]["uid"]}
        if owner is not None:
            sets = self.store.list(REPLICA_SETS, namespace)
            uids |= {item["metadata"]["uid"] for item in sets if (controller_of(item) or {}).get("uid") == owner["uid"]}
        pods = self.store.list(PODS, namespace)
        return [pod for pod in pods if (controller_of(pod) or {}).get("uid") in uids]

    def _conditions(self, live: Manifest, active: int, failure: ApiError | None) -> list[Manifest]:
        """The conditions; an existing failure condition is kept unchanged."""
        others = [item for item in live["status"].get("conditions") or () if item["type"] != _FAILURE]
        if failure is None:
            return others
        reason = "FailedCreate" if active < live["spec"]["replicas"] else "FailedDelete"
        now = timestamp(self.store.clock())
        new = {"type": _FAILURE, "status": "True", "lastTransitionTime": now}
        return [*others, condition_of(live, _FAILURE) or {**new, "reason": reason, "message": str(failure)}]
