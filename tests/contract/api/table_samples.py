"""Objects of every kind, and the cells of their rows on the real server.

`sample` stands for the object's name, `AGE` for its age, `CREATED` for its creation time, `IP` for an address that the
server chose. A sample without a status is never stored: it is created as a dry run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CORE, NETWORKING, RBAC = "/api/v1", "/apis/networking.k8s.io/v1", "/apis/rbac.authorization.k8s.io/v1"
HERE = "/namespaces/{namespace}"
USER = {"kind": "User", "name": "ana@example.com", "apiGroup": "rbac.authorization.k8s.io"}
GROUP = {"kind": "Group", "name": "ml-vision", "apiGroup": "rbac.authorization.k8s.io"}
ROBOT = {"kind": "ServiceAccount", "name": "robot", "namespace": "audio"}
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["nodes/proxy"]}
POLICY: Json = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "true"}]}
BOUND: Json = {"policyName": "nobody", "validationActions": ["Deny"]}
SELECTED: Json = {
    "matchLabels": {"b": "c", "a": "b"},
    "matchExpressions": [{"key": "x", "operator": "In", "values": ["y", "z"]}],
}
SELECTED_SHOWN = (
    "&LabelSelector{MatchLabels:map[string]string{a: b,b: c,},"
    "MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:x,Operator:In,Values:[y z],},},}"
)
PAST = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Sample:
    """An object, the path that it is posted to, and its row."""

    path: str
    body: Json
    cells: list[Any]
    status: Json | None = None
    annotations: dict[str, str] = field(default_factory=dict)


def binding(kind: str) -> Json:
    role = {"kind": kind, "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    return {"roleRef": role, "subjects": [USER, {**USER, "name": "ben@example.com"}, GROUP, ROBOT]}


def rules(*hosts: str) -> list[Json]:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    return [{"host": host, "http": {"paths": [path]}} if host else {"http": {"paths": [path]}} for host in hosts]


def claim(**spec: Any) -> Json:
    wanted = {"accessModes": ["ReadWriteOnce", "ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"spec": {"storageClassName": "fast", **wanted, **spec}}


def event(**rest: Any) -> Json:
    about = {"kind": "Pod", "name": "p", "namespace": "{namespace}", "fieldPath": "spec.containers{main}"}
    return {"involvedObject": about, "reason": "Started", "type": "Normal", **rest}


EXPRESSIONS = [
    {"key": "tier", "operator": "In", "values": ["gold", "bronze"]},
    {"key": "env", "operator": "NotIn", "values": ["dev"]},
    {"key": "app", "operator": "Exists"},
    {"key": "zone", "operator": "DoesNotExist"},
    {"key": "one", "operator": "In", "values": ["x"]},
]
PORTS = [
    {"name": "web", "port": 80, "protocol": "TCP", "targetPort": 80},
    {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
]
BINDING_CELLS = ["AGE", "ana@example.com, ben@example.com", "ml-vision", "audio/robot"]
ADDRESSES = [{"ip": "192.0.2.9"}, {"hostname": "balancer.a-rather-long-name.example.com"}, {"ip": "192.0.2.1"}]
ADDRESSES_CELL = "192.0.2.1,192.0.2.9,balancer.a-rather-long-name.example.com"
STARTED = ["Normal", "Started", "pod/p", "spec.containers{main}"]
SAMPLES = {
    "namespace": Sample(f"{CORE}/namespaces", {}, ["sample", "Active", "AGE"]),
    "configmap": Sample(
        f"{CORE}{HERE}/configmaps", {"data": {"a": "1", "b": "2"}, "binaryData": {"c": "YQ=="}}, ["sample", 3, "AGE"]
    ),
    "configmap-empty": Sample(f"{CORE}{HERE}/configmaps", {}, ["sample", 0, "AGE"]),
    "secret": Sample(f"{CORE}{HERE}/secrets", {"data": {"a": "YQ=="}}, ["sample", "Opaque", 1, "AGE"]),
    "serviceaccount": Sample(f"{CORE}{HERE}/serviceaccounts", {}, ["sample", "AGE"]),
    "limitrange": Sample(f"{CORE}{HERE}/limitranges", {"spec": {"limits": []}}, ["sample", "CREATED"]),
    "lease": Sample(
        f"/apis/coordination.k8s.io/v1{HERE}/leases", {"spec": {"holderIdentity": "me"}}, ["sample", "me", "AGE"]
    ),
    "event": Sample(
        f"{CORE}{HERE}/events",
        event(message=" it started\n", source={"component": "kubelet", "host": "n1"}),
        ["<unknown>", *STARTED, "kubelet, n1", "it started", "<unknown>", 1, "sample"],
    ),
    "event-counted": Sample(
        f"{CORE}{HERE}/events",
        event(count=3, firstTimestamp=PAST, lastTimestamp=PAST, reportingComponent="c", reportingInstance="i"),
        ["AGE", *STARTED, "c, i", "", "AGE", 3, "sample"],
    ),
    "event-series": Sample(
        f"{CORE}{HERE}/events",
        event(
            eventTime="2026-01-01T00:00:00.500000Z",
            series={"count": 7, "lastObservedTime": "2026-01-02T00:00:00.000000Z"},
            action="Starting",
            reportingComponent="example.com/controller",
            reportingInstance="one",
        ),
        ["AGE", *STARTED, "example.com/controller, one", "", "AGE", 7, "sample"],
    ),
    "claim": Sample(
        f"{CORE}{HERE}/persistentvolumeclaims",
        claim(),
        ["sample", "Pending", "", "", "", "fast", "<unset>", "AGE", "Filesystem"],
        status={"phase": "Pending", "accessModes": ["ReadWriteOnce"]},
    ),
    "claim-block": Sample(
        f"{CORE}{HERE}/persistentvolumeclaims",
        claim(volumeMode="Block", volumeName="pv1", volumeAttributesClassName="gold"),
        ["sample", "Pending", "pv1", "0", "", "slow", "gold", "AGE", "Block"],
        annotations={"volume.beta.kubernetes.io/storage-class": "slow"},
    ),
    "claim-bound": Sample(
        f"{CORE}{HERE}/persistentvolumeclaims",
        claim(volumeName="pv1"),
        ["sample", "Bound", "pv1", "2Gi", "RWO,RWX", "fast", "<unset>", "AGE", "Filesystem"],
        status={
            "phase": "Bound",
            "capacity": {"storage": "2048Mi"},
            "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
        },
    ),
    "quota": Sample(
        f"{CORE}{HERE}/resourcequotas",
        {"spec": {"hard": {"pods": "3"}}},
        ["sample", "pods: 0/3, requests.cpu: 500m/2", "limits.cpu: 1/4", "AGE"],
        status={
            "hard": {"requests.cpu": "2", "pods": "3", "limits.cpu": "4"},
            "used": {"requests.cpu": "500m", "limits.cpu": "1"},
        },
    ),
    "service": Sample(
        f"{CORE}{HERE}/services",
        {"spec": {"clusterIP": "None", "ports": PORTS, "selector": {"tier": "gold", "app": "web"}}},
        ["sample", "ClusterIP", "None", "<none>", "80/TCP,53/UDP", "AGE", "app=web,tier=gold"],
    ),
    "service-external-ips": Sample(
        f"{CORE}{HERE}/services",
        {"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30123}], "externalIPs": ["192.0.2.1"]}},
        ["sample", "NodePort", "IP", "192.0.2.1", "80:30123/TCP", "AGE", "<none>"],
    ),
    "service-external-name": Sample(
        f"{CORE}{HERE}/services",
        {"spec": {"type": "ExternalName", "externalName": "db.example.com"}},
        ["sample", "ExternalName", "<none>", "db.example.com", "<none>", "AGE", "<none>"],
    ),
    "service-pending": Sample(
        f"{CORE}{HERE}/services",
        {"spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False, "ports": [{"port": 80}]}},
        ["sample", "LoadBalancer", "IP", "<pending>", "80/TCP", "AGE", "<none>"],
    ),
    "service-balanced": Sample(
        f"{CORE}{HERE}/services",
        {
            "spec": {
                "type": "LoadBalancer",
                "allocateLoadBalancerNodePorts": False,
                "ports": [{"port": 80}],
                "externalIPs": ["192.0.2.7"],
            }
        },
        ["sample", "LoadBalancer", "IP", f"{ADDRESSES_CELL},192.0.2.7", "80/TCP", "AGE", "<none>"],
        status={"loadBalancer": {"ingress": ADDRESSES}},
    ),
    "ingress": Sample(
        f"{NETWORKING}{HERE}/ingresses",
        {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}},
        ["sample", "<none>", "*", "", "80", "AGE"],
    ),
    "ingress-hosts": Sample(
        f"{NETWORKING}{HERE}/ingresses",
        {
            "spec": {
                "ingressClassName": "shared",
                "rules": rules("a.ai", "", "b.ai", "c.ai", "d.ai"),
                "tls": [{"hosts": ["a.ai"]}],
            }
        },
        ["sample", "shared", "a.ai,b.ai,c.ai + 2 more...", "", "80, 443", "AGE"],
    ),
    "ingress-address": Sample(
        f"{NETWORKING}{HERE}/ingresses",
        {"spec": {"rules": rules("a.ai", "b.ai", "c.ai")}},
        ["sample", "<none>", "a.ai,b.ai,c.ai", ADDRESSES_CELL, "80", "AGE"],
        status={"loadBalancer": {"ingress": ADDRESSES}},
    ),
    "ingressclass": Sample(
        f"{NETWORKING}/ingressclasses",
        {"spec": {"controller": "example.com/one"}},
        ["sample", "example.com/one", "<none>", "AGE"],
    ),
    "ingressclass-default": Sample(
        f"{NETWORKING}/ingressclasses",
        {
            "spec": {
                "controller": "example.com/one",
                "parameters": {"apiGroup": "example.com", "kind": "Settings", "name": "s", "scope": "Cluster"},
            }
        },
        ["sample (default)", "example.com/one", "Settings.example.com/s", "AGE"],
        annotations={"ingressclass.kubernetes.io/is-default-class": "true"},
    ),
    "networkpolicy": Sample(
        f"{NETWORKING}{HERE}/networkpolicies", {"spec": {"podSelector": {}}}, ["sample", "<none>", "AGE"]
    ),
    "networkpolicy-selector": Sample(
        f"{NETWORKING}{HERE}/networkpolicies",
        {"spec": {"podSelector": {"matchLabels": {"z": "1", "b": "2"}, "matchExpressions": EXPRESSIONS}}},
        ["sample", "app,b=2,env notin (dev),one in (x),tier in (bronze,gold),z=1,!zone", "AGE"],
    ),
    "role": Sample(f"{RBAC}{HERE}/roles", {"rules": []}, ["sample", "CREATED"]),
    "clusterrole": Sample(f"{RBAC}/clusterroles", {"rules": []}, ["sample", "CREATED"]),
    "rolebinding": Sample(
        f"{RBAC}{HERE}/rolebindings", binding("ClusterRole"), ["sample", "ClusterRole/view", *BINDING_CELLS]
    ),
    "clusterrolebinding": Sample(
        f"{RBAC}/clusterrolebindings", binding("ClusterRole"), ["sample", "ClusterRole/view", *BINDING_CELLS]
    ),
    "validatingadmissionpolicy": Sample(
        f"{ADMISSION}/validatingadmissionpolicies",
        {"spec": {**POLICY, "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}},
        ["sample", 1, "v1/ConfigMap", "AGE"],
    ),
    "validatingadmissionpolicy-plain": Sample(
        f"{ADMISSION}/validatingadmissionpolicies", {"spec": POLICY}, ["sample", 1, "<unset>", "AGE"]
    ),
    "validatingadmissionpolicybinding": Sample(
        f"{ADMISSION}/validatingadmissionpolicybindings",
        {"spec": {**BOUND, "paramRef": {"name": "a", "namespace": "b", "parameterNotFoundAction": "Deny"}}},
        ["sample", "nobody", "b/a", "AGE"],
    ),
    "validatingadmissionpolicybinding-anywhere": Sample(
        f"{ADMISSION}/validatingadmissionpolicybindings",
        {"spec": {**BOUND, "paramRef": {"name": "a", "parameterNotFoundAction": "Deny"}}},
        ["sample", "nobody", "*/a", "AGE"],
    ),
    "validatingadmissionpolicybinding-selected": Sample(
        f"{ADMISSION}/validatingadmissionpolicybindings",
        {"spec": {**BOUND, "paramRef": {"selector": SELECTED, "parameterNotFoundAction": "Deny"}}},
        ["sample", "nobody", SELECTED_SHOWN, "AGE"],
    ),
    "validatingadmissionpolicybinding-plain": Sample(
        f"{ADMISSION}/validatingadmissionpolicybindings", {"spec": BOUND}, ["sample", "nobody", "<unset>", "AGE"]
    ),
}
