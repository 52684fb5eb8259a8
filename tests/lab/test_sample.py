"""The sample platform: what a first look at the lab shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.lab.sample import PROVISIONER, fill_sample, sample_pods, sample_tenants
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A sandbox with the sample, as who works in the lab has it."""
    with Sandbox() as box:
        with tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as admin:
            fill_sample(admin)
        with tk.connect(kubeconfig=box.kubeconfig, context="sandbox-provisioner") as cluster:
            yield cluster


def test_six_tenants_are_there_as_their_specs_say(cluster: Cluster) -> None:
    tenants = tk.tenants(cluster)

    assert list(tenants["tenant"]) == [it.name for it in sample_tenants()]
    assert not tk.plan(cluster, sample_tenants()).has_changes


def test_all_pods_were_admitted_and_are_counted(cluster: Cluster) -> None:
    usage = tk.quota_usage(cluster)

    assert usage.loc[usage["resource"] == "pods", "used"].sum() == len(sample_pods())


def test_quotas_go_from_empty_to_full(cluster: Cluster) -> None:
    states = set(tk.quota_usage(cluster)["state"])

    assert states >= {"ok", "near", "full"}


def test_the_labs_user_may_make_tenants_and_is_no_administrator(cluster: Cluster) -> None:
    assert tk.whoami(cluster).username == PROVISIONER
    assert cluster.can("create", "Namespace")
    assert not cluster.can("delete", "Node")
