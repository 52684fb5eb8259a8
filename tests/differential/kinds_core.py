"""The grammar of a namespace's objects other than pods: configuration, accounts, limits, claims, leases, events."""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import RUN, Kind

CORE = "/api/v1"
_NOT_BASE64 = {"k": "%%%"}
_RULE = {"type": "Container"}

METADATA: dict[str, tuple[Any, ...]] = {
    "metadata.labels": ({"app": "x"}, {"app": "y", "tier": "web"}, {"app": ""}, {}),
    "metadata.annotations": ({"note": "1"}, {"note": "2", "example.com/other": "Ünïcode"}, {}),
    "metadata.finalizers": (["example.com/hold"], []),
    "metadata.ownerReferences": (
        [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": f"$uid:{CORE}/namespaces/{RUN}-a/configmaps/a"}],
    ),
    "metadata.creationTimestamp": ("2020-01-01T00:00:00Z", None),
    "metadata.generation": (7,),
}
WRONG_METADATA: dict[str, tuple[Any, ...]] = {
    "metadata.labels": ({"bad key": "x"}, {"app": "b c"}, {"app": 1}, {"a/b/c": "x"}, {"": "x"}, {"app": "x" * 64}, []),
    "metadata.annotations": ({"bad key": "x"}, {"note": 1}, {"note": True}, "x"),
    "metadata.finalizers": (["hold"], ["bad key!"], ["orphan", "foregroundDeletion"], [1]),
    "metadata.ownerReferences": (
        [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}],
        [{"apiVersion": "", "kind": "", "name": "", "uid": ""}],
        [{"apiVersion": "v1", "kind": "Event", "name": "a", "uid": "u"}],
        [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "u1", "controller": True},
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "b", "uid": "u2", "controller": True},
        ],
    ),
    "metadata.name": ("Bad_Name", "-a", f"{RUN}-other", 1, None, ""),
    "metadata.namespace": ("other", 1),
    "metadata.resourceVersion": ("1", "x", 1),
    "metadata.uid": ("00000000-0000-4000-8000-000000000001", 5),
    "metadata.creationTimestamp": ("yesterday", 5),
    "metadata.managedFields": ("x", [{"manager": "m1"}], [{"manager": "m1", "operation": "Nope"}]),
    "metadata.deletionTimestamp": ("2020-01-01T00:00:00Z",),
    "metadata": (None, "x", []),
    "apiVersion": ("v2", "apps/v1", "", 1, None),
    "kind": ("Secret", "Nope", "", 1, None),
}

KINDS = (
    Kind(
        CORE,
        "v1",
        "Namespace",
        "namespaces",
        may={
            "metadata.labels": (
                {},
                {"team": "x"},
                {"pod-security.kubernetes.io/enforce": "baseline"},
                {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"},
                {"kubernetes.io/metadata.name": "other"},
            ),
        },
        wrong={
            "metadata.labels": (
                {"pod-security.kubernetes.io/enforce": "nope"},
                {"pod-security.kubernetes.io/enforce-version": "nope"},
                {"team": "b c"},
            ),
            "spec.finalizers": (["kubernetes"], ["bad"], [], None),
        },
        status={"status.phase": ("Active", "Terminating", "Nope")},
        fields=("status.phase",),
        namespaced=False,
        weight=1,
    ),
    Kind(
        CORE,
        "v1",
        "ConfigMap",
        "configmaps",
        may={
            "data": ({"k": "1"}, {"k": "2", "l": "x"}, {}, {"k": ""}, None),
            "binaryData": ({"b": "AAEC"}, {"k": "AA=="}),
            "immutable": (True, False),
        },
        wrong={
            "data": ({"bad key": "x"}, {"k": 1}, {"k": {}}, [], "x", {"..": "x"}, {"k": None}),
            "binaryData": (_NOT_BASE64, {"k": 1}, {"": "AA=="}),
            "immutable": ("yes", 1, None),
        },
        weight=4,
    ),
    Kind(
        CORE,
        "v1",
        "Secret",
        "secrets",
        may={
            "data": ({"k": "MQ=="}, {"k": "Mg==", "l": ""}, {}, {"username": "eA=="}),
            "stringData": ({"k": "plain"}, {"m": "x"}),
            "type": ("Opaque", "kubernetes.io/basic-auth", "example.com/own", "", "kubernetes.io/tls"),
            "immutable": (True, False),
        },
        wrong={
            "data": (_NOT_BASE64, {"bad key": "MQ=="}, {"k": 1}, []),
            "stringData": ({"bad key": "x"}, {"k": 1}),
            "type": (
                "kubernetes.io/dockerconfigjson",
                "kubernetes.io/ssh-auth",
                1,
                "kubernetes.io/service-account-token",
            ),
        },
        fields=("type",),
    ),
    Kind(
        CORE,
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        may={
            "automountServiceAccountToken": (True, False),
            "imagePullSecrets": ([{"name": "pull"}], [{"name": "pull"}, {"name": "b"}], []),
            "secrets": ([{"name": "s"}],),
        },
        wrong={
            "automountServiceAccountToken": ("no",),
            "imagePullSecrets": ([{"name": 1}], "pull", [{}]),
        },
    ),
    Kind(
        CORE,
        "v1",
        "ResourceQuota",
        "resourcequotas",
        may={
            "spec.hard": (
                {"pods": "3"},
                {"requests.cpu": "1", "limits.memory": "2Gi"},
                {"count/configmaps": "4", "secrets": "2"},
                {"services": "1", "services.nodeports": "0", "persistentvolumeclaims": 1},
                {"requests.nvidia.com/gpu": "1"},
                {"requests.storage": "5Gi", "fast.storageclass.storage.k8s.io/requests.storage": "1Gi"},
                {"cpu": "1.5", "memory": "1000Mi"},
                {},
            ),
            "spec.scopes": (["BestEffort"], ["NotTerminating"]),
        },
        wrong={
            "spec.hard": (
                {"pods": "x"},
                {"pods": "-1"},
                {"bad": "1"},
                {"pods": "1.5"},
                {"pods": True},
                [],
                {"limits.nvidia.com/gpu": "1"},
                {"count/": "1"},
            ),
            "spec.scopes": (["BestEffort", "NotBestEffort"], ["Nope"], "BestEffort"),
        },
        status={"status.hard": ({"pods": "3"}, {"pods": "x"}), "status.used": ({"pods": "1"},)},
    ),
    Kind(
        CORE,
        "v1",
        "LimitRange",
        "limitranges",
        is_alone=True,
        needs={
            "spec.limits": (
                [{"type": "Container", "default": {"cpu": "500m", "memory": "64Mi"}}],
                [{"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "100m"}}],
                [
                    {
                        "type": "Container",
                        "default": {"cpu": "1"},
                        "defaultRequest": {"cpu": "250m"},
                        "max": {"cpu": "2"},
                    }
                ],
                [{"type": "Pod", "max": {"memory": "1Gi"}}],
                [{"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}, "min": {"storage": "1Gi"}}],
                [{"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}],
            ),
        },
        wrong={
            "spec.limits": (
                [_RULE | {"min": {"cpu": "2"}, "max": {"cpu": "1"}}],
                [_RULE | {"default": {"cpu": "2"}, "max": {"cpu": "1"}}],
                [_RULE | {"default": {"cpu": "x"}}],
                [_RULE | {"default": {"bad key": "1"}}],
                [_RULE | {"maxLimitRequestRatio": {"cpu": "500m"}}],
                [_RULE, _RULE],
                [{"type": "Pod", "default": {"cpu": "1"}}],
                [{"type": "Nope"}],
                [{"type": "PersistentVolumeClaim"}],
                [{}],
                None,
            ),
            "spec": (None, "x"),
        },
        weight=1,
    ),
    Kind(
        CORE,
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        needs={
            "spec.accessModes": (["ReadWriteOnce"], ["ReadWriteMany"], ["ReadWriteOnce", "ReadOnlyMany"]),
            "spec.resources.requests.storage": ("1Gi", "10Gi", "1024Mi"),
        },
        may={
            "spec.storageClassName": ("fast", ""),
            "spec.volumeMode": ("Block", "Filesystem"),
            "spec.volumeName": ("v",),
        },
        wrong={
            "spec.accessModes": ([], ["Nope"], None, ["ReadWriteOncePod", "ReadWriteOnce"], "ReadWriteOnce"),
            "spec.resources.requests.storage": ("0", "-1", "x", None),
            "spec.storageClassName": ("Bad_Class", 1),
            "spec.volumeMode": ("Nope", ""),
            "spec.selector": (
                {"matchLabels": {"bad key": "x"}},
                {"matchExpressions": [{"key": "a", "operator": "Nope"}]},
            ),
        },
    ),
    Kind(
        CORE,
        "v1",
        "Event",
        "events",
        needs={
            "involvedObject": (
                {"kind": "Pod", "name": "a", "namespace": f"{RUN}-a"},
                {"kind": "Pod", "name": "b", "namespace": f"{RUN}-a", "uid": "u"},
            )
        },
        may={
            "reason": ("Because",),
            "message": ("words",),
            "type": ("Normal", "Warning"),
            "count": (1, 2),
            "source": ({"component": "me"},),
        },
        wrong={
            "involvedObject": ({}, {"namespace": "other"}, None, "x"),
            "count": ("x", 1.5),
            "type": ("Nope",),
            "firstTimestamp": ("x",),
            "reason": (1,),
        },
        fields=("reason", "type", "involvedObject.name", "involvedObject.kind"),
        weight=1,
    ),
    Kind(
        "/apis/coordination.k8s.io/v1",
        "coordination.k8s.io/v1",
        "Lease",
        "leases",
        may={
            "spec.holderIdentity": ("me", "you"),
            "spec.leaseDurationSeconds": (10, 20),
            "spec.leaseTransitions": (1,),
            "spec.renewTime": ("2026-01-01T00:00:00.000000Z", "2026-01-01T01:00:00.000001+01:00"),
        },
        wrong={
            "spec.leaseDurationSeconds": (0, -1, "x", 1.5, 4294967296),
            "spec.leaseTransitions": (-1,),
            "spec.holderIdentity": ("", 1),
            "spec.renewTime": ("x", "2026-01-01", "2026-01-01T00:00:00Z"),
            "spec.strategy": ("Nope", ""),
        },
    ),
)
