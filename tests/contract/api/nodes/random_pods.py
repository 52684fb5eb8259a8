"""Random nodes and pods, small and odd enough that every filter of the scheduler matters. All from one seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.controlplane.nodes import make_node

if TYPE_CHECKING:
    from random import Random

    from tenantkit.rules.manifest import Manifest

GPU = "nvidia.com/gpu"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule")
_APPS = ("train", "serve")
_KEYS = ("kubernetes.io/hostname", "zone", "rack")
_LITTLE = {"cpu": ["500m", "1"], "memory": ["1Gi", "1500M"]}
_MUCH = {
    "cpu": ["100m", "1", "2", "3500m", "16"],
    "memory": ["1Gi", "3Gi", "5000M", "64Gi"],
    "ephemeral-storage": ["512Mi", "2Gi"],
    GPU: ["1", "2", "8"],
}


def random_node(random: Random, name: str) -> Manifest:
    """A node that may be full, tainted, cordoned, or without a label."""
    room = {
        "cpu": random.choice(["2", "4", "7500m"]),
        "memory": random.choice(["4Gi", "8Gi"]),
        "ephemeral-storage": random.choice(["1Gi", "100Gi"]),
        "pods": random.choice(["1", "3", "110"]),
    }
    if _maybe(random, 0.5):
        room[GPU] = random.choice(["0", "1", "4"])
    labels = {"zone": random.choice("ab")} if _maybe(random, 0.9) else {}
    labels |= {"rack": random.choice("12")} if _maybe(random, 0.6) else {}
    spec: Manifest = {"unschedulable": True} if _maybe(random, 0.1) else {}
    if _maybe(random, 0.2):
        spec["taints"] = [_taint(random)]
    return {**make_node(name, room=room, labels=labels), "spec": spec}


def random_pod(random: Random, name: str, namespace: str, *, node: str = "") -> Manifest:
    """A pod with random constraints; one with a node has small requests."""
    requests = {}
    for resource, amounts in (_LITTLE if node else _MUCH).items():
        if _maybe(random, 0.3):
            requests[resource] = random.choice(amounts)
    limits = {resource: amount for resource, amount in requests.items() if "/" in resource}
    container: Manifest = {"name": "main", "image": "main", "resources": {"requests": requests, "limits": limits}}
    if _maybe(random, 0.25):
        container["ports"] = [{"containerPort": 80, "hostPort": random.choice([80, 8080])}]
    spec: Manifest = {"containers": [container], "terminationGracePeriodSeconds": 0}
    for choose, share in ((_prepare, 0.2), (_tolerate, 0.3), (_select, 0.15), (_spread, 0.4)):
        if _maybe(random, share):
            spec |= choose(random)
    affinity = {}
    for kind in ("nodeAffinity", "podAffinity", "podAntiAffinity"):
        if _maybe(random, 0.2 if not node else 0.1):
            affinity[kind] = _node_affinity(random) if kind == "nodeAffinity" else {_REQUIRED: [_term(random)]}
    labels = {"app": random.choice(_APPS), "version": random.choice("12")}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec |= {"affinity": affinity} if affinity else {}
    if node:  # no taint may evict it
        spec |= {"nodeName": node, "tolerations": [{"operator": "Exists"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _maybe(random: Random, share: float) -> bool:
    return random.random() < share


def _taint(random: Random) -> Manifest:
    return {"key": random.choice(["team", "spot"]), "value": random.choice("ab"), "effect": random.choice(_EFFECTS)}


def _prepare(random: Random) -> Manifest:
    first: Manifest = {"name": "first", "image": "first", "resources": {"requests": {"cpu": random.choice("13")}}}
    return {"initContainers": [first | ({"restartPolicy": "Always"} if _maybe(random, 0.5) else {})]}


def _tolerate(random: Random) -> Manifest:
    taint = _taint(random)
    ways = (taint, {"key": taint["key"], "operator": "Exists"}, {"operator": "Exists"}, {**taint, "effect": ""})
    return {"tolerations": [random.choice(ways)]}


def _select(random: Random) -> Manifest:
    return {"nodeSelector": random.choice([{"zone": "a"}, {"rack": "1"}, {"zone": "b", "rack": "2"}])}


def _node_affinity(random: Random) -> Manifest:
    terms: list[dict[str, Any]] = [
        {"key": "zone", "operator": "In", "values": ["a"]},
        {"key": "zone", "operator": "NotIn", "values": ["a"]},
        {"key": "rack", "operator": "Exists"},
        {"key": "rack", "operator": "DoesNotExist"},
        {"key": "rack", "operator": "Gt", "values": ["1"]},
    ]
    chosen = [{"matchExpressions": [term]} for term in random.sample(terms, random.randint(1, 2))]
    return {_REQUIRED: {"nodeSelectorTerms": chosen}}


def _selector(random: Random) -> Manifest:
    return random.choice([{"matchLabels": {"app": random.choice(_APPS)}}, {}])


def _term(random: Random) -> Manifest:
    term = {"labelSelector": _selector(random), "topologyKey": random.choice(_KEYS)}
    return term | random.choice([{}, {}, {"namespaceSelector": {}}])


def _spread(random: Random) -> Manifest:
    rule = {
        "maxSkew": random.choice([1, 1, 2]),
        "topologyKey": random.choice(_KEYS),
        "whenUnsatisfiable": random.choice(["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]),
        "labelSelector": random.choice([{}, *({"matchLabels": {"app": app}} for app in (*_APPS, *_APPS))]),
    }
    if rule["whenUnsatisfiable"] == "DoNotSchedule" and _maybe(random, 0.3):
        rule["minDomains"] = random.choice([1, 2, 3])
    for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        if _maybe(random, 0.3):
            rule[policy] = random.choice(["Honor", "Ignore"])
    if _maybe(random, 0.3):
        rule["matchLabelKeys"] = ["version"]
    return {"topologySpreadConstraints": [rule]}
