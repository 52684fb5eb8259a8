"""What `why` and `fits` advise an owner and a viewer of the same tenant; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tests.contract.tenants import fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

ADVICE = "request less, delete workloads that hold it, or ask the platform team for a larger quota"


@pytest.fixture
def name(cluster: Cluster, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]) -> Iterator[str]:
    with fresh_name(cluster) as name:
        tk.apply(cluster, tk.plan(cluster, tenant(name, viewers=["viewer@example.com"])), progress=False)
        eventually(lambda: connect_as("viewer").can("list", "RoleBinding", namespace=name))
        eventually(lambda: connect_as("owner").can("create", "Pod", namespace=name))
        yield name


def test_a_viewer_is_told_whom_to_ask_and_an_owner_what_to_do(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., Any]
) -> None:
    amounts = {"cpu": "64", "memory": "64Mi"}
    container = {"name": "main", "image": "i", "resources": {"requests": amounts, "limits": amounts}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    metadata = {"name": "train", "namespace": name}
    cluster.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})

    def steps(user: str) -> list[str]:
        found = tk.why(connect_as(user), name)
        return list(found[found["workload"] == "Deployment/train"]["next_steps"])

    [advice] = eventually(lambda: steps("owner"))
    assert advice == ADVICE
    assert steps("viewer") == [f"ask an owner or editor (owner@example.com) to {advice}"]


def test_an_owner_gets_the_call_that_asks_for_enough(name: str, connect_as: Callable[[str], Cluster]) -> None:
    owner = connect_as("owner")

    fit = tk.fits(owner, name, pods=4, gpus=2)

    assert fit.request_call is not None
    call = fit.request_call.words("python")
    assert call == f'tk.request_quota(cluster, "{name}", gpus=8)'
    assert "GPUs 0 → 8" in tk.request_quota(owner, name, gpus=8)
