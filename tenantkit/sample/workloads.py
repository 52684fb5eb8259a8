"""The sample's workloads: inference services, training jobs and notebooks. Their tenants' quotas are empty to full.

Each container's limits equal its requests. `forecast` has no workload. Source of the labels: page "Recommended Labels".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

# Stand-ins for a kubelet complete a Job's pod at once; with this annotation it runs until it is deleted.
RUNS_ON_ANNOTATION = "tenantkit.dev/stand-in-runs"
RUNS_ON = "until-deleted"
# What the container `main` writes: the sandbox, in which no container runs, serves it as the pod's log.
LOG_ANNOTATION = "log.stand-in.tenantkit.dev/main"
PREVIOUS_LOG_ANNOTATION = "previous-log.stand-in.tenantkit.dev/main"
NAME_LABEL = "app.kubernetes.io/name"


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload with `pods` pods of one container each, which has written `log`.

    `made_by` is the annotation in which the tool that made it writes a person's name.
    """

    tenant: str
    kind: str
    name: str
    pods: int
    cpu: str
    memory: str
    gpus: int = 0
    port: int | None = None
    log: str | None = None
    made_by: tuple[str, str] | None = None


_TRANSCRIBE_LOG = """\
INFO model whisper-large loaded in 6.1 s
INFO listens on port 8080
POST /transcribe 200 412 ms
"""
_TRAIN_LOG = """\
epoch 1 of 8: loss 0.412, 1,204 samples/s
epoch 2 of 8: loss 0.377, 1,198 samples/s
"""

_RAVI = ("metaflow/owner", "ravi@example.com")
_KIM = ("hub.jupyter.org/username", "kim@example.com")

# speech uses a quarter of its cores, recsys half, robotics all of its pods and few of its cores, search most of its
# cores and all of its GPUs, chatbot everything.
WORKLOADS = (
    Workload("chatbot", "Deployment", "chat", 8, "8", "32Gi", gpus=1, port=80),
    Workload("recsys", "Deployment", "ranker", 2, "2", "8Gi", port=80),
    Workload("recsys", "Job", "train-embeddings", 1, "4", "16Gi", gpus=1, log=_TRAIN_LOG, made_by=_RAVI),
    Workload("robotics", "Job", "simulate", 9, "500m", "2Gi"),
    Workload("robotics", "StatefulSet", "notebook-kim", 1, "4", "32Gi", gpus=1, port=8888, made_by=_KIM),
    Workload("search", "Deployment", "embed", 2, "6", "24Gi", gpus=1, port=80),
    Workload("search", "StatefulSet", "index", 1, "2", "8Gi", port=9200),
    Workload("speech", "Deployment", "transcribe", 1, "1", "4Gi", port=80, log=_TRANSCRIBE_LOG),
)


def sample_workloads() -> list[Manifest]:
    """The sample's Services and workloads, each in its tenant's namespace.

    Example:
        >>> sorted({manifest["kind"] for manifest in sample_workloads()})
        ['Deployment', 'Job', 'Service', 'StatefulSet']
    """
    services = [_make_service(workload) for workload in WORKLOADS if workload.port is not None]
    return services + [make_workload(workload) for workload in WORKLOADS]


def make_workload(workload: Workload) -> Manifest:
    """The Deployment, StatefulSet or Job."""
    return {
        "apiVersion": "batch/v1" if workload.kind == "Job" else "apps/v1",
        "kind": workload.kind,
        "metadata": {"name": workload.name, "namespace": workload.tenant, "labels": _labels(workload)},
        "spec": _SPECS[workload.kind](workload),
    }


def _deployment(workload: Workload) -> Manifest:
    return {
        "replicas": workload.pods,
        "selector": {"matchLabels": _labels(workload)},
        "template": _pod_template(workload, {}),
    }


def _stateful_set(workload: Workload) -> Manifest:
    return {**_deployment(workload), "serviceName": workload.name}


def _job(workload: Workload) -> Manifest:
    return {
        "completions": workload.pods,
        "parallelism": workload.pods,
        "backoffLimit": 3,
        "template": _pod_template(workload, {"restartPolicy": "Never"}),
    }


_SPECS: dict[str, Callable[[Workload], Manifest]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "Job": _job,
}


def _pod_template(workload: Workload, more: Manifest) -> Manifest:
    amounts = {"cpu": workload.cpu, "memory": workload.memory}
    amounts |= {"nvidia.com/gpu": str(workload.gpus)} if workload.gpus else {}
    container = {
        "name": "main",
        "image": f"registry.example.ai/{workload.tenant}/{workload.name}:1.0",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    written = {LOG_ANNOTATION: workload.log} if workload.log is not None else {}
    written |= dict([workload.made_by] if workload.made_by is not None else [])
    return {
        "metadata": {"labels": _labels(workload), "annotations": {RUNS_ON_ANNOTATION: RUNS_ON, **written}},
        "spec": {
            "containers": [container],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "serviceAccountName": "workload",
            **more,
        },
    }


def _make_service(workload: Workload) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "namespace": workload.tenant, "labels": _labels(workload)},
        "spec": {"selector": _labels(workload), "ports": [{"port": workload.port, "protocol": "TCP"}]},
    }


def _labels(workload: Workload) -> dict[str, str]:
    return {NAME_LABEL: workload.name}
