"""Deployments: a ReplicaSet a pod template, and the way from one to the next.

What is decided stands in deployment_rollout.py; here it is carried out. Each look takes one step, as the real
controller's: what that changes wakes it for the next.

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

_A_SECOND = timedelta(seconds=1)  # times are written to the second
_PAUSED = {True: ("DeploymentPaused", "Deployment is paused"), False: ("DeploymentResumed", "Deployment is resumed")}


class DeploymentController(WorkloadController):
    """Makes, sizes and removes ReplicaSets."""

    resource: ClassVar[Resource] = find("apps", "v1", "deployments")
    made: ClassVar[Resource] = REPLICA_SETS
    component: ClassVar[str] = "deployment-controller"

    def reconcile(self, live: Manifest) -> datetime | None:
        """Take the next step of a rollout, or give a new size to what is there; then say how far it has come."""
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
        """The new ReplicaSet up, where there is room; else the old ones down, where that is safe."""
        sizes = {name_of(new): rollout.new_size(live, new, [*old, new])}
        moved = self._resize(live, [new], sizes) or self._resize(live, old, rollout.sizes_of_old(live, new, old))
        if not moved and rollout.is_complete(live, live["status"]):
            self._clean_up(live, old)

    def _create(self, live: Manifest, old: list[Manifest]) -> tuple[Manifest, Manifest] | None:
        """The ReplicaSet of the template; None where there is none yet, and why stands in the status."""
        template, selector = live["spec"]["template"], live["spec"]["selector"]
        word = template_hash(template, live["status"].get("collisionCount") or 0)
        about = template.get("metadata") or {}
        labels, name = {**(about.get("labels") or {}), HASH: word}, f"{live['metadata']['name']}-{word}"
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
                "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH: word}},
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
        """Say why there is no new ReplicaSet, or choose another name where only that is taken."""
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
        """Give ReplicaSets their new size, with `force` also those that only note another; whether any changed."""
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
                way = "up" if count > before else "down"
                text = f"Scaled {way} replica set {name} from {before} to {count}"
                self.events.record(live, "ScalingReplicaSet", text)
        return changed

    def _clean_up(self, live: Manifest, old: list[Manifest]) -> None:
        for item in rollout.surplus_history(live, old):
            self.client.delete(REPLICA_SETS, item)

    def _write(self, live: Manifest, *, progress: bool = True) -> datetime | None:
        """Write the status; when lack of progress will be told."""
        now, sets = self.store.clock(), self.claimed(live)
        new, _ = rollout.split(live, sets)
        status = rollout.with_availability(live, rollout.status_of(live, new, sets), now)
        if progress:
            status = rollout.with_failures(rollout.with_progress(live, status, new, now), new, sets)
        self.put_status(live, status)
        due = rollout.times_out_at(live, status) if progress and not rollout.is_complete(live, status) else None
        return due + _A_SECOND if due else None

    def _with_annotations(self, live: Manifest, new: Manifest, old: list[Manifest]) -> Manifest:
        """The new ReplicaSet with the Deployment's annotations and patience."""
        metadata = {**new["metadata"], "annotations": rollout.annotations_of_new(live, new, old)}
        patience = live["spec"].get("minReadySeconds", 0)
        return self.client.update(
            REPLICA_SETS, new, metadata=metadata, spec={**new["spec"], "minReadySeconds": patience}
        )

    def _with_revision(self, live: Manifest, new: Manifest) -> Manifest:
        """The Deployment with its new ReplicaSet's revision."""
        annotations = live["metadata"].get("annotations") or {}
        revision = {REVISION: new["metadata"]["annotations"][REVISION]}
        metadata = {**live["metadata"], "annotations": {**annotations, **revision}}
        live = self.client.update(self.resource, live, subresource="status", metadata=metadata)
        if condition_of(live, "Progressing") is None and REVISION in annotations:
            text = f'Found new replica set "{new["metadata"]["name"]}"'
            live = self._progressing(live, "True", "FoundNewReplicaSet", text)
        return live

    def _with_pause(self, live: Manifest) -> Manifest:
        """The Deployment with what became of its progress when it was paused or resumed."""
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
        """Whether old ReplicaSets still have pods, be they on their way out."""
        if any(item["status"].get("replicas") for item in old):
            return True
        uids = {item["metadata"]["uid"] for item in old}
        pods = self.store.list(PODS, live["metadata"]["namespace"])
        return any((controller_of(pod) or {}).get("uid") in uids and not is_finished(pod) for pod in pods)
