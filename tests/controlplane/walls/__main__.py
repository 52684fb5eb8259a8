"""Sends real packets between two tenants and everything around them, and prints who answered, as JSON.

It needs a network namespace of its own (`unshare -n` as root), in which it makes a network for each pod. The
API server, the policy engine and the kernel are real; kwok stands in for the kubelets, and the pods are servers here.

A stage is a state of the cluster's policies. For each connection of a stage four answers are printed: of the packet, of
the evaluation of the policies, of the frame of `connectivity`, and what the walls are for.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import tenantkit as tk
from tenantkit.rules.network_policies.addresses import read_address
from tenantkit.rules.network_policies.endpoints import AddressEnd, read_pod
from tenantkit.rules.network_policies.evaluation import connection
from tenantkit.rules.network_policies.policies import read_policy
from tests.controlplane.components import running
from tests.controlplane.starter import exit_with_starter
from tests.controlplane.walls.canary import Canary
from tests.controlplane.walls.cast import HOSTS, PODS, SOURCES, TARGETS, TARGETS_IPV4, is_wanted
from tests.controlplane.walls.engines import Engine, start_engine
from tests.controlplane.walls.packets import Probe, answers
from tests.controlplane.walls.said import Said
from tests.controlplane.walls.scenario import play
from tests.controlplane.walls.stage import build, connect_all, set_platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.network_policies.endpoints import End
    from tests.controlplane.walls.cast import Target
    from tests.controlplane.walls.wires import NetworkNamespace


class Asked(NamedTuple):
    """One connection of the matrix."""

    source: str
    target: Target
    probe: Probe


class Matrix:
    """All connections, and the answers for each at the moment."""

    def __init__(
        self, cluster: Cluster, places: Mapping[str, NetworkNamespace], pods: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._cluster, self._places, self._pods = cluster, places, pods
        self._asked = [*self._connections()]
        self.stages: dict[str, list[dict[str, Any]]] = {}

    def record(self, stage: str, walls: Mapping[str, frozenset[str]] | None) -> None:
        """Record the answers of a stage, in which tenants have these walls; None: there are other policies, too."""
        found = answers(self._places, [each.probe for each in self._asked])
        said = Said(tk.connectivity(self._cluster))
        judged = self._judge()
        self.stages[stage] = [
            {
                "connection": f"{each.source} > {each.probe.target} {each.probe.protocol} "
                f"{each.probe.address}:{each.probe.port}",
                "packet": found[each.probe] == each.probe.target,
                "answer": found[each.probe],
                "policies": judged(each),
                "frame": said.about(each.source, each.target, each.probe.address),
                "wanted": None if walls is None else is_wanted(each.source, each.target, walls),
            }
            for each in self._asked
        ]

    def _connections(self) -> list[Asked]:
        ipv6 = len(self._pods["a1"]) > 1
        found = []
        for source in SOURCES:
            for target in (*TARGETS, *TARGETS_IPV4):
                if source == "dns" and target.place == "dns" and target.address:
                    continue  # a pod through its own Service depends on the proxy
                for family in range(1 + (ipv6 and not target.address)):
                    both = self._pods.get(target.place) or HOSTS[target.place]
                    address, port = target.address or both[family], target.sent_port or target.port
                    found.append(Asked(source, target, Probe(source, target.place, target.protocol, address, port)))
        return found

    def _judge(self) -> Any:
        """What the policies of the cluster say about a connection."""
        labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in self._cluster.list("Namespace")}
        policies: dict[str, list[Any]] = {name: [] for name in labels}
        for policy in self._cluster.list("NetworkPolicy"):
            policies[policy["metadata"]["namespace"]].append(read_policy(policy))
        pods = {
            each["metadata"]["name"]: read_pod(each, labels[each["metadata"]["namespace"]])
            for each in self._cluster.list("Pod")
        }

        def judged(asked: Asked) -> bool | None:
            is_ipv6 = ":" in asked.probe.address
            ends: list[End] = []
            for place in (asked.source, asked.target.place):
                if place in PODS:
                    ends.append(pods[place])
                else:
                    text = asked.target.address if asked.target.address.startswith("169.254") else ""
                    text = text if place == asked.target.place else ""
                    address = read_address(text or HOSTS[place][is_ipv6])
                    assert address is not None
                    ends.append(AddressEnd(address))
            found = connection(ends[0], ends[1], policies, "IPv6" if is_ipv6 else "IPv4")
            return found.allows(asked.target.protocol, asked.target.port)  # type: ignore[arg-type]

        return judged


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.walls", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("engine", choices=get_args(Engine))
    engine: Engine = parser.parse_args().engine
    ipv6 = engine == "kube-network-policies"
    with running(exit_with_starter, nodes=True) as (credentials, components), ExitStack() as stack:

        def check() -> None:
            exit_with_starter()
            for component in components:
                component.check_alive()

        cluster = stack.enter_context(tk.connect(kubeconfig=credentials.kubeconfig, context="controlplane-admin"))
        set_platform(cluster, isolated=())
        pods = build(cluster, ipv6=ipv6)
        places = connect_all(pods, ipv6=ipv6)
        matrix = Matrix(cluster, places, pods)
        matrix.record("no engine", {})
        component = start_engine(engine, credentials)
        stack.callback(component.kill)
        components.append(component)
        canary = Canary(cluster, places, pods["canary"][0], check)
        canary.settle()
        owner = stack.enter_context(tk.connect(kubeconfig=credentials.kubeconfig, context="controlplane-owner"))
        refused = play(cluster, owner, canary, matrix.record)
        print(json.dumps({"stages": matrix.stages, "refused": refused}))  # noqa: T201 - what it is for
    return 0


if __name__ == "__main__":
    sys.exit(main())
