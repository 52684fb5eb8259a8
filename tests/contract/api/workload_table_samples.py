"""Workloads, nodes, volumes and classes, and the cells of their rows on the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.api.kind_samples import GOOD, QUIET, changed
from tests.contract.api.table_samples import Sample

if TYPE_CHECKING:
    from tests.contract.api.kind_samples import Json

START, END = "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"
BY_HAND: Json = {"spec/manualSelector": True, "spec/selector": {"matchLabels": {"app": "web"}}}
TEMPLATE_CELLS = ["main", "nginx"]
CONDITIONS = [
    {"type": kind, "status": "True", "lastTransitionTime": END, "lastProbeTime": END}
    for kind in ("SuccessCriteriaMet", "Complete")
]
NODE_STATUS: Json = {
    "conditions": [{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "False"}],
    "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}, {"type": "ExternalIP", "address": "192.0.2.7"}],
    "nodeInfo": {
        "kubeletVersion": "v1.37.2",
        "osImage": "Debian",
        "kernelVersion": "6.1",
        "architecture": "amd64",
        "containerRuntimeVersion": "containerd://2",
    },
}
NODE_CELLS = ["v1.37.2", "10.0.0.7", "192.0.2.7", "Debian", "6.1 (amd64)", "containerd://2"]
ADDRESSES = [{"addresses": [f"10.1.2.{number}"]} for number in range(1, 6)]
PORTS = [{"name": "web", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "any"}]


def sample(kind: str, cells: list[object], changes: Json | None = None, status: Json | None = None) -> Sample:
    """A variant of the valid object of its kind; without a status it is created as a dry run."""
    body = changed(GOOD[kind].body, (QUIET.get(kind, {}) if status else {}) | (changes or {}))
    return Sample(GOOD[kind].path("{namespace}"), body, ["sample", *cells], status=status)


WORKLOAD_SAMPLES = {
    "deployment": sample("Deployment", ["0/1", 0, 0, "AGE", *TEMPLATE_CELLS, "app=web"]),
    "deployment-rolling": sample(
        "Deployment",
        ["1/3", 2, 1, "AGE", *TEMPLATE_CELLS, "app=web"],
        {"spec/replicas": 3},
        {"replicas": 3, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1},
    ),
    "replicaset": sample("ReplicaSet", [1, 0, 0, "AGE", *TEMPLATE_CELLS, "app=web"]),
    "replicaset-scaling": sample(
        "ReplicaSet", [0, 2, 1, "AGE", *TEMPLATE_CELLS, "app=web"], status={"replicas": 2, "readyReplicas": 1}
    ),
    "statefulset": sample("StatefulSet", ["0/1", "AGE", *TEMPLATE_CELLS]),
    "statefulset-scaling": sample(
        "StatefulSet", ["1/0", "AGE", *TEMPLATE_CELLS], status={"replicas": 1, "readyReplicas": 1}
    ),
    "job": sample("Job", ["Running", "0/1", "", "AGE", *TEMPLATE_CELLS, "app=web"], BY_HAND),
    "job-parallel": sample(
        "Job", ["Running", "0/1 of 3", "", "AGE", *TEMPLATE_CELLS, "app=web"], {**BY_HAND, "spec/parallelism": 3}
    ),
    "job-done": sample(
        "Job",
        ["Complete", "1/1", "90s", "AGE", *TEMPLATE_CELLS, "app=web"],
        BY_HAND,
        {"succeeded": 1, "startTime": START, "completionTime": END, "conditions": CONDITIONS},
    ),
    "cronjob": sample("CronJob", ["*/5 * * * *", "<none>", "False", 0, "<none>", "AGE", *TEMPLATE_CELLS, "<none>"]),
    "cronjob-suspended": sample(
        "CronJob",
        ["*/5 * * * *", "Europe/Berlin", "True", 0, "<none>", "AGE", *TEMPLATE_CELLS, "<none>"],
        {"spec/timeZone": "Europe/Berlin", "spec/suspend": True},
    ),
    "endpointslice": sample("EndpointSlice", ["IPv4", "80", "10.1.2.3", "AGE"]),
    "endpointslice-many": sample(
        "EndpointSlice",
        ["IPv4", "80,53,any", "10.1.2.1,10.1.2.2,10.1.2.3 + 2 more...", "AGE"],
        {"endpoints": ADDRESSES, "ports": PORTS},
    ),
    "endpointslice-empty": sample(
        "EndpointSlice", ["IPv4", "<unset>", "<unset>", "AGE"], {"endpoints": [], "ports": []}
    ),
    "node": sample(
        "Node",
        ["Ready,SchedulingDisabled", "<none>", "AGE", *NODE_CELLS],
        {"spec/unschedulable": True, "status": NODE_STATUS},
    ),
    "node-silent": sample(
        "Node", ["Unknown", "<none>", "AGE", "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"]
    ),
    "persistentvolume": sample(
        "PersistentVolume",
        ["1Gi", "RWO", "Retain", "Pending", "", "fast", "<unset>", "", "AGE", "Filesystem"],
        {"spec/storageClassName": "fast"},
    ),
    "persistentvolume-claimed": sample(
        "PersistentVolume",
        ["1Gi", "ROX,RWX", "Delete", "Pending", "ml/data", "", "<unset>", "", "AGE", "Block"],
        {
            "spec/accessModes": ["ReadWriteMany", "ReadOnlyMany"],
            "spec/persistentVolumeReclaimPolicy": "Delete",
            "spec/claimRef": {"namespace": "ml", "name": "data"},
            "spec/volumeMode": "Block",
        },
    ),
    "priorityclass": sample("PriorityClass", [1000, False, "AGE", "PreemptLowerPriority"]),
    "storageclass": sample("StorageClass", ["example.com/disk", "Delete", "Immediate", False, "AGE"]),
    "storageclass-growing": sample(
        "StorageClass",
        ["example.com/disk", "Retain", "WaitForFirstConsumer", True, "AGE"],
        {"allowVolumeExpansion": True, "reclaimPolicy": "Retain", "volumeBindingMode": "WaitForFirstConsumer"},
    ),
}
