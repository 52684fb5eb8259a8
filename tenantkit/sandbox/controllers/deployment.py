"""Deployments: one ReplicaSet per pod template, and rollouts from one to the next.

deployment_rollout.py decides, this module acts. Each sync takes one step, as in the real controller, and the change
that it makes triggers the next sync.

Source: pkg/controller/deployment, 1.37; page "Deployments".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from tenantkit.rules.manifest import controller_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import PODS, REPLICA_SETS, find
from tenantkit.sandbox.controllers import deployment_rollout as rollout
from tenantkit.sandbox.controllers.deployment_rollout import HASH, REVISION, name_of, size
from tenantkit.sandbox.controllers.replicas import (
    condition_of,
    controller_reference,
    is_finished,
    is_terminating,
    template_hash,
)
from tenantkit.sandbox.controllers.workload import WorkloadController

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.controllers.deployment_rollout import Sizes

_A_SECOND = timedelta(seconds=1)  # timestamps have a precision of one second
_PAUSED = {True: ("DeploymentPaused", "Deployment is paused"), False: ("DeploymentResumed", "Deployment is resumed")}


class DeploymentController(WorkloadController):
    """Creates, scales and deletes ReplicaSets."""

    resource: ClassVar[Resource] = find("apps", "v1", "deployments")
    dependents: ClassVar[Resource] = REPLICA_SETS
    component: ClassVar[str] = "deployment-controller"

    def reconcile(self, live: Manifest) -> datetime | None:
        """Take the next step of a rollout or of scaling, then write the status."""
        new, old = rollout.split(live, self.claimed(live))
        if is_terminating(live):
            return self._write(live, progress=False)
        live = self._with_pause(live)
        if new is not None:
            new = self._with_annotations(live, new, old)
            live = self._with_revision(live, new)
        sets, is_paused = [*old, *([new] if new else [])], live["spec"].get("paused", False)
        if is_paused or rollout.is_resized(live, sets):
            self._resize(live, sets, rollout.sizes_when_resized(live, new, old), force=len(sets) > 1)
            if is_paused:
                self._clean_up(live, old)
            return self._write(live, progress=False)
        recreates = live["spec"]["strategy"]["type"] == "Recreate"
        waits = recreates and (
            self._resize(live, old, dict.fromkeys(map(name_of, old), 0)) or self._has_pods(live, old)
        )
        if not waits:
            created = (live, new) if new else self._create(live, old)
            if created is None:
                return None
            live, new = created
            self._roll(live, new, old)
        return self._write(live)

    def _roll(self, live: Manifest, new: Manifest, old: list[Manifest]) -> None:
        """Scale up the new ReplicaSet if there is room, else scale down the old ones if that is safe."""
        sizes = {name_of(new): rollout.new_size(live, new, [*old, new])}
        moved = self._resize(live, [new], sizes) or self._resize(live, old, rollout.sizes_of_old(live, new, old))
        if not moved and rollout.is_complete(live, live["status"]):
            self._clean_up(live, old)

    def _create(self, live: Manifest, old: list[Manifest]) -> tuple[Manifest, Manifest] | None:
        """Create the ReplicaSet of the template; returns None if that fails, with the reason in the status."""
        template, selector = live["spec"]["template"], live["spec"]["selector"]
        suffix = template_hash(template, live["status"].get("collisionCount") or 0)
        about = template.get("metadata") or {}
        labels, name = {**(about.get("labels") or {}), HASH: suffix}, f"{live['metadata']['name']}-{suffix}"
        count = rollout.new_size(live, None, old)
        manifest = {
            "metadata": {
                "name": name,
                "namespace": live["metadata"]["namespace"],
                "labels": labels,
                "annotations": rollout.annotations_of_new(live, None, old),
                "ownerReferences": [controller_reference(live)],
            },
            "spec": {
                "replicas": count,
                "minReadySeconds": live["spec"].get("minReadySeconds", 0),
                "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH: suffix}},
                "template": {**template, "metadata": {**about, "labels": labels}},
            },
        }
        try:
            new = self.client.create(REPLICA_SETS, manifest)
        except ApiError as error:
            self._not_created(live, name, error)
            return None
        if count:
            self.events.record(live, "ScalingReplicaSet", f"Scaled up replica set {name} from 0 to {count}")
        live = self._with_revision(live, new)
        return self._progressing(live, "True", "NewReplicaSetCreated", f'Created new replica set "{name}"'), new

    def _not_created(self, live: Manifest, name: str, error: ApiError) -> None:
        """Report why there is no new ReplicaSet. If only its name is taken, choose another one instead."""
        if any(cause.reason == "NamespaceTerminating" for cause in error.causes):
            return
        if error.reason == "AlreadyExists":
            status = {**live["status"], "collisionCount": (live["status"].get("collisionCount") or 0) + 1}
            self.client.update(self.resource, live, subresource="status", status=status)
            return
        self.refused(live)
        message = f'Failed to create new replica set "{name}": {error}'
        self.events.record(live, "ReplicaSetCreateError", message, kind="Warning")
        self._progressing(live, "False", "ReplicaSetCreateError", message)

    def _resize(self, live: Manifest, sets: list[Manifest], sizes: Sizes, *, force: bool = False) -> bool:
        """Scale ReplicaSets; returns whether any changed. `force` also updates outdated size annotations."""
        notes, changed = rollout.size_annotations(live), False
        for item in [item for item in sets if name_of(item) in sizes]:
            name, before, count = name_of(item), size(item), sizes[name_of(item)]
            annotations = item["metadata"].get("annotations") or {}
            if before == count and not (force and not notes.items() <= annotations.items()):
                continue
            metadata = {**item["metadata"], "annotations": {**annotations, **notes}}
            self.client.update(REPLICA_SETS, item, metadata=metadata, spec={**item["spec"], "replicas": count})
            changed = True
            if before != count:
                direction = "up" if count > before else "down"
                text = f"Scaled {direction} replica set {name} from {before} to {count}"
                self.events.record(live, "ScalingReplicaSet", text)
        return changed

    def _clean_up(self, live: Manifest, old: list[Manifest]) -> None:
        for item in rollout.surplus_history(live, old):
            self.client.delete(REPLICA_SETS, item)

    def _write(self, live: Manifest, *, progress: bool = True) -> datetime | None:
        """Write the status; returns when the rollout exceeds its progress deadline."""
        now, sets = self.store.clock(), self.claimed(live)
        new, _ = rollout.split(live, sets)
        status = rollout.with_availability(live, rollout.status_of(live, new, sets), now)
        if progress:
            status = rollout.with_failures(rollout.with_progress(live, status, new, now), new, sets)
        self.put_status(live, status)
        due = rollout.times_out_at(live, status) if progress and not rollout.is_complete(live, status) else None
        return due + _A_SECOND if due else None

    def _with_annotations(self, live: Manifest, new: Manifest, old: list[Manifest]) -> Manifest:
        """Update annotations and minReadySeconds of the new ReplicaSet."""
        metadata = {**new["metadata"], "annotations": rollout.annotations_of_new(live, new, old)}
        min_ready_s = live["spec"].get("minReadySeconds", 0)
        return self.client.update(
            REPLICA_SETS, new, metadata=metadata, spec={**new["spec"], "minReadySeconds": min_ready_s}
        )

    def _with_revision(self, live: Manifest, new: Manifest) -> Manifest:
        """Copy the revision of the new ReplicaSet to the Deployment."""
        annotations = live["metadata"].get("annotations") or {}
        revision = {REVISION: new["metadata"]["annotations"][REVISION]}
        metadata = {**live["metadata"], "annotations": {**annotations, **revision}}
        live = self.client.update(self.resource, live, subresource="status", metadata=metadata)
        if condition_of(live, "Progressing") is None and REVISION in annotations:
            text = f'Found new replica set "{new["metadata"]["name"]}"'
            live = self._progressing(live, "True", "FoundNewReplicaSet", text)
        return live

    def _with_pause(self, live: Manifest) -> Manifest:
        """Update the condition Progressing after the Deployment was paused or resumed."""
        reason, is_paused = (condition_of(live, "Progressing") or {}).get("reason"), live["spec"].get("paused", False)
        if reason == "ProgressDeadlineExceeded" or (reason == "DeploymentPaused") == is_paused:
            return live
        return self._progressing(live, "Unknown", *_PAUSED[is_paused])

    def _progressing(self, live: Manifest, state: str, reason: str, message: str) -> Manifest:
        if rollout.deadline(live) is None:
            return live
        status = rollout.with_condition(live["status"], "Progressing", state, reason, message, now=self.store.clock())
        return self.client.update(self.resource, live, subresource="status", status=status)

    def _has_pods(self, live: Manifest, old: list[Manifest]) -> bool:
        """Whether old ReplicaSets still have pods, terminating ones included."""
        if any(item["status"].get("replicas") for item in old):
            return True
        uids = {item["metadata"]["uid"] for item in old}
        pods = self.store.list(PODS, live["metadata"]["namespace"])
        return any((controller_of(pod) or {}).get("uid") in uids and not is_finished(pod) for pod in pods)
