"""Whether the engine enforces all that was written before: a packet tells it, and not a log or a pause.

One connection depends on a policy, one on a namespace's label and one on a pod's label. Each is flipped after the
changes of a stage, and waited for; the first time they close, since without an engine all are open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.manifest import ObjectRef
from tests.controlplane.walls.packets import Probe, answers
from tests.controlplane.walls.stage import CANARY_NAMESPACE, CANARY_PORTS
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.cluster.cluster import Cluster
    from tests.controlplane.walls.wires import NetworkNamespace

_WITHIN_S = 30.0
_OPEN = {"matchLabels": {"open": "yes"}}
_REFS = (
    ObjectRef("v1", "Namespace", CANARY_NAMESPACE),
    ObjectRef("v1", "Pod", "canary-client", CANARY_NAMESPACE),
)


class Canary:
    """Three connections that are closed and opened in turn."""

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[str, NetworkNamespace],
        address: str,
        check: Callable[[], None],
    ) -> None:
        self._cluster, self._places, self._check = cluster, places, check
        self._probes = [Probe("canary-client", "canary", "TCP", address, port) for port in CANARY_PORTS]
        self._is_open = True

    def settle(self) -> None:
        """Return once everything that was written before is enforced."""
        self._is_open = not self._is_open
        self._cluster.apply(_policy(is_open=self._is_open))
        word = "yes" if self._is_open else "no"
        for ref in _REFS:
            self._cluster.patch_json(ref, [{"op": "add", "path": "/metadata/labels/open", "value": word}])
        eventually(self._is_seen, timeout_s=_WITHIN_S, poll_s=0.02)

    def _is_seen(self) -> bool:
        self._check()
        found = answers(self._places, self._probes, timeout_s=0.2)
        return all((answer == probe.target) is self._is_open for probe, answer in found.items())


def _policy(*, is_open: bool) -> dict[str, Any]:
    by_policy, by_namespace, by_pod = CANARY_PORTS
    rules = [_rule(by_namespace, {"namespaceSelector": _OPEN}), _rule(by_pod, {"podSelector": _OPEN})]
    rules += [_rule(by_policy, {"podSelector": {}})] * is_open
    selector = {"matchLabels": {"app": "canary"}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "canary", "namespace": CANARY_NAMESPACE},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": rules},
    }


def _rule(port: int, peer: dict[str, Any]) -> dict[str, Any]:
    return {"from": [peer], "ports": [{"protocol": "TCP", "port": port}]}
