"""Workloads of one namespace, for tests that play the kubelet: they write the status that no node would write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.contract.wire import MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Answer, Wire


_GROUPS = {
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "statefulsets": "/apis/apps/v1",
    "jobs": "/apis/batch/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1",
}
SINCE = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Workloads:
    """The objects of one namespace."""

    wire: Wire
    namespace: str

    def path(self, plural: str, name: str = "") -> str:
        root = f"{_GROUPS.get(plural, '/api/v1')}/namespaces/{self.namespace}/{plural}"
        return f"{root}/{name}" if name else root

    def create(self, plural: str, name: str, spec: Manifest, **metadata: Any) -> Manifest:
        answer = self.wire("POST", self.path(plural), {"metadata": {"name": name, **metadata}, "spec": spec})
        assert answer.status == 201, answer.body
        created: Manifest = answer.body
        return created

    def get(self, plural: str, name: str) -> Manifest:
        answer = self.wire("GET", self.path(plural, name))
        assert answer.status == 200, answer.body
        found: Manifest = answer.body
        return found

    def all(self, plural: str, selector: str = "") -> list[Manifest]:
        answer = self.wire("GET", self.path(plural), query={"labelSelector": selector} if selector else None)
        assert answer.status == 200, answer.body
        items: list[Manifest] = answer.body["items"]
        return items

    def patch(self, plural: str, name: str, patch: Manifest, *, status: bool = False, merge: bool = False) -> Manifest:
        path = self.path(plural, name) + ("/status" if status else "")
        answer = self.wire("PATCH", path, patch, content_type=MERGE_PATCH if merge else STRATEGIC_PATCH)
        assert answer.status == 200, answer.body
        patched: Manifest = answer.body
        return patched

    def delete(self, plural: str, name: str, **options: Any) -> Answer:
        return self.wire("DELETE", self.path(plural, name), {"kind": "DeleteOptions", "apiVersion": "v1", **options})

    def pods(self, selector: str = "") -> list[Manifest]:
        return [pod for pod in self.all("pods", selector) if not pod["metadata"].get("deletionTimestamp")]

    def number_of_pods(self, count: int, selector: str = "") -> list[Manifest]:
        """The pods, once there are that many."""
        eventually(lambda: len(self.pods(selector)) == count)
        return self.pods(selector)

    def say_ready(self, pod: Manifest, *, ready: bool = True, address: str = "", since: str = SINCE) -> None:
        """Write the status that a kubelet writes for a pod whose containers run."""
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": since}
        status: Manifest = {"phase": "Running", "conditions": [condition]}
        if address:
            status |= {"podIP": address, "podIPs": [{"ip": address}]}
        self.patch("pods", pod["metadata"]["name"], {"status": status}, status=True)

    def all_ready(self, selector: str = "") -> None:
        for pod in self.pods(selector):
            self.say_ready(pod)

    def say_finished(self, pod: Manifest, phase: str) -> None:
        """Write the status of a pod whose containers end now; EndpointSlices follow its condition, not its phase."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        ended = {"type": "Ready", "status": "False", "reason": "PodCompleted", "lastTransitionTime": now}
        self.patch("pods", pod["metadata"]["name"], {"status": {"phase": phase, "conditions": [ended]}}, status=True)

    def events(self, name: str, reason: str = "") -> list[Manifest]:
        """The events about an object, oldest first."""
        found = [item for item in self.all("events") if item["involvedObject"]["name"] == name]
        return [item for item in found if reason in {"", item["reason"]}]

    def messages(self, name: str, reason: str) -> set[str]:
        return {event["message"] for event in self.events(name, reason)}

    def conditions(self, plural: str, name: str) -> dict[str, tuple[str, str, str]]:
        """Status, reason and message of each condition."""
        conditions = (self.get(plural, name).get("status") or {}).get("conditions") or []
        return {item["type"]: (item["status"], item.get("reason", ""), item.get("message", "")) for item in conditions}

    def status_is(self, plural: str, name: str, **expected: Any) -> Manifest:
        """The status, once these fields have these values; None stands for a field that is left out."""

        def found() -> bool:
            status = self.get(plural, name).get("status") or {}
            assert {key: status.get(key) for key in expected} == expected
            return True

        eventually(found)
        status: Manifest = self.get(plural, name)["status"]
        return status

    def limit_pods(self, count: int) -> None:
        """Create a quota of pods, and wait until it is in force."""
        self.create("resourcequotas", "few", {"hard": {"pods": str(count)}})
        eventually(lambda: (self.get("resourcequotas", "few").get("status") or {}).get("hard"))


def pod_spec(image: str = "busybox", **fields: Any) -> Manifest:
    return {"containers": [{"name": "main", "image": image}], **fields}


def template(app: str = "web", **fields: Any) -> Manifest:
    return {"metadata": {"labels": {"app": app}}, "spec": pod_spec(**fields)}


def replicated(replicas: int, app: str = "web", **fields: Any) -> Manifest:
    """The spec of a Deployment, ReplicaSet or StatefulSet."""
    return {"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "template": template(app), **fields}


def new_image(image: str) -> Manifest:
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}}
