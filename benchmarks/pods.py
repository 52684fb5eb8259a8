"""`pods` over 5,000 pods of 6 KB, beside other clients; see `listing.py` for how they are compared.

tenantkit also reads the namespaces' tenants and the Deployments' owners, which the floor does not.

`PYTHONPATH=. python benchmarks/pods.py [--count N] [--rounds N]`; exits with 1 if time or memory misses its target.
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.listing import Listing, run
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET, MEMORY_TARGET = 1.5, 3.0
PODS_OF_A_WORKLOAD = 8
NAMESPACES = 100
CREATED = "2026-11-25T13:08:27Z"
SIZES = (("250m", "512Mi", 0), ("1", "4Gi", 0), ("4", "32Gi", 1), ("16", "128Gi", 4))
STATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Running", {"running": {"startedAt": CREATED}}),
    ("Pending", {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "registry/x"'}}),
    ("Running", {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}),
    ("Succeeded", {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": CREATED}}),
)
WEIGHTS = (90, 3, 3, 4)


def collections(count: int) -> Mapping[str, list[bytes]]:
    """Pods, and what tenantkit reads besides: the metadata of their Deployments, and the namespaces."""
    draw = random.Random(1)  # noqa: S311 (the same answers every time)
    workloads = range(-(-count // PODS_OF_A_WORKLOAD))
    return {
        "/api/v1/pods": [orjson.dumps(pod(number, draw)) for number in range(count)],
        "/apis/apps/v1/deployments": [
            orjson.dumps({"metadata": metadata(f"model-{each}", each)}) for each in workloads
        ],
        "/api/v1/namespaces": [orjson.dumps({"metadata": namespace(each)}) for each in range(NAMESPACES)],
    }


def namespace(number: int) -> dict[str, Any]:
    labels = {MANAGED_BY_LABEL: MANAGED_BY, TENANT_LABEL: f"team-{number}", TEAM_LABEL: f"unit-{number % 7}"}
    return {"name": f"team-{number}", "labels": labels, "creationTimestamp": CREATED}


def metadata(name: str, workload: int, **more: Any) -> dict[str, Any]:
    """The metadata that every object has."""
    return {
        "name": name,
        "namespace": f"team-{workload % NAMESPACES}",
        "uid": f"{workload:08x}-7c1e-4b5a-9d55-1f0e2d3c4b5a",
        "resourceVersion": str(100_000 + workload),
        "creationTimestamp": CREATED,
        "labels": {"app.kubernetes.io/name": f"model-{workload}", "app.kubernetes.io/part-of": "serving"},
        "managedFields": [managed("kubectl-client-side-apply", "f:spec", "f:replicas", "f:selector", "f:template")],
        **more,
    }


def managed(manager: str, top: str, *names: str) -> dict[str, Any]:
    fields: dict[str, Any] = {name: {"f:name": {}, ".": {}, "f:type": {}, "f:value": {}} for name in names}
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": CREATED,
        "fieldsType": "FieldsV1",
        "fieldsV1": {top: fields},
    }


def pod(number: int, draw: random.Random) -> dict[str, Any]:
    """A pod of a Deployment with two containers, as a server and a kubelet write it."""
    workload = number // PODS_OF_A_WORKLOAD
    code = f"{workload * 7919 % 2**32:x}"
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"model-{workload}-{code}",
        "uid": f"{workload:036x}",
    }
    found = metadata(
        f"model-{workload}-{code}-{number:05d}",
        workload,
        generateName=f"model-{workload}-{code}-",
        annotations={"prometheus.io/scrape": "true", "checksum/config": f"{workload:064x}"},
        ownerReferences=[owner | {"controller": True, "blockOwnerDeletion": True}],
    )
    found["labels"] = {**found["labels"], "pod-template-hash": code}
    fields = [
        f"k:{{{part}}}" for part in ("PodScheduled", "Initialized", "ContainersReady", "Ready", "PodIP", "Started")
    ]
    found["managedFields"] = [
        managed("kube-controller-manager", "f:spec", *(f"f:{each}" for each in SPEC_FIELDS)),
        {**managed("kubelet", "f:status", *fields), "subresource": "status"},
    ]
    phase, state = draw.choices(STATES, WEIGHTS)[0]
    containers = [container("main", *SIZES[workload % len(SIZES)]), container("metrics", "50m", "64Mi", 0)]
    return {"metadata": found, "spec": spec(containers, number), "status": status(containers, phase, state, draw)}


SPEC_FIELDS = (
    "containers",
    "dnsPolicy",
    "enableServiceLinks",
    "restartPolicy",
    "schedulerName",
    "tolerations",
    "volumes",
)


def container(name: str, cpu: str, memory: str, gpus: int) -> dict[str, Any]:
    amounts = {"cpu": cpu, "memory": memory} | ({"nvidia.com/gpu": str(gpus)} if gpus else {})
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}
    return {
        "name": name,
        "image": f"registry.example.ai/serving/{name}:1.14.2",
        "args": ["--model=/models/current", "--port=8080", "--max-batch-size=32"],
        "env": [{"name": f"SETTING_{each}", "value": f"value of setting number {each}"} for each in range(8)],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": amounts, "limits": amounts},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "volumeMounts": [
            {"name": "models", "mountPath": "/models", "readOnly": True},
            {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True},
        ],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True},
    }


def spec(containers: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return {
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
        "containers": containers,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "workload",
        "nodeName": f"node-{number % 200}",
        "securityContext": {"runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "schedulerName": "default-scheduler",
        "tolerations": [
            {"key": f"node.kubernetes.io/{each}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            for each in ("not-ready", "unreachable")
        ],
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def status(containers: list[dict[str, Any]], phase: str, state: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    up = "running" in state
    conditions = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": phase,
        "conditions": [
            {
                "type": each,
                "status": str(up),
                "lastProbeTime": None,
                "lastTransitionTime": CREATED,
                "observedGeneration": 1,
            }
            for each in conditions
        ],
        "hostIP": "10.0.0.1",
        "podIP": "10.244.1.17",
        "podIPs": [{"ip": "10.244.1.17"}],
        "startTime": CREATED,
        "qosClass": "Guaranteed",
        "containerStatuses": [
            {
                "name": each["name"],
                "state": state,
                "lastState": {},
                "ready": up,
                "restartCount": draw.randrange(3),
                "image": each["image"],
                "imageID": f"{each['image']}@sha256:{draw.getrandbits(256):064x}",
                "containerID": f"containerd://{draw.getrandbits(256):064x}",
                "started": up,
                "allocatedResources": each["resources"]["requests"],
                "resources": each["resources"],
            }
            for each in containers
        ],
    }


def ask(cluster: Any, namespaces: list[str] | None) -> int:
    """How many pods the frame has."""
    import tenantkit as tk

    return len(tk.pods(cluster, namespaces=namespaces))


LISTING = Listing(
    script=__file__,
    plural="pods",
    kind="Pod",
    count=5_000,
    collections=collections,
    ask=ask,
    typed=("list_namespaced_pod", "list_pod_for_all_namespaces"),
    target=TARGET,
    memory_target=MEMORY_TARGET,
)

if __name__ == "__main__":
    sys.exit(run(LISTING))
