"""StatefulSets: numbered pods, created one after the other, and claims that outlive them.

Earlier templates are kept in memory. A real controller keeps them in ControllerRevisions, which the sandbox does not
serve. Left out: the alpha strategy Recreate.

Source: pkg/controller/statefulset, 1.37 (stateful_set_control.go, stateful_pod_control.go); page "StatefulSets".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import CLAIMS, PODS, find
from tenantkit.sandbox.controllers.replicas import (
    MOST_AT_ONCE,
    MOST_PODS,
    available,
    controller_reference,
    is_finished,
    is_ready,
    is_terminating,
    pod_from_template,
    scaled,
    template_hash,
)
from tenantkit.sandbox.controllers.workload import WorkloadController

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

_REVISION = "controller-revision-hash"


class StatefulSetController(WorkloadController):
    """Creates, replaces and deletes pods in the order of their numbers."""

    resource: ClassVar[Resource] = find("apps", "v1", "statefulsets")
    component: ClassVar[str] = "statefulset-controller"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._templates: dict[tuple[str, str], Manifest] = {}

    def fits(self, owner: Manifest, dependent: Manifest) -> bool:
        """Whether the pod's name is one that the StatefulSet would choose."""
        name, _, number = dependent["metadata"]["name"].rpartition("-")
        return bool(name == owner["metadata"]["name"] and number.isdecimal())

    def reconcile(self, live: Manifest) -> datetime | None:
        """Take the next step towards the wanted pods, then write the status."""
        name, template = live["metadata"]["name"], live["spec"]["template"]
        update = f"{name}-{template_hash(template, live['status'].get('collisionCount') or 0)}"
        self._templates[live["metadata"]["uid"], update] = template
        current = live["status"].get("currentRevision") or update
        pods = [pod for pod in self.claimed(live) if self.fits(live, pod)]
        if not is_terminating(live):
            try:
                self._step(live, {_ordinal(pod): pod for pod in pods}, current, update)
            except ApiError:
                self.refused(live)  # reported by an event
            pods = [pod for pod in self.claimed(live) if self.fits(live, pod)]
        return self._write(live, pods, current, update)

    def _step(self, live: Manifest, pods: dict[int, Manifest], current: str, update: str) -> None:
        """Create missing pods, then delete surplus ones, then replace outdated ones."""
        ordered, wanted = live["spec"]["podManagementPolicy"] != "Parallel", _ordinals(live)
        created = 0
        for number in wanted:
            pod = pods.get(number)
            created += pod is None
            if created > MOST_AT_ONCE:
                return  # the events of the new pods queue the next sync
            self._see_to(live, number, pod, self._version(live, number, current, update))
            if ordered and (pod is None or self._is_unavailable(live, pod)):
                return
        condemned = [pods[number] for number in sorted(pods, reverse=True) if number not in wanted]
        if self._shrink(live, [pods.get(number) for number in wanted], condemned, ordered=ordered):
            return
        if live["spec"]["updateStrategy"]["type"] == "RollingUpdate":
            self._roll(live, [pods[number] for number in wanted if number in pods], update, ordered=ordered)

    def _see_to(self, live: Manifest, number: int, pod: Manifest | None, version: tuple[str, Manifest]) -> None:
        """Create one pod, delete its finished predecessor, or complete its claims."""
        if pod is None:
            self._create(live, number, *version)
        elif is_finished(pod):
            if not is_terminating(pod):
                self._delete(live, pod)
        else:
            if pod["status"]["phase"] == "Pending":
                self._claim(live, pod["metadata"]["name"])
            self._own_claims(live, pod)

    def _shrink(
        self, live: Manifest, wanted: list[Manifest | None], condemned: list[Manifest], *, ordered: bool
    ) -> bool:
        """Delete surplus pods, the highest number first; returns whether the next step must wait."""
        present = [*wanted, *reversed(condemned)]
        unhealthy = next((pod for pod in present if pod is None or self._is_unavailable(live, pod)), None)
        for pod in condemned:
            self._own_claims(live, pod)
        for pod in condemned:
            if not is_terminating(pod) and (not ordered or pod is unhealthy or not self._is_unavailable(live, pod)):
                self._delete(live, pod)
            if ordered:
                return True
        return False

    def _roll(self, live: Manifest, pods: list[Manifest], update: str, *, ordered: bool) -> None:
        """Delete pods of old templates, the highest number first, within `maxUnavailable`."""
        rolling = live["spec"]["updateStrategy"].get("rollingUpdate") or {}
        most = max(1, scaled(rolling.get("maxUnavailable", 1), live["spec"]["replicas"], up=False))
        missing = live["spec"]["replicas"] - sum(not self._is_unavailable(live, pod) for pod in pods)
        first = min(_ordinals(live), default=0) + rolling.get("partition", 0)
        staying = [pod for pod in reversed(pods) if _ordinal(pod) >= first and not is_terminating(pod)]
        old = [pod for pod in staying if _revision(pod) != update]
        broken = [] if ordered else [pod for pod in old if self._is_unavailable(live, pod)]
        rest = [pod for pod in old if pod not in broken]
        for pod in [*broken, *rest[: max(0, most - missing)]]:
            self._delete(live, pod)

    def _version(self, live: Manifest, number: int, current: str, update: str) -> tuple[str, Manifest]:
        """The revision and template of a new pod; pods below the partition get the old ones."""
        rolling, start = live["spec"]["updateStrategy"].get("rollingUpdate"), min(_ordinals(live), default=0)
        kept = live["status"].get("currentReplicas", 0) if rolling is None else rolling["partition"]
        is_old = live["spec"]["updateStrategy"]["type"] == "RollingUpdate" and number < start + kept
        chosen = current if is_old else update
        return chosen, self._templates.get((live["metadata"]["uid"], chosen), live["spec"]["template"])

    def _create(self, live: Manifest, number: int, revision: str, template: Manifest) -> None:
        """Create the claims of a pod, then the pod."""
        name = f"{live['metadata']['name']}-{number}"
        pod = pod_from_template(live, template, name=name, generateName=f"{live['metadata']['name']}-")
        identity = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(number)}
        labels = {**pod["metadata"].get("labels", {}), **identity, _REVISION: revision}
        claims = {claim["metadata"]["name"]: _claim_name(claim, name) for claim in _claims(live)}
        volumes = [{"name": key, "persistentVolumeClaim": {"claimName": claim}} for key, claim in claims.items()]
        volumes += [volume for volume in template["spec"].get("volumes") or () if volume["name"] not in claims]
        spec = {**pod["spec"], "hostname": name, "subdomain": live["spec"].get("serviceName", "")}
        spec |= {"volumes": volumes} if volumes else {}
        try:
            self._claim(live, name)
            created = self.client.create(PODS, {**pod, "metadata": {**pod["metadata"], "labels": labels}, "spec": spec})
        except ApiError as error:
            self._record(live, "Create", name, error)
            raise
        self._own_claims(live, created)
        self._record(live, "Create", name)

    def _claim(self, live: Manifest, name: str) -> None:
        """Create the missing claims of a pod."""
        for template in _claims(live):
            claim, about = _claim_name(template, name), template["metadata"]
            if self.store.get(CLAIMS, claim, live["metadata"]["namespace"]) is not None:
                continue
            labels = {**(about.get("labels") or {}), **(live["spec"]["selector"].get("matchLabels") or {})}
            metadata = {**about, "name": claim, "namespace": live["metadata"]["namespace"], "labels": labels}
            subject = f"{name} in StatefulSet {live['metadata']['name']}"
            try:
                self.client.create(CLAIMS, {**template, "metadata": metadata})
            except ApiError as error:
                text = f"Create Claim {claim} for Pod {subject} failed error: {error}"
                self.events.record(live, "FailedCreate", text, kind="Warning")
                error.args = (f"failed to create PVC {claim}: {error}",)
                raise
            self.events.record(live, "SuccessfulCreate", f"Create Claim {claim} Pod {subject} success")

    def _own_claims(self, live: Manifest, pod: Manifest) -> None:
        """Set the owners of a pod's claims by the retention policy."""
        policy, is_condemned = (
            live["spec"]["persistentVolumeClaimRetentionPolicy"],
            _ordinal(pod) not in _ordinals(live),
        )
        scaled_down = is_condemned and policy["whenScaled"] == "Delete"
        wanted = [controller_reference(pod)] if scaled_down else []
        wanted += [controller_reference(live)] if policy["whenDeleted"] == "Delete" and not scaled_down else []
        uids = {pod["metadata"]["uid"], live["metadata"]["uid"]}
        for template in _claims(live):
            name = _claim_name(template, pod["metadata"]["name"])
            claim = self.store.get(CLAIMS, name, live["metadata"]["namespace"])
            if claim is not None:
                owners = claim["metadata"].get("ownerReferences") or []
                kept = [owner for owner in owners if owner["uid"] not in uids]
                self.client.update(CLAIMS, claim, metadata={**claim["metadata"], "ownerReferences": [*kept, *wanted]})

    def _delete(self, live: Manifest, pod: Manifest) -> None:
        self.client.delete(PODS, pod)
        self._record(live, "Delete", pod["metadata"]["name"])

    def _record(self, live: Manifest, verb: str, name: str, error: ApiError | None = None) -> None:
        """Record an event about an action on a pod."""
        text = f"{verb} Pod {name} in StatefulSet {live['metadata']['name']}"
        if error is None:
            self.events.record(live, f"Successful{verb}", f"{text} successful")
        else:
            self.events.record(live, f"Failed{verb}", f"{text} failed error: {error}", kind="Warning")

    def _is_unavailable(self, live: Manifest, pod: Manifest) -> bool:
        count, _ = available([pod], live["spec"].get("minReadySeconds") or 0, self.store.clock())
        return not count or is_terminating(pod)

    def _write(self, live: Manifest, pods: list[Manifest], current: str, update: str) -> datetime | None:
        """Write the status; returns when the next pod becomes available."""
        ready = [pod for pod in pods if is_ready(pod) and pod["status"]["phase"] == "Running"]
        count, again = available(ready, live["spec"].get("minReadySeconds") or 0, self.store.clock())
        staying = [_revision(pod) for pod in pods if not is_terminating(pod)]
        updated = staying.count(update)
        if {updated, len(ready), len(pods)} == {live["spec"]["replicas"]}:
            current = update
        status = {
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": count,
            "currentReplicas": staying.count(current),
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": live["status"].get("collisionCount") or 0,
        }
        self.put_status(live, status)
        return again


def _ordinals(live: Manifest) -> range:
    """The numbers of the wanted pods."""
    start = (live["spec"].get("ordinals") or {}).get("start", 0)
    return range(start, start + min(live["spec"]["replicas"], MOST_PODS))


def _ordinal(pod: Manifest) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Manifest) -> str:
    return str((pod["metadata"].get("labels") or {}).get(_REVISION, ""))


def _claims(live: Manifest) -> list[Manifest]:
    return live["spec"].get("volumeClaimTemplates") or []


def _claim_name(template: Manifest, pod: str) -> str:
    return f"{template['metadata']['name']}-{pod}"
