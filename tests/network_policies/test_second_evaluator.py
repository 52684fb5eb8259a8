"""An evaluator that nobody here wrote gives the same answers: network-config-analyzer, on the sample and at random.

It runs in an environment of its own, since it pins versions of packages that tenantkit needs in others.
"""

from __future__ import annotations

import copy
import json
import subprocess
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
    differences = [
        (seed, *difference)
        for seed, (world, answers) in enumerate(zip(worlds, analysis(worlds), strict=True))
        for difference in differing(world, answers)
    ]
    assert differences == []


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
