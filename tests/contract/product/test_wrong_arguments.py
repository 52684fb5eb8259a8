"""What somebody tries who has read only the README: each error says what was given and what to give instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

# Whatever is wrong on purpose here would be wrong to a type checker, too.
asked: Any = tk

_NO_CLUSTER = "cluster='vision': give what tk.connect() returns, before all else"
_ON_NOTHING: list[Callable[[], object]] = [
    lambda: asked.why("vision"),
    lambda: asked.fits("vision", "vision"),
    lambda: asked.quota_holders("vision", "vision"),
    lambda: asked.pods("vision"),
    lambda: asked.workloads("vision"),
    lambda: asked.events("vision"),
    lambda: asked.services("vision"),
    lambda: asked.volumes("vision"),
    lambda: asked.quota_usage("vision"),
    lambda: asked.tenants("vision"),
    lambda: asked.routes("vision"),
    lambda: asked.plan("vision", []),
    lambda: asked.whoami("vision"),
    lambda: asked.TenantForm("vision"),
    lambda: asked.Explorer("vision"),
    lambda: asked.QuotaDashboard("vision"),
]


@pytest.mark.parametrize("call", _ON_NOTHING)
def test_who_forgets_the_cluster_is_told_what_comes_first(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        call()

    assert str(caught.value) == _NO_CLUSTER


@pytest.mark.parametrize(
    "call",
    [
        lambda cluster: asked.why(cluster, ["vision"]),
        lambda cluster: asked.fits(cluster, ["vision"]),
        lambda cluster: asked.quota_holders(cluster, ["vision"]),
        lambda cluster: asked.get_tenant(cluster, ["vision"]),
    ],
)
def test_several_tenants_where_one_is_meant_are_refused(call: Callable[[Cluster], object], cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        call(cluster)

    assert str(caught.value) == "tenant=['vision']: give one tenant's name, for example 'vision'"


def test_a_namespace_that_is_not_there_is_not_called_well(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(NotFound) as caught:
        tk.why(cluster, namespaces=[namespace, "visoin"])

    assert str(caught.value) == (
        "there is no namespace 'visoin': tk.tenants(cluster)['namespace'] shows those of tenants"
    )
    assert tk.why(cluster, namespaces=[namespace]).attrs["scope"] == (namespace,)


def test_a_workload_named_without_its_kind_is_told_with_it(cluster: Cluster, namespace: str) -> None:
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "main", "image": "main"}]}}
    metadata = {"name": "api", "namespace": namespace}
    made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {**spec, "template": template}}
    cluster.create(made)

    with pytest.raises(NotFound, match=r"^there is no workload 'api': did you mean 'Deployment/api'\?$"):
        tk.why(cluster, namespaces=[namespace], workload="api")
    with pytest.raises(InvalidSpecError, match="name one as Kind/name, for example 'Job/train'"):
        asked.why(cluster, namespaces=[namespace], workload=["Deployment/api"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"memory": 16}, "memory=16: a bare number is bytes: give a unit, for example '16Gi'"),
        ({"gpus": "A100"}, "gpus='A100': use a whole number, for example 2; which kind is accelerator="),
        (
            {"gpus": 2, "accelerator": "H100"},
            (
                "accelerator='H100': name the resource, for example 'nvidia.com/gpu': "
                "tk.nodes(cluster)['accelerator'] shows what nodes have"
            ),
        ),
    ],
)
def test_amounts_that_mean_something_else_are_refused(
    wrong: dict[str, Any], said: str, cluster: Cluster, namespace: str
) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        tk.fits(cluster, namespace, **wrong)

    assert str(caught.value) == said


def test_a_kind_that_is_no_text_is_not_guessed_at(cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        asked.resources(cluster, None)

    assert "kind=None: the server has no such kind to list: see" in str(caught.value)


def test_what_is_no_frame_is_refused_with_what_returns_one(cluster: Cluster) -> None:
    said = []
    by_team = tk.quota_usage(cluster, by="team")
    calls: list[Callable[[], object]] = [
        lambda: asked.styled([1]),
        lambda: asked.quota_bars([1]),
        lambda: asked.gpus([1], [1]),
        lambda: tk.plots.quota_heatmap(by_team),
    ]
    for call in calls:
        with pytest.raises(InvalidSpecError) as caught:
            call()
        said.append(str(caught.value))

    assert said == [
        "frame=[1]: give a frame: tk.pods(cluster) returns one",
        "frame=[1]: give a frame: quota_usage(cluster) returns one",
        "nodes=[1]: give a frame: nodes(cluster) returns one",
        "frame='quota_usage by team': give quota_usage(cluster), which is by tenant",
    ]
