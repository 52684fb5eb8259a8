"""The grammar of pods, from a single container to the fields that levels, limits and quotas judge."""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import Kind

_MAIN: dict[str, Any] = {"name": "main", "image": "busybox"}


def main(**fields: Any) -> list[Any]:
    """A container with more fields."""
    return [_MAIN | fields]


def needing(requests: Any = None, limits: Any = None) -> list[Any]:
    """A container with requests and limits."""
    parts = {"requests": requests, "limits": limits}
    return main(resources={key: part for key, part in parts.items() if part is not None})


CONTAINERS: tuple[Any, ...] = (
    main(),
    needing({"cpu": "100m", "memory": "32Mi"}),
    needing({"cpu": "0.5"}, {"cpu": "1", "memory": "1Gi"}),
    needing(None, {"cpu": "250m", "memory": "128Mi"}),
    needing({"nvidia.com/gpu": "1"}, {"nvidia.com/gpu": "1"}),
    main(image="registry.example.com/x:latest", command=["sh"], args=["-c", "true"], workingDir="/x"),
    main(ports=[{"containerPort": 80}, {"name": "metrics", "containerPort": 9090, "protocol": "UDP"}]),
    main(env=[{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
    main(envFrom=[{"configMapRef": {"name": "a"}}, {"prefix": "P_", "secretRef": {"name": "a", "optional": True}}]),
    main(readinessProbe={"httpGet": {"path": "/", "port": 80}}, livenessProbe={"tcpSocket": {"port": 80}}),
    main(securityContext={"privileged": True}),
    main(
        securityContext={
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    ),
    [_MAIN, {"name": "side", "image": "envoy:v1", "imagePullPolicy": "Always"}],
    main(lifecycle={"preStop": {"exec": {"command": ["true"]}}}),
)
WRONG_CONTAINERS: tuple[Any, ...] = (
    [],
    None,
    "x",
    [{"name": "main"}],
    [{"image": "x"}],
    [_MAIN | {"name": "Bad_Name"}],
    [_MAIN, _MAIN],
    main(image=""),
    main(image=" x"),
    main(imagePullPolicy="Nope"),
    needing({"cpu": "2"}, {"cpu": "1"}),
    needing({"cpu": "x"}),
    needing({"cpu": "-1"}),
    needing({"bad": "1"}),
    needing({"nvidia.com/gpu": "1"}),
    needing({"nvidia.com/gpu": "500m"}, {"nvidia.com/gpu": "500m"}),
    needing({"cpu": True}),
    needing({"memory": "1000m"}),
    main(ports=[{"containerPort": 0}]),
    main(ports=[{"containerPort": 65536, "protocol": "Nope"}]),
    main(ports=[{"name": "toolongportname16", "containerPort": 80}]),
    main(ports=[{"name": "p", "containerPort": 80}, {"name": "p", "containerPort": 81}]),
    main(ports=[{"containerPort": 80}, {"containerPort": 80}]),
    main(ports="80"),
    main(env=[{"name": ""}]),
    main(env=[{"name": "A=B", "value": "1"}]),
    main(env=[{"name": "A", "value": 1}]),
    main(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
    main(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
    main(env=[{"name": "A", "valueFrom": {}}]),
    main(volumeMounts=[{"name": "nope", "mountPath": "/x"}]),
    main(readinessProbe={}),
    main(terminationMessagePolicy="Nope"),
    main(command="sh"),
)
_VOLUMES = (
    [{"name": "v", "emptyDir": {}}],
    [{"name": "v", "configMap": {"name": "a"}}, {"name": "w", "secret": {"secretName": "a"}}],
    [{"name": "v", "persistentVolumeClaim": {"claimName": "a"}}],
    [{"name": "v", "hostPath": {"path": "/x"}}],
)

KINDS = (
    Kind(
        "/api/v1",
        "v1",
        "Pod",
        "pods",
        needs={"spec.containers": CONTAINERS, "spec.automountServiceAccountToken": (False,)},
        may={
            "metadata.finalizers": ([],),  # see LEFT_OUT
            "spec.volumes": _VOLUMES,
            "spec.restartPolicy": ("Never", "OnFailure"),
            "spec.initContainers": ([{"name": "init", "image": "x", "resources": {"requests": {"cpu": "1"}}}],),
            "spec.tolerations": (
                [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
                [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
            ),
            "spec.nodeSelector": ({"zone": "a"},),
            "spec.serviceAccountName": ("a", "default"),
            "spec.hostNetwork": (True,),
            "spec.securityContext": (
                {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                {"fsGroup": 1},
            ),
            "spec.activeDeadlineSeconds": (60,),
            "spec.terminationGracePeriodSeconds": (0, 5),
            "spec.hostname": ("h",),
        },
        wrong={
            "spec.containers": WRONG_CONTAINERS,
            "spec.volumes": (
                [{"name": "Bad_Name", "emptyDir": {}}],
                [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}],
                [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}],
                [{"name": "v", "configMap": {"name": ""}}],
                [{"name": "v", "hostPath": {"path": ""}}],
                [{"name": "v", "persistentVolumeClaim": {"claimName": ""}}],
                [{"name": "v"}],
            ),
            "spec.restartPolicy": ("Nope", "", 1),
            "spec.initContainers": ([{"name": "main", "image": "x"}]),
            "spec.tolerations": (
                [{"operator": "Nope", "key": "a"}],
                [{"operator": "Exists", "key": "a", "value": "x"}],
                [{"key": "bad key"}],
                [{"key": "a", "effect": "Nope"}],
                [{"key": "a", "tolerationSeconds": 5, "effect": "NoSchedule"}],
                [{"operator": "Equal"}],
            ),
            "spec.nodeSelector": ({"bad key": "x"}, {"zone": "b c"}, {"zone": 1}),
            "spec.serviceAccountName": ("nope", "Bad_Name"),
            "spec.activeDeadlineSeconds": (0, -1, "x"),
            "spec.terminationGracePeriodSeconds": (-1, "x"),
            "spec.priorityClassName": ("nope", "system-node-critical"),
            "spec.priority": (5,),
            "spec.dnsPolicy": ("Nope", ""),
            "spec.nodeName": ("Bad_Name",),
            "spec": (None, {}, "x"),
        },
        status={
            "status.phase": ("Running", "Succeeded", "Nope"),
            "status.conditions": ([{"type": "Ready", "status": "True"}], [{"type": "Ready"}]),
            "status.message": ("x", 1),
        },
        fields=("status.phase", "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName"),
        weight=6,
    ),
)
