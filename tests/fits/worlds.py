"""Random clusters, tenants and requests, small and odd enough to be full or to refuse pods. All from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from tenantkit.rules.manifest import Manifest

GPU = "nvidia.com/gpu"
PLAYED = {"kwok.x-k8s.io/node": "fake"}  # by kwok
_TAINT = {"key": "tenantkit.dev/reserved", "value": "team", "effect": "NoSchedule"}
PRIORITY: Manifest = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "fits-urgent"},
    "value": 1000,
}
_SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_APPS = ("web", "train")
_NAMELESS = {"key": "app", "operator": "DoesNotExist"}
_OF_THE_LOAD = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["default", "kube-system"]}
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True, slots=True)
class World:
    """A cluster: its nodes, and the pods that already run on them."""

    nodes: list[Manifest]
    load: list[Manifest]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to `fits`."""

    pods: int
    arguments: dict[str, Any]


def make_world(random: Random, name: str) -> World:
    """One to six nodes, some tainted, cordoned or without accelerators, some nearly full; other pods may wait."""
    nodes = [_node(random, f"{name}-{number}") for number in range(random.randint(1, 6))]
    load = [
        _pod(
            f"load-{name}-{number}",
            _held(random),
            labels={"app": random.choice(_APPS)},
            nodeName=random.choice(nodes)["metadata"]["name"],
        )
        for number in range(random.randint(0, 8))
    ]
    if random.random() < 0.2:
        load.append(_pod(f"waits-{name}", {"cpu": random.choice(["1", "64"])}))
    if random.random() < 0.1:
        alone = [{"labelSelector": {}, "namespaceSelector": {}, "topologyKey": "kubernetes.io/hostname"}]
        where = {"nodeName": nodes[0]["metadata"]["name"]}
        load.append(_pod(f"alone-{name}", {}, affinity={"podAntiAffinity": {_REQUIRED: alone}}, **where))
    return World(nodes, load)


def make_tenant(random: Random) -> list[Manifest]:
    """Random quotas, LimitRanges and a pod that uses some of them; without namespaces."""
    made: list[Manifest] = []
    if random.random() < 0.6:
        made.append(_quota(random, "team"))
    if random.random() < 0.2:
        made.append({**_quota(random, "scoped"), "spec": {**_quota(random, "scoped")["spec"], **_scope(random)}})
    if random.random() < 0.4:
        made.append(_limit_range(random))
    if random.random() < 0.4:
        holder = _pod("holder", {"cpu": "500m", "memory": "512Mi"}, schedulingGates=[{"name": "example.ai/held"}])
        made.append(holder)
    return made


def make_request(random: Random) -> Request:
    """A random request: mostly plain, sometimes with constraints."""
    amounts: dict[str, Any] = {}
    if random.random() < 0.9:
        amounts["cpu"] = random.choice(["100m", "500m", 1, "1500m", 2, 3, 4, 8])
    if random.random() < 0.8:
        amounts["memory"] = random.choice(["128Mi", "1Gi", "1500M", "3Gi", "4Gi", "8Gi", "16Gi"])
    if random.random() < 0.4:
        amounts["gpus"] = random.choice([1, 1, 2, 3, 4])
    if random.random() < 0.4:
        spec: Manifest = {"containers": [{"name": "main", "image": "main", "securityContext": _SECURITY}]}
        for choose in (_tolerating, _choosing, _preparing, _exposing, _spreading, _keeping, _mattering):
            spec |= choose(random)
        amounts["pod_spec"] = spec
    return Request(random.choice([1, 1, 1, 2, 2, 3, 4, 6]), amounts)


def _node(random: Random, name: str) -> Manifest:
    room = {
        "cpu": random.choice(["4", "7500m", "16", "32"]),
        "memory": random.choice(["8Gi", "31Gi", "64Gi", "128Gi"]),
        "pods": random.choice(["3", "6", "110", "110"]),
        "ephemeral-storage": "100Gi",
    }
    if random.random() < 0.5:
        room[GPU] = random.choice(["1", "2", "4", "8"])
    spec: Manifest = {}
    if random.random() < 0.25:
        spec["taints"] = [{**_TAINT, "effect": random.choice(["NoSchedule", "NoExecute", "PreferNoSchedule"])}]
    if random.random() < 0.1:
        spec["unschedulable"] = True
    labels = {"kubernetes.io/hostname": name, "zone": random.choice(["a", "b"]), "cores": str(random.choice([32, 96]))}
    metadata = {"name": name, "labels": labels, "annotations": PLAYED}
    status = {"allocatable": room, "capacity": room}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def _held(random: Random) -> dict[str, str]:
    return {"cpu": random.choice(["500m", "1", "2"]), "memory": random.choice(["512Mi", "1Gi", "2Gi"])}


def _pod(name: str, amounts: dict[str, str], *, labels: dict[str, str] | None = None, **spec: Any) -> Manifest:
    container = {"name": "main", "image": "main", "resources": {"requests": amounts, "limits": amounts}}
    tolerations = [{"operator": "Exists"}]
    own = {"containers": [container], "tolerations": tolerations, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": own}


def _quota(random: Random, name: str) -> Manifest:
    entries = {
        "pods": ["3", "10", "20"],
        "count/pods": ["4", "20"],
        "cpu": ["6", "12"],
        "requests.cpu": ["4", "12500m", "32"],
        "limits.cpu": ["8", "16", "32"],
        "requests.memory": ["4Gi", "16Gi", "20G", "64Gi"],
        "limits.memory": ["16Gi", "64Gi"],
        f"requests.{GPU}": ["0", "2", "8"],
        "requests.ephemeral-storage": ["1Gi"],
    }
    chosen = random.sample(sorted(entries), random.randint(1, 3))
    hard = {entry: random.choice(entries[entry]) for entry in chosen}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": hard}}


def _scope(random: Random) -> Manifest:
    scopes: list[Manifest] = [
        {"hard": {"pods": "1"}, "scopes": ["BestEffort"]},
        {"scopes": ["NotBestEffort"], "hard": {"requests.cpu": "2", "pods": "3"}},
        {"scopes": ["NotTerminating"], "hard": {"pods": "2"}},
        {"scopes": ["Terminating"], "hard": {"pods": "0"}},
    ]
    return random.choice(scopes)


def _limit_range(random: Random) -> Manifest:
    limit: Manifest = {"type": "Container"}
    if random.random() < 0.7:
        limit |= {"default": {"cpu": "1", "memory": "1Gi"}, "defaultRequest": {"cpu": "250m", "memory": "256Mi"}}
    if random.random() < 0.4:
        limit["max"] = {"cpu": random.choice(["2", "4"]), "memory": random.choice(["4Gi", "16Gi"])}
    if random.random() < 0.3:
        limit["min"] = {"memory": random.choice(["64Mi", "200Mi"])}
    if random.random() < 0.15:
        limit["maxLimitRequestRatio"] = {"cpu": "2"}
    spec = {"limits": [limit if len(limit) > 1 else {**limit, "max": {"cpu": "16"}}]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds"}, "spec": spec}


def _tolerating(random: Random) -> Manifest:
    if random.random() < 0.6:
        return {}
    return {"tolerations": [random.choice([{"operator": "Exists"}, {**_TAINT, "operator": "Equal"}])]}


def _choosing(random: Random) -> Manifest:
    kind = random.random()
    if kind < 0.2:
        return {"nodeSelector": {"zone": random.choice(["a", "b", "c"])}}
    if kind < 0.4:
        wanted = {"key": "cores", "operator": random.choice(["Gt", "Lt"]), "values": ["64"]}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
        return {"affinity": {"nodeAffinity": {_REQUIRED: terms}}}
    return {}


def _preparing(random: Random) -> Manifest:
    """Init containers and sidecars, which count differently."""
    if random.random() < 0.7:
        return {}
    amounts = {"cpu": random.choice(["250m", "2"]), "memory": "256Mi"}
    container = {"name": "fetch", "image": "fetch", "resources": {"requests": amounts, "limits": amounts}}
    return {"initContainers": [{**container, **random.choice([{}, {"restartPolicy": "Always"}])}]}


def _exposing(random: Random) -> Manifest:
    if random.random() < 0.9:
        return {}
    port = {"containerPort": 80, "hostPort": 8080}
    return {"containers": [{"name": "main", "image": "main", "securityContext": _SECURITY, "ports": [port]}]}


def _spreading(random: Random) -> Manifest:
    """Spread over the zones, alone or evenly. The selector that matches all pods counts the requested ones too."""
    if random.random() < 0.8:
        return {}
    chosen = random.choice([{}, {"matchLabels": {"app": "web"}}, {"matchExpressions": [_NAMELESS]}])
    when = random.choice(["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"])
    rule = {"maxSkew": random.randint(1, 2), "topologyKey": "zone", "whenUnsatisfiable": when, "labelSelector": chosen}
    return {"topologySpreadConstraints": [rule]}


def _keeping(random: Random) -> Manifest:
    """Affinity or anti-affinity to the load, which is in another namespace, or to each other."""
    if random.random() < 0.7:
        return {}
    everywhere = [{}, {"matchExpressions": [_OF_THE_LOAD]}]
    term: Manifest = {
        "labelSelector": random.choice([{"matchLabels": {"app": random.choice(_APPS)}}, {}]),
        "topologyKey": random.choice(["kubernetes.io/hostname", "zone"]),
    }
    if random.random() < 0.6:
        term["namespaceSelector"] = random.choice(everywhere)
    return {"affinity": {random.choice(["podAffinity", "podAntiAffinity"]): {_REQUIRED: [term]}}}


def _mattering(random: Random) -> Manifest:
    """A priority that may preempt other pods."""
    return {"priorityClassName": PRIORITY["metadata"]["name"]} if random.random() < 0.1 else {}
