"""The sentences of the notebooks that name a number or promise an effect are true in the lab's sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.sample.fill import fill_sample
from tenantkit.spec.tenant import Tenant
from tests.notebooks.engine import NOTEBOOKS, read_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The lab's sandbox, as the user of the notebooks."""
    with tk.Sandbox() as box:
        with tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as admin:
            fill_sample(admin)
        with tk.connect(kubeconfig=box.kubeconfig, context="sandbox-provisioner") as provisioner:
            yield provisioner


def _tenants(cluster: Cluster) -> bool:
    tenants, nodes = tk.tenants(cluster), tk.nodes(cluster)
    is_seven = len(tenants) == 7 and (tenants["phase"] == "Terminating").sum() == 1
    return bool(is_seven and len(nodes) == 4 and (nodes["accelerators_allocatable"] == 8).all())


def _not_ready(cluster: Cluster) -> bool:
    workloads = tk.workloads(cluster, tenant="recsys")
    return len(workloads) == 5 and int((workloads["pods_ready"] == 0).sum()) == 3


def _three_pods(cluster: Cluster) -> bool:
    pods = tk.pods(cluster, tenant="recsys")
    running = pods[pods["status"] == "Running"]
    return (
        int((~running["ready"]).sum()) == 1
        and int((pods["status"] == "CrashLoopBackOff").sum()) == 1
        and int(pods["node"].isna().sum()) == 1
    )


def _every_cell_has_its_percentage(cluster: Cluster) -> bool:
    usage = tk.quota_usage(cluster)
    texts = [text.get_text() for text in tk.plots.quota_heatmap(usage).figure.axes[0].texts]
    full = int((usage["state"] == "full").sum())
    return full > 0 and texts.count("100 %") == full


def _full_is_refused(cluster: Cluster) -> bool:
    usage = tk.quota_usage(cluster, tenant="chatbot").set_index("resource")
    return usage.loc["requests.cpu", "state"] == "full" and tk.fits(cluster, "chatbot", cpu=1).answer == "no"


def _small(name: str) -> Tenant:
    return Tenant(name=name, team="claims", owners=["provisioner@example.com"], size="small")


def _no_gpus(cluster: Cluster) -> bool:
    usage = tk.quota_usage(cluster, tenant="forecast").set_index("resource")
    gpus = usage.loc["requests.nvidia.com/gpu"]
    is_none = (gpus["state"], gpus["hard"], gpus["used"]) == ("none", 0, 0)
    return bool(is_none) and tk.fits(cluster, "forecast", cpu=1, memory="1Gi", gpus=1).answer == "no"


def _two_other_changes(cluster: Cluster) -> bool:
    forecast = tk.get_tenant(cluster, "forecast")
    planned = tk.plan(cluster, forecast.with_(size="medium"))
    others = [row for row in planned.rows if row.action != "unchanged" and row.ref.kind != "ResourceQuota"]
    return sorted(row.ref.kind for row in others) == ["LimitRange", "Namespace"]


def _dry_run(cluster: Cluster) -> bool:
    before = set(tk.pods(cluster, tenant="recsys")["name"])
    tk.fits(cluster, "recsys", pods=2, cpu=4, memory="16Gi", gpus=1)
    return set(tk.pods(cluster, tenant="recsys")["name"]) == before


def _cordoned(cluster: Cluster) -> bool:
    nodes = tk.nodes(cluster)
    return nodes["cordoned"].tolist() == [False, False, False, True]


CLAIMS: dict[tuple[str, str], Callable[[Cluster], Any]] = {
    (
        "01",
        "The form also shows two other changes: the stored size, and how much storage one volume claim may request.",
    ): (_two_other_changes),
    ("01", "a small tenant has no GPUs, so a pod that requests one is refused"): _no_gpus,
    ("02", "seven tenants, one of which is being deleted, four nodes with eight GPUs each"): _tenants,
    ("02", "Each cell has its percentage"): _every_cell_has_its_percentage,
    (
        "02",
        "Look for the cells with 100 %: there, whatever requests more of the resource is refused.",
    ): _full_is_refused,
    ("02", "three of the five workloads have no ready pod"): _not_ready,
    ("02", "One pod runs but is not ready, one crashes again and again, and one has no node yet."): _three_pods,
    ("02", "The fourth node is *cordoned*"): _cordoned,
    ("02", "`fits` let the API server check a pod without creating it, as a *dry run*"): _dry_run,
}


@pytest.mark.parametrize(("claim", "is_true"), CLAIMS.items(), ids=[sentence for _, sentence in CLAIMS])
def test_a_sentence_of_a_notebook_is_true(
    claim: tuple[str, str], is_true: Callable[[Cluster], Any], cluster: Cluster
) -> None:
    number, sentence = claim
    [path] = [path for path in NOTEBOOKS if path.name.startswith(number)]
    prose = "\n".join(
        "".join(cell["source"]) for cell in read_notebook(path)["cells"] if cell["cell_type"] == "markdown"
    )

    assert sentence in prose
    assert is_true(cluster)
