"""The sample's broken workloads, one of each kind: what `why` is for.

Most are found by the cluster itself: a quota that is full, a security level, a node that is not there. What only a
kubelet would find is captured: a status in the words of a real one (its sources, 1.37), written over that of a pod that
runs. Each asks for little, so that the quotas stay as `workloads.py` has filled them.

Source: page "Debug Pods".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.sample.workloads import Workload, make_workload

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_UNREADY = "containers with unready status: [main]"
_NO_IMAGE = (
    'Back-off pulling image "{image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image '
    '"{image}": failed to resolve reference "{image}": {image}: not found'
)
_BACK_OFF = "back-off 5m0s restarting failed container=main pod={pod}_{namespace}({uid})"
_PROBE = "Readiness probe failed: HTTP probe failed with statuscode: 503"


@dataclass(frozen=True, slots=True)
class Captured:
    """What a kubelet would have written of a pod.

    Args:
        container: written over the status of its container. `{now}`, `{pod}`, `{namespace}`, `{uid}` and `{image}`
            stand for what they say.
        event: reason and message of its latest event.
    """

    container: Manifest
    event: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A workload that does not run.

    Args:
        workload: which.
        cause: as `why` calls it.
        pod_spec: further fields of its pods.
        container: further fields of their container.
        captured: what a kubelet would say. Default: the cluster says it itself.
    """

    workload: Workload
    cause: str
    pod_spec: Manifest | None = None
    container: Manifest | None = None
    captured: Captured | None = None


def _small(tenant: str, kind: str, name: str) -> Workload:
    return Workload(tenant, kind, name, 1, "100m", "256Mi")


def _waiting(reason: str, message: str, **more: object) -> Manifest:
    return {"ready": False, "started": False, "state": {"waiting": {"reason": reason, "message": message}}, **more}


def _ended(code: int, reason: str) -> Manifest:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": "{now}", "finishedAt": "{now}"}}


TROUBLES = (
    Trouble(Workload("chatbot", "Deployment", "api", 2, "1", "2Gi"), "quota exceeded"),
    Trouble(_small("robotics", "Deployment", "replay"), "quota exceeded"),
    Trouble(
        _small("forecast", "Job", "backtest"),
        "pod security",
        container={"securityContext": {"privileged": True}},
    ),
    Trouble(_small("forecast", "Deployment", "nightly"), "service account missing", {"serviceAccountName": "etl"}),
    Trouble(
        _small("recsys", "Job", "train-b200"),
        "no node fits",
        {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-B200"}},
    ),
    Trouble(
        _small("search", "Deployment", "vectors"),
        "volume unbound",
        {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "vectors"}}]},
    ),
    Trouble(
        _small("speech", "Deployment", "diarize"),
        "image",
        captured=Captured(_waiting("ImagePullBackOff", _NO_IMAGE), ("Failed", "Error: ErrImagePull")),
    ),
    Trouble(
        _small("speech", "Deployment", "align"),
        "config map missing",
        container={"envFrom": [{"configMapRef": {"name": "align-settings"}}]},
        captured=Captured(
            _waiting("CreateContainerConfigError", 'configmap "align-settings" not found'),
            ("Failed", 'Error: configmap "align-settings" not found'),
        ),
    ),
    Trouble(
        _small("search", "Deployment", "crawl"),
        "crash loop",
        captured=Captured(
            _waiting("CrashLoopBackOff", _BACK_OFF, restartCount=7, lastState=_ended(1, "Error")),
            ("BackOff", "Back-off restarting failed container main in pod {pod}_{namespace}({uid})"),
        ),
    ),
    Trouble(
        _small("recsys", "Deployment", "features"),
        "out of memory",
        captured=Captured(
            _waiting("CrashLoopBackOff", _BACK_OFF, restartCount=4, lastState=_ended(137, "OOMKilled")),
            ("BackOff", "Back-off restarting failed container main in pod {pod}_{namespace}({uid})"),
        ),
    ),
    Trouble(
        _small("recsys", "Deployment", "ab-test"),
        "probe failing",
        container={"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}},
        captured=Captured({"ready": False}, ("Unhealthy", _PROBE)),
    ),
)


def make_trouble(trouble: Trouble) -> list[Manifest]:
    """The workload, and the claim that it wants where it wants one."""
    manifest = make_workload(trouble.workload)
    pod_spec = manifest["spec"]["template"]["spec"]
    pod_spec |= trouble.pod_spec or {}
    pod_spec["containers"][0] |= trouble.container or {}
    return [*_claims(pod_spec, trouble.workload.tenant), manifest]


def captured_status(trouble: Trouble, pod: Manifest, now: str) -> Manifest:
    """The status of a pod as a kubelet would have written it.

    Args:
        trouble: one that is captured.
        pod: live, and running.
        now: as manifests write a moment.
    """
    if trouble.captured is None:
        raise ValueError(f"{trouble.workload.name}: the cluster says itself what is wrong with it")
    words = _words(pod, now)
    container = _filled(trouble.captured.container, words)
    unready = {"status": "False", "reason": "ContainersNotReady", "message": _UNREADY, "lastTransitionTime": now}
    conditions = [
        {**each, **unready} if each["type"] in ("Ready", "ContainersReady") else each
        for each in pod["status"]["conditions"]
    ]
    is_waiting = "waiting" in (container.get("state") or {})
    never_ran = is_waiting and not container.get("restartCount")
    return {
        **pod["status"],
        "phase": "Pending" if never_ran else "Running",
        "conditions": conditions,
        "containerStatuses": [{**pod["status"]["containerStatuses"][0], **container}],
    }


def captured_event(trouble: Trouble, pod: Manifest, now: str) -> Manifest:
    """The event that a kubelet would have written of a pod."""
    if trouble.captured is None:
        raise ValueError(f"{trouble.workload.name}: the cluster says itself what is wrong with it")
    metadata, (reason, message) = pod["metadata"], trouble.captured.event
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{reason.lower()}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "fieldPath": "spec.containers{main}",
            **{part: metadata[part] for part in ("name", "namespace", "uid", "resourceVersion")},
        },
        "type": "Warning",
        "reason": reason,
        "message": _filled(message, _words(pod, now)),
        "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 12,
    }


def _claims(pod_spec: Manifest, namespace: str) -> list[Manifest]:
    names = [each["persistentVolumeClaim"]["claimName"] for each in pod_spec.get("volumes") or ()]
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "20Gi"}},
                "storageClassName": "fast-nvme",
            },
        }
        for name in names
    ]


def _words(pod: Manifest, now: str) -> dict[str, str]:
    metadata = pod["metadata"]
    return {
        "{now}": now,
        "{pod}": metadata["name"],
        "{namespace}": metadata["namespace"],
        "{uid}": metadata["uid"],
        "{image}": pod["spec"]["containers"][0]["image"],
    }


def _filled(value: Any, words: dict[str, str]) -> Any:
    """The same with every word in it replaced."""
    if isinstance(value, str):
        for word, meaning in words.items():
            value = value.replace(word, meaning)
    elif isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    return value
