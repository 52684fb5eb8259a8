"""The sample's broken workloads, one for each cause that `why` finds.

The cluster itself finds most of them: a full quota, a Pod Security level, a missing node. For the rest, which only a
kubelet finds, the status that a real kubelet writes (its sources, 1.37) replaces the status of a running pod. Each
requests little, so that the quotas stay as `workloads.py` fills them.

Source: page "Debug Pods".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.rules.pod_volumes import claim_names
from tenantkit.sample.workloads import PREVIOUS_LOG_ANNOTATION, Workload, make_workload

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
class KubeletReport:
    """What a kubelet writes about a pod.

    Args:
        container: replaces these fields of the container's status. `{now}`, `{pod}`, `{namespace}`, `{uid}` and
            `{image}` are filled in.
        event: reason and message of the pod's latest event.
    """

    container: Manifest
    event: tuple[str, str]


@dataclass(frozen=True, slots=True)
class BrokenWorkload:
    """A workload that does not run.

    Args:
        workload: the workload.
        cause: the cause that `why` shows.
        pod_spec: further fields of its pods.
        container: further fields of their container.
        kubelet_report: what a kubelet writes. Default: the cluster finds the cause without a kubelet.
        previous_log: what its container wrote before it ended. Default: nothing.
    """

    workload: Workload
    cause: str
    pod_spec: Manifest | None = None
    container: Manifest | None = None
    kubelet_report: KubeletReport | None = None
    previous_log: str | None = None


def _small(tenant: str, kind: str, name: str) -> Workload:
    return Workload(tenant, kind, name, 1, "100m", "256Mi")


def _waiting(reason: str, message: str, **more: object) -> Manifest:
    return {"ready": False, "started": False, "state": {"waiting": {"reason": reason, "message": message}}, **more}


def _ended(code: int, reason: str) -> Manifest:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": "{now}", "finishedAt": "{now}"}}


_CRAWL_LOG = """\
INFO crawler 2.3 starts
INFO reads /etc/crawl/seeds.txt: 120 sites
Traceback (most recent call last):
  File "/app/crawl.py", line 41, in main
    index = connect(os.environ["SEARCH_INDEX_URL"])
KeyError: 'SEARCH_INDEX_URL'
"""
_FEATURES_LOG = """\
INFO loads 212 features of 48,000,000 users
INFO batch 1 of 12: resident memory 141 MiB
INFO batch 2 of 12: resident memory 238 MiB
"""

BROKEN_WORKLOADS = (
    BrokenWorkload(Workload("chatbot", "Deployment", "api", 2, "1", "2Gi"), "quota exceeded"),
    BrokenWorkload(_small("robotics", "Deployment", "replay"), "quota exceeded"),
    BrokenWorkload(
        _small("forecast", "Job", "backtest"),
        "pod security",
        container={"securityContext": {"privileged": True}},
    ),
    BrokenWorkload(
        _small("forecast", "Deployment", "nightly"), "service account missing", {"serviceAccountName": "etl"}
    ),
    BrokenWorkload(
        _small("recsys", "Job", "train-b200"),
        "no node fits",
        {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-B200"}},
    ),
    BrokenWorkload(
        _small("search", "Deployment", "vectors"),
        "volume unbound",
        {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "vectors"}}]},
    ),
    BrokenWorkload(
        _small("speech", "Deployment", "diarize"),
        "image",
        kubelet_report=KubeletReport(_waiting("ImagePullBackOff", _NO_IMAGE), ("Failed", "Error: ErrImagePull")),
    ),
    BrokenWorkload(
        _small("speech", "Deployment", "align"),
        "config map missing",
        container={"envFrom": [{"configMapRef": {"name": "align-settings"}}]},
        kubelet_report=KubeletReport(
            _waiting("CreateContainerConfigError", 'configmap "align-settings" not found'),
            ("Failed", 'Error: configmap "align-settings" not found'),
        ),
    ),
    BrokenWorkload(
        _small("search", "Deployment", "crawl"),
        "crash loop",
        kubelet_report=KubeletReport(
            _waiting("CrashLoopBackOff", _BACK_OFF, restartCount=7, lastState=_ended(1, "Error")),
            ("BackOff", "Back-off restarting failed container main in pod {pod}_{namespace}({uid})"),
        ),
        previous_log=_CRAWL_LOG,
    ),
    BrokenWorkload(
        _small("recsys", "Deployment", "features"),
        "out of memory",
        kubelet_report=KubeletReport(
            _waiting("CrashLoopBackOff", _BACK_OFF, restartCount=4, lastState=_ended(137, "OOMKilled")),
            ("BackOff", "Back-off restarting failed container main in pod {pod}_{namespace}({uid})"),
        ),
        previous_log=_FEATURES_LOG,
    ),
    BrokenWorkload(
        _small("recsys", "Deployment", "ab-test"),
        "probe failing",
        container={"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}},
        kubelet_report=KubeletReport({"ready": False}, ("Unhealthy", _PROBE)),
    ),
)


def make_broken_workload(broken: BrokenWorkload) -> list[Manifest]:
    """The workload, with its claims before it."""
    manifest = make_workload(broken.workload)
    template = manifest["spec"]["template"]
    pod_spec = template["spec"]
    if broken.previous_log is not None:
        template["metadata"]["annotations"][PREVIOUS_LOG_ANNOTATION] = broken.previous_log
    pod_spec |= broken.pod_spec or {}
    pod_spec["containers"][0] |= broken.container or {}
    return [*_claims(pod_spec, broken.workload.tenant), manifest]


def reported_status(broken: BrokenWorkload, pod: Manifest, now: str) -> Manifest:
    """The status of a pod as a kubelet writes it.

    Args:
        broken: a workload with a kubelet's report.
        pod: a live pod that runs.
        now: the time, in the format of manifests.
    """
    if broken.kubelet_report is None:
        raise ValueError(f"{broken.workload.name} has no kubelet report")
    placeholders = _placeholders(pod, now)
    container = _filled(broken.kubelet_report.container, placeholders)
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


def reported_event(broken: BrokenWorkload, pod: Manifest, now: str) -> Manifest:
    """The event that a kubelet writes about a pod."""
    if broken.kubelet_report is None:
        raise ValueError(f"{broken.workload.name} has no kubelet report")
    metadata, (reason, message) = pod["metadata"], broken.kubelet_report.event
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{reason.lower()}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "fieldPath": "spec.containers{main}",
            **{field: metadata[field] for field in ("name", "namespace", "uid", "resourceVersion")},
        },
        "type": "Warning",
        "reason": reason,
        "message": _filled(message, _placeholders(pod, now)),
        "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 12,
    }


def _claims(pod_spec: Manifest, namespace: str) -> list[Manifest]:
    names = claim_names({"spec": pod_spec})
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


def _placeholders(pod: Manifest, now: str) -> dict[str, str]:
    metadata = pod["metadata"]
    return {
        "{now}": now,
        "{pod}": metadata["name"],
        "{namespace}": metadata["namespace"],
        "{uid}": metadata["uid"],
        "{image}": pod["spec"]["containers"][0]["image"],
    }


def _filled(value: Any, placeholders: dict[str, str]) -> Any:
    """The value with every placeholder replaced."""
    if isinstance(value, str):
        for placeholder, meaning in placeholders.items():
            value = value.replace(placeholder, meaning)
    elif isinstance(value, dict):
        return {key: _filled(each, placeholders) for key, each in value.items()}
    return value
