"""An independent evaluator gives the same answers: network-config-analyzer, on the sample and at random.

It runs in an environment of its own, since it pins versions of packages that tenantkit needs in others.
"""

from __future__ import annotations

import copy
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.rules.network_policies.addresses import read_address
from tenantkit.rules.network_policies.endpoints import AddressEnd, PodEnd, read_pod
from tenantkit.rules.network_policies.evaluation import connection
from tenantkit.rules.network_policies.policies import DIRECTIONS, read_policy
from tenantkit.sample.fill import fill_sample
from tests.network_policies.answers import read_answers
from tests.unit.rules.network_policies.worlds import OUTSIDE, World, draw_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.endpoints import End
    from tenantkit.rules.network_policies.ports import PortSet
    from tests.network_policies.answers import Answers

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".build" / "network-config-analyzer" / "bin" / "python"
WORLDS = 200

# Where the analyzer differs from Kubernetes, and what the comparison does about it. It may only shrink.
KNOWN = {
    "a block never includes a pod's address": "the pods' range is excepted from each block before we evaluate",
    "a pod and itself are not listed": "these pairs are left out",
    "two addresses outside are not listed": "these pairs are left out",
    "rules of a direction that policyTypes does not name are an error": "they are removed, as they say nothing",
    "an empty list of egress rules isolates egress": "they are removed, as the server removes them",
    "of an owner's pods only two are listed": "it is not told the owners",
    "it does not know hostNetwork": "no such pod is drawn, and the sample has none",
}
PODS = "10.0.0.0/8"  # of the random worlds and of the sandbox

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="network-config-analyzer is not installed: make network-config-analyzer"
)


def test_both_evaluators_agree_on_random_policies() -> None:
    worlds = [
        draw_world(Random(seed), pod_blocks=False, ipv6=False, host_network=False)  # noqa: S311 (not a secret)
        for seed in range(WORLDS)
    ]
    disagreed = disagreeing(worlds)
    smallest = [smaller(world) for world in disagreed[:3]]  # what is left of them says what is wrong
    assert [(world, [*differing(world, analysis([world])[0])]) for world in smallest] == []


def disagreeing(worlds: Sequence[World]) -> list[World]:
    """The worlds about which the two evaluators disagree."""
    answers = analysis(worlds) if worlds else []
    return [world for world, answer in zip(worlds, answers, strict=True) if any(differing(world, answer))]


def smaller(world: World) -> World:
    """The world without policies, rules, peers, ports and pods that the disagreement does not need."""
    while left := disagreeing([*without_one(world)]):
        world = left[0]
    return world


def without_one(world: World) -> Iterator[World]:
    for place in range(len(world.pods)):
        yield replace(world, pods=[*world.pods[:place], *world.pods[place + 1 :]])
    for place in range(len(world.policies)):
        yield replace(world, policies=[*world.policies[:place], *world.policies[place + 1 :]])
        for shorter in without_an_item(world.policies[place]):
            yield replace(world, policies=[*world.policies[:place], shorter, *world.policies[place + 1 :]])


def without_an_item(value: Any) -> Iterator[Any]:
    """A manifest without one item of one of its lists; a list that would be empty stays."""
    for key in [*value] if isinstance(value, dict) else range(len(value)):
        inner = value[key]
        if isinstance(value, list) and len(value) > 1:
            yield [*value[:key], *value[key + 1 :]]
        if isinstance(inner, dict | list):
            for shorter in without_an_item(inner):
                changed = copy.copy(value)
                changed[key] = shorter
                yield changed


def test_a_disagreement_is_made_small() -> None:
    world = World(
        {"one": {}, "two": {}},
        [draw_world(Random(seed)).pods[0] for seed in (1, 2)],  # noqa: S311 (not a secret)
        [{"metadata": {"name": "a"}, "spec": {"ingress": [{"ports": [1, 2]}, {}]}}],
    )
    smallest = [*without_one(world)]
    assert [len(each.pods) for each in smallest] == [1, 1, 2, 2, 2, 2, 2]
    assert [each.policies[0]["spec"]["ingress"] for each in smallest[3:]] == [
        [{}],
        [{"ports": [2]}, {}],
        [{"ports": [1]}, {}],
        [{"ports": [1, 2]}],
    ]


def test_both_evaluators_agree_on_the_sample() -> None:
    with tk.Sandbox() as box, tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
        fill_sample(cluster)
        namespaces = cluster.list("Namespace")
        world = World(
            {each["metadata"]["name"]: each["metadata"]["labels"] for each in namespaces},
            [pod for pod in cluster.list("Pod") if pod["status"].get("podIP")],
            cluster.list("NetworkPolicy"),
        )
    assert world.policies
    [answers] = analysis([world])
    assert [*differing(world, answers)] == []


def analysis(worlds: Sequence[World]) -> list[Answers]:
    asked = [
        {
            "namespaces": [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
                for name, labels in world.namespaces.items()
            ],
            "pods": [ownerless(pod) for pod in world.pods],
            "policies": [as_stored(policy) for policy in world.policies],
        }
        for world in worlds
    ]
    script = Path(__file__).with_name("analyzer.py")
    done = subprocess.run(
        [PYTHON, "-I", script], input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=100
    )
    return [read_answers(printed) for printed in json.loads(done.stdout)]


def differing(world: World, answers: Answers) -> Iterator[tuple[str, str, PortSet, PortSet]]:
    """The connections on which the two differ: what each of them allows."""
    policies: dict[str, list[Any]] = {name: [] for name in world.namespaces}
    for policy in world.policies:
        policies[policy["metadata"]["namespace"]].append(read_policy(without_pods(policy)))
    ends = [read_pod(pod, world.namespaces[pod["metadata"]["namespace"]]) for pod in world.pods]
    outside = [AddressEnd(at) for text in OUTSIDE if (at := read_address(text)) is not None]
    for source, destination in pairs([*ends, *outside]):
        ours, theirs = connection(source, destination, policies, "IPv4").allowed, answers.allowed(source, destination)
        if ours != theirs:
            yield str(source), str(destination), ours, theirs


def pairs(ends: Sequence[End]) -> Iterator[tuple[End, End]]:
    for source in ends:
        for destination in ends:
            if source is not destination and (isinstance(source, PodEnd) or isinstance(destination, PodEnd)):
                yield source, destination


def ownerless(pod: Manifest) -> Manifest:
    metadata = {name: value for name, value in pod["metadata"].items() if name != "ownerReferences"}
    return {"apiVersion": "v1", "kind": "Pod", **pod, "metadata": metadata}


def as_stored(policy: Manifest) -> Manifest:
    """The policy without empty lists and rules that say nothing."""
    spec = copy.deepcopy(policy["spec"])
    types = spec.get("policyTypes") or DIRECTIONS
    for direction in DIRECTIONS:
        if direction not in types or not spec.get(direction.lower()):
            spec.pop(direction.lower(), None)
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**kind, **policy, "spec": spec}


def without_pods(policy: Manifest) -> Manifest:
    """The policy with blocks that do not include pods."""
    changed = copy.deepcopy(policy)
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in changed["spec"].get(direction) or ():
            for peer in rule.get(peers) or ():
                if "ipBlock" in peer:
                    peer["ipBlock"]["except"] = [*peer["ipBlock"].get("except", ()), PODS]
    return changed
