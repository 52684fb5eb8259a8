"""Advice that can be followed: nothing is freed that was never granted, and only cordons that matter are reported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.findings.fits.dry_run_pod import DryRunPod, make_pod, with_known_defaults
from tenantkit.findings.fits.fits import predict
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.findings.why import why_frame

if TYPE_CHECKING:
    from tenantkit.findings.fits.fit import Fit
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
GPU = "nvidia.com/gpu"
REPORT = "report to the platform team that nodes are cordoned"
SELECTOR = "set nodeSelector or node affinity to labels that a node has"
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def quota(hard: int, used: int = 0) -> Manifest:
    counted = {"hard": {f"requests.{GPU}": str(hard)}, "used": {f"requests.{GPU}": str(used)}}
    metadata = {"name": "team", "namespace": "vision"}
    return {"kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": counted["hard"]}, "status": counted}


def node(name: str, *, cordoned: bool = False, gpus: int = 8, **labels: str) -> Manifest:
    spec = {"unschedulable": True, "taints": [CORDON]} if cordoned else {}
    status = {"allocatable": {"pods": "110", "cpu": "8", GPU: str(gpus)}}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


def answer(*objects: Manifest, pods: int = 1, gpus: int = 1, **spec: Any) -> Fit:
    found: dict[str, list[Manifest]] = {"ResourceQuota": [], "Pod": [], "Node": [], "AnyPod": []}
    for manifest in objects:
        found[manifest["kind"]].append(manifest)
    pod = make_pod("vision", gpus=gpus, pod_spec={"containers": [{"name": "main"}], **spec} if spec else None)
    return predict(ClusterSnapshot(found, NOW), DryRunPod(with_known_defaults(pod, [])), wanted=pods)


@pytest.mark.parametrize(
    ("hard", "used", "pods", "steps"),
    [
        (0, 0, 8, "ask the platform team to grant 8 GPUs more"),
        (4, 0, 8, "ask the platform team to grant 4 GPUs more, or run fewer pods"),
        (4, 4, 2, "free 2 GPUs, or ask the platform team for a larger quota"),
    ],
)
def test_a_quota_asks_to_free_only_what_it_grants(hard: int, used: int, pods: int, steps: str) -> None:
    fit = answer(quota(hard, used), node("n1"), pods=pods)

    assert (fit.blocks_first, fit.next_steps) == ("ResourceQuota/team", steps)


def test_a_cordon_is_reported_where_the_node_would_take_the_pod_without_it() -> None:
    assert answer(node("n1", cordoned=True)).next_steps == REPORT


def test_a_cordon_is_not_reported_where_the_node_would_not_take_the_pod_anyway() -> None:
    nodes = node("n1", cordoned=True), node("n2", gpus=0, pool="gpu")

    steps = f"request less {GPU} per pod; {SELECTOR}"
    assert answer(*nodes, nodeSelector={"pool": "gpu"}).next_steps == steps
    assert answer(node("n1", cordoned=True, gpus=0)).next_steps == f"request less {GPU} per pod"


@pytest.mark.parametrize(("pool", "steps"), [("gpu", REPORT), ("cpu", f"{SELECTOR}: for pool, nodes have cpu")])
def test_why_reports_a_cordon_only_where_it_matters(pool: str, steps: str) -> None:
    message = "0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available."
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    pod = {
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "vision"},
        "spec": {"containers": [{"name": "main"}], "nodeSelector": {"pool": "gpu"}},
        "status": {"phase": "Pending", "conditions": [unscheduled]},
    }

    frame = why_frame(ClusterSnapshot({"Pod": [pod], "Node": [node("n1", cordoned=True, pool=pool)]}, NOW))

    assert frame["next_steps"].tolist() == [steps]


def test_an_owner_of_a_kind_that_may_not_be_listed_is_noted_and_no_cause() -> None:
    found = ClusterSnapshot({"Pod": []}, NOW, unknown_owners={"PyTorchJob": "not allowed to list PyTorchJob"})

    frame = why_frame(found)

    assert frame.empty
    assert frame.attrs["incomplete"] == {"PyTorchJob": "not allowed to list PyTorchJob"}
