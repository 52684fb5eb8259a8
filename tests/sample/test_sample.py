"""The sample: the same on the sandbox and on a real control plane, with every cause at least once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.sample.failures import BROKEN_WORKLOADS
from tenantkit.sample.fill import fill_sample
from tenantkit.sample.neighbours import HOLDING_FINALIZER
from tenantkit.sample.nodes import sample_nodes
from tenantkit.sample.tenants import LEAVING_TENANT, PROVISIONER, sample_tenants
from tenantkit.sample.workloads import WORKLOADS
from tests.contract import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.sample.failures import BrokenWorkload

_ENGINES = {"sandbox": engines.sandbox, "controlplane": engines.controlplane}


@pytest.fixture(
    scope="module", params=["sandbox", pytest.param("controlplane", marks=pytest.mark.controlplane)], name="connect_as"
)
def _connect_as(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Cluster]]:
    """Connections to a server with the sample, by user."""
    with ExitStack() as stack:
        engine = stack.enter_context(_ENGINES[request.param](nodes=True))

        def connected(user: str) -> Cluster:
            login = engine.login(user)
            return stack.enter_context(connect(kubeconfig=login.kubeconfig, context=login.context))

        fill_sample(connected("admin"))
        yield connected


@pytest.fixture(scope="module")
def cluster(connect_as: Callable[[str], Cluster]) -> Cluster:
    """The connection of the administrator."""
    return connect_as("admin")


def test_six_tenants_match_their_specs_and_a_seventh_is_terminating(cluster: Cluster) -> None:
    tenants = tk.tenants(cluster).set_index("tenant")

    assert [*tenants.index] == [*(it.name for it in sample_tenants()), LEAVING_TENANT]
    assert tenants["phase"][LEAVING_TENANT] == "Terminating"
    assert not tk.plan(cluster, sample_tenants()).has_changes


def test_the_leaving_tenant_is_held_by_a_finalizer(cluster: Cluster) -> None:
    rows = tk.why(cluster, LEAVING_TENANT)

    assert rows["cause"][0] == "namespace terminating"
    assert HOLDING_FINALIZER in rows["message"][0] + rows["evidence"][0]


def test_all_workloads_run_on_schedulable_nodes(cluster: Cluster) -> None:
    pods = tk.pods(cluster)
    running = pods[pods["status"] == "Running"].groupby(["namespace", "workload"]).size().to_dict()

    assert {(it.tenant, f"{it.kind}/{it.name}"): it.pods for it in WORKLOADS}.items() <= running.items()
    assert {*pods["node"].dropna()} <= {node["metadata"]["name"] for node in sample_nodes()} - {"gpu-h100-2"}


def test_quotas_are_used_from_empty_to_full(cluster: Cluster) -> None:
    usage = tk.quota_usage(cluster).set_index(["tenant", "resource"])["used_pct"].xs("requests.cpu", level="resource")

    assert usage["forecast"] == 0
    assert usage["chatbot"] == 100
    assert sorted(usage.round(-1).unique())[1:-1] == [30, 40, 50, 90]


@pytest.mark.parametrize("broken", BROKEN_WORKLOADS, ids=lambda it: f"{it.workload.tenant}-{it.workload.name}")
def test_each_broken_workload_is_listed_with_its_cause(cluster: Cluster, broken: BrokenWorkload) -> None:
    workload = broken.workload
    rows = tk.why(cluster, workload.tenant, workload=f"{workload.kind}/{workload.name}")

    assert rows["cause"][0] == broken.cause


def test_running_workloads_are_not_listed(cluster: Cluster) -> None:
    broken = {(it.workload.tenant, f"{it.workload.kind}/{it.workload.name}") for it in BROKEN_WORKLOADS}
    tenants = [tenant.name for tenant in sample_tenants()]
    listed = {(tenant, workload) for tenant in tenants for workload in tk.why(cluster, tenant)["workload"]}

    assert listed == broken


def test_the_user_of_the_lab_may_create_tenants_and_is_not_an_administrator(
    connect_as: Callable[[str], Cluster],
) -> None:
    cluster = connect_as("provisioner")

    assert tk.whoami(cluster).username == PROVISIONER
    assert cluster.can("create", "Namespace")
    assert not cluster.can("delete", "Node")


def test_the_holders_of_gpus_are_people_where_a_tool_has_written_a_name(cluster: Cluster) -> None:
    held = tk.quota_holders(cluster, resource="gpu", by="person")
    named = held[held["creator"].notna()].set_index("creator")

    assert named["workloads"].to_dict() == {
        "ravi@example.com": "Job/train-embeddings",
        "kim@example.com": "StatefulSet/notebook-kim",
    }
    assert held[held["creator"].isna()]["creator_reason"].unique().tolist() == ["no metadata names a person"]
    assert held["owners"].notna().all()
    assert held.groupby("tenant")["used"].sum().to_dict() == {"chatbot": 8, "recsys": 1, "robotics": 1, "search": 2}


def test_an_entry_that_no_quota_has_is_refused_with_those_that_they_have(cluster: Cluster) -> None:
    with pytest.raises(tk.exceptions.InvalidSpecError, match="resource='gpuz': no quota has this entry: use 'gpu' or"):
        tk.quota_holders(cluster, resource="gpuz")


def test_the_log_of_the_crash_says_what_is_missing(cluster: Cluster) -> None:
    [step] = tk.why(cluster, "search").query("cause == 'crash loop'")["next_steps"]
    assert step == 'check the log of its last run: tk.logs(cluster, "Deployment/crawl", tenant="search", previous=True)'
