"""tenantkit's rules predict whether a random pod gets a random node, and the reasons if not; on both engines."""

from __future__ import annotations

import uuid
from random import Random
from typing import TYPE_CHECKING

import orjson
import pytest

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.paths import object_path
from tenantkit.exceptions import NotFound
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.node_fit import node_state
from tenantkit.rules.pod_affinity import Surroundings
from tenantkit.rules.unschedulable import filter_nodes, unschedulable_message
from tests.contract.api.nodes.random_pods import random_node, random_pod
from tests.contract.nodes import condition, takes_pods
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


CLUSTERS = range(20)
PODS_EACH = 12


class World:
    """Random nodes, and the pods that run on them."""

    def __init__(self, cluster: Cluster, namespace: str, random: Random) -> None:
        self._cluster, self._namespace, self._random = cluster, namespace, random
        self.nodes: list[str] = []
        self.pods: list[str] = []

    def fill(self) -> None:
        for _ in range(self._random.randint(2, 5)):
            name = f"random-{uuid.uuid4().hex[:8]}"
            self._cluster.create(random_node(self._random, name))
            self.nodes.append(name)
        eventually(lambda: all(takes_pods(self._cluster.get("Node", name)) for name in self.nodes), timeout_s=30)
        eventually(lambda: self._cluster.get("ServiceAccount", "default", self._namespace))
        for _ in range(self._random.randint(0, 10)):
            self.pods.append(self._create(node=self._random.choice(self.nodes)))
        eventually(lambda: all(self._pod(name)["status"].get("podIP") for name in self.pods))

    def ask(self) -> tuple[Manifest, list[str], str]:
        """The outcome of a random pod, the nodes that fit it by the rules, and the expected message if none does."""
        nodes = [self._cluster.get("Node", name) for name in self.nodes]
        placed = [self._pod(name) for name in self.pods]
        name = self._create()
        eventually(lambda: condition(self._pod(name), "PodScheduled"))
        pod = self._pod(name)
        where = {node["metadata"]["name"]: node for node in nodes}
        on_nodes = [(other, where[other["spec"]["nodeName"]]) for other in placed]
        states = [node_state(node, [other for other, its in on_nodes if its is node]) for node in nodes]
        asked = {**pod, "spec": {key: value for key, value in pod["spec"].items() if key != "nodeName"}}
        judged = filter_nodes(asked, states, Surroundings(asked, nodes, on_nodes, self._labels_of))
        fitting = [state.node["metadata"]["name"] for state, reasons in judged if not reasons]
        message = "" if fitting else unschedulable_message(asked["spec"], judged)
        self._remove([name])
        return pod, fitting, message

    def empty(self) -> None:
        self._remove(self.pods)
        for name in self.nodes:
            self._cluster.delete(ref_of(self._cluster.get("Node", name)))

    def _create(self, *, node: str = "") -> str:
        name = f"random-{uuid.uuid4().hex[:8]}"
        self._cluster.create(random_pod(self._random, name, self._namespace, node=node))
        return name

    def _pod(self, name: str) -> Manifest:
        return self._cluster.get("Pod", name, self._namespace)

    def _labels_of(self, namespace: str) -> Manifest:
        return dict(self._cluster.get("Namespace", namespace)["metadata"].get("labels") or {})

    def _remove(self, pods: list[str]) -> None:
        for name in pods:
            self._delete(name)
        eventually(lambda: not any(self._is_there(name) for name in pods))

    def _is_there(self, name: str) -> bool:
        try:
            return bool(self._pod(name))
        except NotFound:
            return False

    def _delete(self, name: str) -> None:
        """Delete it at once: without a grace period no kubelet is needed."""
        place = object_path(kind_of("Pod"), name, self._namespace)
        body = orjson.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
        self._cluster._session.ask(Call("DELETE", place, Operation("delete", "Pod", name, self._namespace), body))


@pytest.fixture
def make_world(cluster: Cluster, namespace: str) -> Iterator[Callable[[int], World]]:
    """Create the random nodes of a seed, with pods on them; deleted afterwards."""
    made: list[World] = []

    def make(seed: int) -> World:
        made.append(World(cluster, namespace, Random(seed)))  # noqa: S311 (no secret)
        made[-1].fill()
        return made[-1]

    yield make
    for world in made:
        world.empty()


@pytest.mark.parametrize("seed", CLUSTERS)
def test_a_random_pod_is_scheduled_or_refused_as_the_rules_say(make_world: Callable[[int], World], seed: int) -> None:
    world = make_world(seed)
    for _ in range(PODS_EACH):
        pod, fitting, message = world.ask()
        node, found = pod["spec"].get("nodeName", ""), condition(pod, "PodScheduled").get("message", "")
        assert (node in fitting, found) == (bool(fitting), message), (pod["spec"], fitting)
