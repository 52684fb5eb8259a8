"""The grammar of idle workloads, of endpoint slices, and of classes.

The workloads request no pods (no replicas, suspended), since the server chooses the names of the objects that they
create. The contract suite covers what they create, and in which order.
"""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import Kind
from tests.differential.kinds_pods import CONTAINERS

_APPS, _APPS_V1 = "/apis/apps/v1", "apps/v1"
AT_REST = {"spec.replicas": 0, "spec.paused": True}  # the required fields of every Deployment and ReplicaSet
_BATCH, _BATCH_V1 = "/apis/batch/v1", "batch/v1"


def template(containers: Any = CONTAINERS[0], **spec: Any) -> Any:
    """A pod template with the labels that the selectors below match."""
    return {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": containers, **spec}}


_TEMPLATES = (template(), template(CONTAINERS[1]), template(CONTAINERS[6]))
_WRONG_TEMPLATES: tuple[Any, ...] = (
    None,
    {},
    {"spec": {"containers": CONTAINERS[0]}},
    template([]),
    template([{"name": "Bad_Name", "image": "x"}]),
    template(restartPolicy="Never"),
    {**template(), "metadata": {"labels": {"app": "other"}}},
)
_SELECTORS = ({"matchLabels": {"app": "x"}},)
_WRONG_SELECTORS: tuple[Any, ...] = (
    None,
    {},
    {"matchLabels": {"app": "y"}},
    {"matchExpressions": [{"key": "app", "operator": "Nope"}]},
)
_JOB = template(restartPolicy="Never")

KINDS = (
    Kind(
        _APPS,
        _APPS_V1,
        "Deployment",
        "deployments",
        needs={"spec.replicas": (0,), "spec.paused": (True,), "spec.selector": _SELECTORS, "spec.template": _TEMPLATES},
        may={
            "spec.strategy": ({"type": "Recreate"}, {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}}),
            "spec.revisionHistoryLimit": (3,),
            "spec.minReadySeconds": (5,),
        },
        wrong={
            "spec.replicas": (-1, "1", 1.5),
            "spec.selector": _WRONG_SELECTORS,
            "spec.template": _WRONG_TEMPLATES,
            "spec.strategy": (
                {"type": "Nope"},
                {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
                {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            ),
            "spec.minReadySeconds": (-1, 600),
            "spec.progressDeadlineSeconds": (0, -1),
            "spec.revisionHistoryLimit": (-1,),
        },
        weight=1,
    ),
    Kind(
        _APPS,
        _APPS_V1,
        "ReplicaSet",
        "replicasets",
        needs={"spec.replicas": (0,), "spec.selector": _SELECTORS, "spec.template": _TEMPLATES},
        wrong={"spec.replicas": (-1,), "spec.selector": _WRONG_SELECTORS, "spec.template": _WRONG_TEMPLATES},
        fields=("status.replicas",),
        weight=1,
    ),
    Kind(
        _BATCH,
        _BATCH_V1,
        "CronJob",
        "cronjobs",
        needs={
            "spec.schedule": ("0 0 * * *", "@daily"),
            "spec.suspend": (True,),
            "spec.jobTemplate": ({"spec": {"template": _JOB}}, {"spec": {"template": _JOB, "backoffLimit": 1}}),
        },
        may={"spec.concurrencyPolicy": ("Forbid",), "spec.successfulJobsHistoryLimit": (1,)},
        wrong={
            "spec.schedule": ("", "x", None, 5),
            "spec.concurrencyPolicy": ("Nope",),
            "spec.successfulJobsHistoryLimit": (-1,),
            "spec.startingDeadlineSeconds": (-1,),
        },
        weight=1,
    ),
    Kind(
        "/apis/discovery.k8s.io/v1",
        "discovery.k8s.io/v1",
        "EndpointSlice",
        "endpointslices",
        needs={
            "addressType": ("IPv4",),
            "endpoints": ([{"addresses": ["10.1.2.3"]}], [{"addresses": ["10.1.2.4"], "conditions": {"ready": True}}]),
        },
        may={"ports": ([{"name": "http", "port": 80}], [{"name": "", "port": 80, "protocol": "UDP"}])},
        wrong={
            "addressType": ("Nope", "", None, "IPv6"),
            "endpoints": ([{"addresses": []}], [{"addresses": ["x"]}], [{"addresses": ["127.0.0.1"]}], "x"),
            "ports": (
                [{"name": "a", "port": 80}, {"name": "a", "port": 81}],
                [{"name": "Bad_Name"}],
                [{"protocol": "Nope"}],
            ),
        },
        weight=1,
    ),
    Kind(
        "/apis/storage.k8s.io/v1",
        "storage.k8s.io/v1",
        "StorageClass",
        "storageclasses",
        needs={"provisioner": ("example.com/disk", "example.com/other")},
        may={
            "parameters": ({"type": "ssd"}, {"type": "hdd", "zone": "a"}),
            "reclaimPolicy": ("Retain", "Delete"),
            "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
            "allowVolumeExpansion": (True,),
        },
        wrong={
            "provisioner": ("", "Bad Name", None, 1),
            "reclaimPolicy": ("Nope", "Recycle"),
            "volumeBindingMode": ("Nope",),
            "parameters": ({"": "x"}, {"a": 1}),
        },
        namespaced=False,
        weight=1,
    ),
    Kind(
        "/apis/scheduling.k8s.io/v1",
        "scheduling.k8s.io/v1",
        "PriorityClass",
        "priorityclasses",
        needs={"value": (10, 20)},
        may={"description": ("words",), "preemptionPolicy": ("Never", "PreemptLowerPriority")},
        wrong={"value": (2_000_000_000, "x", 1.5), "preemptionPolicy": ("Nope",)},
        namespaced=False,
        weight=1,
    ),
)
