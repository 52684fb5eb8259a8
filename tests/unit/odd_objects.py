"""Objects of each kind with all fields that are read, and the odd values that may stand in any of them.

The server refuses some of these values today; an older server, an aggregated API or a custom kind may return them.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.rules.manifest import Manifest

AT = "2026-11-25T12:00:00Z"
GPU = "nvidia.com/gpu"
REMOVED = object()
TIMES = (
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "0000-01-01T00:00:00Z",
    "2262-04-12T00:00:00Z",
    "2026-12-31T23:59:60Z",
    "2026-11-25T12:00:00",
    "2026-11-25",
    "1764072000",
)
AMOUNTS = ("100E", "-1", "1e99", "1e-30", "16GB", "9223372036854775808", "0", "1.5")
OTHERS: tuple[Any, ...] = (None, REMOVED, "", "x", -1, 0, 2**70, 1.5, True, [], {}, [None], ["x"], [{}], {"x": None})
ODD: tuple[Any, ...] = (*TIMES, *AMOUNTS, *OTHERS)
FEW: tuple[Any, ...] = (None, REMOVED, "x", -1, 2**70, [], {}, [None], [{}], TIMES[0], AMOUNTS[0])
_IDENTITY = {("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}  # no server leaves these out

_OWNER = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f", "uid": "u", "controller": True}]
_RESOURCES = {"requests": {"cpu": "500m", "memory": "1Gi", GPU: "2"}, "limits": {"memory": "2Gi", GPU: "2"}}
_ENDED = {"exitCode": 137, "reason": "OOMKilled", "signal": 9, "message": "killed", "finishedAt": AT, "startedAt": AT}
_CONTAINER = {
    "name": "main",
    "image": "busybox",
    "resources": _RESOURCES,
    "ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "TCP"}],
}


def _made(kind: str, name: str, **fields: Any) -> Manifest:
    metadata = {
        "name": name,
        "namespace": "vision",
        "uid": f"uid-{name}",
        "creationTimestamp": AT,
        "labels": {"app": "web", "pod-template-hash": "7d9f"},
        "annotations": {"hub.jupyter.org/username": "dana"},
        **fields.pop("metadata", {}),
    }
    return {"kind": kind, "metadata": metadata, **fields}


def _condition(kind: str, status: str, reason: str = "Because") -> Manifest:
    return {"type": kind, "status": status, "reason": reason, "message": "said", "lastTransitionTime": AT}


def _pod(name: str, phase: str, state: Manifest, *conditions: Manifest, node: str | None, **spec: Any) -> Manifest:
    status = {
        "phase": phase,
        "qosClass": "Burstable",
        "startTime": AT,
        "reason": "Evicted" if phase == "Failed" else "",
        "message": "said",
        "conditions": list(conditions),
        "containerStatuses": [
            {
                "name": "main",
                "image": "busybox",
                "ready": False,
                "restartCount": 3,
                "state": state,
                "lastState": {"terminated": _ENDED},
                "allocatedResources": _RESOURCES["requests"],
                "resources": _RESOURCES,
            }
        ],
        "initContainerStatuses": [{"name": "init", "ready": True, "restartCount": 0, "state": {"terminated": _ENDED}}],
    }
    term = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
    needed = {"key": "pool", "operator": "In", "values": ["gpu"]}
    whole = {
        "containers": [_CONTAINER],
        "initContainers": [{"name": "init", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}}],
        "overhead": {"cpu": "10m"},
        "priority": 10,
        "priorityClassName": "high",
        "serviceAccountName": "default",
        "schedulerName": "default-scheduler",
        "nodeSelector": {"pool": "gpu"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}],
        "activeDeadlineSeconds": 600,
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "config", "configMap": {"name": "config"}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [needed], "matchFields": []}]
                }
            },
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "zone",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "web"}},
            }
        ],
        **({"nodeName": node} if node else {}),
        **spec,
    }
    metadata = {"ownerReferences": _OWNER, "deletionGracePeriodSeconds": 30}
    return _made("Pod", name, metadata=metadata, spec=whole, status=status)


PODS = [
    _pod("web-1", "Running", {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}, node="n1"),
    _pod(
        "web-2",
        "Pending",
        {"waiting": {"reason": "ContainerCreating"}},
        _condition("PodScheduled", "False", "Unschedulable")
        | {"message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."},
        node=None,
    ),
    _pod("web-3", "Failed", {"terminated": _ENDED}, node="n1"),
    _pod("web-4", "Running", {"running": {"startedAt": AT}}, _condition("Ready", "False"), node="n1"),
    _pod("web-5", "Pending", {"waiting": {"reason": "ErrImagePull", "message": "denied"}}, node="n1"),
]
PODS[3]["metadata"] |= {"deletionTimestamp": AT, "finalizers": ["example.com/hold"]}
_USED = "requested: requests.cpu=1, used: requests.cpu=1, limited: requests.cpu=1"
_REFUSED = f'pods "web-x" is forbidden: exceeded quota: tenantkit-quota, {_USED}'
EVENTS = [
    _made(
        "Event",
        f"event-{reason}",
        involvedObject={"kind": kind, "name": name, "namespace": "vision", "fieldPath": "spec.containers{main}"},
        type="Warning",
        reason=reason,
        message=message,
        count=3,
        firstTimestamp=AT,
        lastTimestamp=AT,
        eventTime=AT,
        series={"count": 4, "lastObservedTime": AT},
        source={"component": "kubelet"},
        reportingComponent="kubelet",
    )
    for kind, name, reason, message in (
        ("Pod", "web-2", "FailedMount", 'MountVolume.SetUp failed for volume "data" : secret "x" not found'),
        ("Pod", "web-4", "Unhealthy", "Readiness probe failed: HTTP 500"),
        (
            "ReplicaSet",
            "web-7d9f",
            "FailedCreate",
            _REFUSED,
        ),
    )
]
_TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [_CONTAINER], "restartPolicy": "Never"}}
_SCALED = {
    "replicas": 2,
    "readyReplicas": 1,
    "updatedReplicas": 1,
    "availableReplicas": 1,
    "conditions": [_condition("Progressing", "True"), _condition("Available", "False")],
}
_ABOVE = {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}]}
WORKLOADS = [
    _made("Deployment", "web", spec={"replicas": 2, "strategy": {}, "template": _TEMPLATE}, status=_SCALED),
    _made("ReplicaSet", "web-7d9f", metadata=_ABOVE, spec={"replicas": 2, "template": _TEMPLATE}, status=_SCALED),
    _made("StatefulSet", "db", spec={"replicas": 2, "template": _TEMPLATE}, status=_SCALED),
    _made(
        "DaemonSet",
        "log",
        spec={"template": _TEMPLATE},
        status={"desiredNumberScheduled": 2, "currentNumberScheduled": 1, "numberReady": 1, "conditions": []},
    ),
    _made(
        "Job",
        "train",
        spec={"completions": 2, "parallelism": 1, "backoffLimit": 3, "suspend": False, "template": _TEMPLATE},
        status={"active": 1, "ready": 0, "succeeded": 0, "failed": 3, "conditions": [_condition("Failed", "True")]},
    ),
    _made("CronJob", "nightly", spec={"schedule": "0 3 * * *", "suspend": False}, status={"active": [{"name": "x"}]}),
]
SERVICES = [
    _made(
        "Service",
        "web",
        spec={
            "type": "LoadBalancer",
            "clusterIP": "10.0.0.1",
            "externalIPs": ["1.2.3.4"],
            "externalName": "x.example.com",
            "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}],
            "selector": {"app": "web"},
        },
        status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4", "hostname": "x"}]}},
    )
]
SLICES = [
    _made(
        "EndpointSlice",
        "web-x",
        metadata={"labels": {"kubernetes.io/service-name": "web"}},
        addressType="IPv4",
        endpoints=[{"conditions": {"ready": True}}],
    )
]
INGRESSES = [
    _made(
        "Ingress",
        "web",
        spec={
            "ingressClassName": "contour",
            "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
            "tls": [{"hosts": ["web.example.ai"], "secretName": "tls"}],
            "rules": [
                {
                    "host": "web.example.ai",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"name": "http"}}},
                            }
                        ]
                    },
                }
            ],
        },
        status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4", "hostname": "x"}]}},
    )
]
CLAIMS = [
    _made(
        "PersistentVolumeClaim",
        "data",
        spec={
            "resources": {"requests": {"storage": "10Gi"}},
            "storageClassName": "fast",
            "accessModes": ["ReadWriteOnce"],
            "volumeName": "pv-1",
        },
        status={
            "phase": "Pending",
            "capacity": {"storage": "10Gi"},
            "allocatedResources": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce"],
            "conditions": [_condition("Resizing", "True")],
        },
    )
]
_HARD = {"requests.cpu": "4", "requests.memory": "8Gi", f"requests.{GPU}": "2", "requests.storage": "10Gi", "pods": "9"}
QUOTAS = [
    _made(
        "ResourceQuota",
        "tenantkit-quota",
        metadata={"labels": {"tenantkit.dev/tenant": "vision", "tenantkit.dev/team": "cv"}},
        spec={
            "hard": _HARD,
            "scopes": ["NotTerminating"],
            "scopeSelector": {
                "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
            },
        },
        status={"hard": _HARD, "used": dict.fromkeys(_HARD, "1")},
    )
]
NODES = [
    {
        "kind": "Node",
        "metadata": {
            "name": "n1",
            "creationTimestamp": AT,
            "labels": {"pool": "gpu", "nvidia.com/gpu.product": "H100", "kubernetes.io/hostname": "n1"},
        },
        "spec": {
            "unschedulable": True,
            "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule", "timeAdded": AT}],
        },
        "status": {
            "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110", GPU: "4", "nvidia.com/mig-1g.10gb": "7"},
            "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110", GPU: "4"},
            "conditions": [_condition("Ready", "False"), _condition("MemoryPressure", "True")],
        },
    }
]
NAMESPACES = [
    {
        "kind": "Namespace",
        "metadata": {
            "name": "vision",
            "creationTimestamp": AT,
            "deletionTimestamp": AT,
            "labels": {"tenantkit.dev/tenant": "vision", "tenantkit.dev/team": "cv"},
            "annotations": {
                "tenantkit.dev/hosts": "vision.example.ai",
                "tenantkit.dev/grant": '{"apiVersion":"tenantkit.dev/v1alpha1","name":"vision","team":"cv",'
                '"owners":["dana"],"size":"small","expires":"9999-12-31T23:59:59Z"}',
            },
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Terminating", "conditions": [_condition("NamespaceContentRemaining", "True")]},
    }
]
LIMIT_RANGES = [
    _made(
        "LimitRange",
        "limits",
        spec={
            "limits": [
                {
                    "type": "Container",
                    "default": {"memory": "512Mi"},
                    "defaultRequest": {"cpu": "100m"},
                    "max": {"cpu": "8"},
                    "min": {"cpu": "10m"},
                }
            ]
        },
    )
]
KUEUE = [
    _made(
        "Workload",
        "train-x",
        metadata={"ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "train", "controller": True}]},
        spec={"queueName": "team", "active": True, "podSets": [{"count": 2}]},
        status={"conditions": [_condition("QuotaReserved", "False")], "admission": {"clusterQueue": "team"}},
    )
]
BINDINGS = [
    _made(
        "RoleBinding",
        "by-hand",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        subjects=[{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "dana@example.com"}],
    )
]
ALL: dict[str, list[Manifest]] = {
    "Pod": PODS,
    "Event": EVENTS,
    **{each["kind"]: [each] for each in WORKLOADS},
    "Service": SERVICES,
    "EndpointSlice": SLICES,
    "Ingress": INGRESSES,
    "RoleBinding": BINDINGS,
    "PersistentVolumeClaim": CLAIMS,
    "ResourceQuota": QUOTAS,
    "Node": NODES,
    "Namespace": NAMESPACES,
    "LimitRange": LIMIT_RANGES,
    "Workload": KUEUE,
}


def variants(manifest: Manifest, values: Sequence[Any] = ODD) -> Iterator[tuple[str, Manifest]]:
    """The object with each of these values in each of its fields, and what was changed."""
    for path in _paths(manifest):
        for value in values if path not in _IDENTITY else ():
            changed = copy.deepcopy(manifest)
            _put(changed, path, value)
            yield f"{'.'.join(map(str, path))}={'removed' if value is REMOVED else repr(value)}", changed


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _paths(each, (*path, key))


def _put(manifest: Any, path: tuple[Any, ...], value: Any) -> None:
    *above, last = path
    for key in above:
        manifest = manifest[key]
    if value is REMOVED:
        del manifest[last]
    else:
        manifest[last] = copy.deepcopy(value)
