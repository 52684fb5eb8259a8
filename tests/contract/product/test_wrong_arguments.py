"""Wrong arguments that are easy to pass: each error names the argument and a right form of it."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

# Whatever is wrong on purpose here would be wrong to a type checker, too.
asked: Any = tk

_CONNECT = "pass the result of tk.connect() as the first argument"


def _takes_a_cluster(public: object) -> bool:
    """Whether the first parameter of a public function, or of a form, is `cluster`."""
    if not callable(public):
        return False
    return next(iter(inspect.signature(public).parameters), "") == "cluster"


TAKE_A_CLUSTER = [name for name in tk.__all__ if _takes_a_cluster(getattr(tk, name))]


def test_the_functions_and_forms_that_take_a_cluster_are_found() -> None:
    assert {"TenantForm", "apply", "get_tenant", "plan", "pods", "whoami", "why"} <= set(TAKE_A_CLUSTER)


@pytest.mark.parametrize("name", TAKE_A_CLUSTER)
def test_a_missing_cluster_is_reported_as_missing(name: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        getattr(asked, name)()

    assert str(caught.value) == f"cluster is missing: {_CONNECT}"


@pytest.mark.parametrize("wrong", ["vision", None], ids=repr)
@pytest.mark.parametrize("name", TAKE_A_CLUSTER)
def test_a_value_that_is_not_a_cluster_is_refused(name: str, wrong: object) -> None:
    for call in (partial(getattr(asked, name), wrong), partial(getattr(asked, name), cluster=wrong)):
        with pytest.raises(InvalidSpecError) as caught:
            call()

        assert str(caught.value) == f"cluster={wrong!r} is not a Cluster: {_CONNECT}"


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

    assert str(caught.value) == "tenant=['vision']: pass one tenant's name, for example 'vision'"


@pytest.mark.parametrize("call", [asked.fits, asked.get_tenant])
def test_no_tenant_where_one_is_needed_is_refused(call: Callable[..., object], cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        call(cluster, None)

    assert str(caught.value) == "tenant=None: pass one tenant's name, for example 'vision'"


def test_a_namespace_that_does_not_exist_is_an_error(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(NotFound) as caught:
        tk.why(cluster, namespaces=[namespace, "visoin"])

    assert str(caught.value) == "there is no namespace 'visoin'; tk.tenants(cluster) lists the namespaces of tenants"
    assert tk.why(cluster, namespaces=[namespace]).attrs["scope"] == (namespace,)


def test_a_workload_in_place_of_a_tenant_is_an_error_with_the_right_call(cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        tk.why(cluster, "Deployment/align")

    right = "use tk.why(cluster, workload='Deployment/align')"
    assert str(caught.value) == f"tenant='Deployment/align' is a workload: {right}"


def test_why_takes_a_name_that_one_workload_has_and_else_names_those_that_have_it(
    cluster: Cluster, namespace: str
) -> None:
    spec: dict[str, Any] = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "main", "image": "main"}]}}
    metadata = {"name": "api", "namespace": namespace}
    spec["template"] = template
    made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    cluster.create(made)

    assert "Deployment/api" in repr(tk.why(cluster, namespaces=[namespace], workload="api"))
    with pytest.raises(NotFound, match=r"^there is no workload 'apj'; did you mean 'Deployment/api'\?$"):
        tk.why(cluster, namespaces=[namespace], workload="apj")
    cluster.create({**made, "kind": "StatefulSet", "spec": {**spec, "serviceName": "api"}})
    with pytest.raises(InvalidSpecError, match=r"workload='api': use one of 'Deployment/api', 'StatefulSet/api'"):
        tk.why(cluster, namespaces=[namespace], workload="api")
    with pytest.raises(InvalidSpecError, match="use Kind/name, for example 'Job/train'"):
        asked.why(cluster, namespaces=[namespace], workload=["Deployment/api"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"memory": 16}, "memory=16: a number without a unit is in bytes: add one, for example '16Gi'"),
        ({"gpus": "A100"}, "gpus='A100': use a whole number, for example 2; pass the kind as accelerator="),
        (
            {"gpus": 2, "accelerator": "H100"},
            (
                "accelerator='H100': use a resource name such as 'nvidia.com/gpu': "
                "column accelerator_kinds of tk.nodes(cluster) has the names"
            ),
        ),
    ],
)
def test_ambiguous_amounts_are_refused(wrong: dict[str, Any], said: str, cluster: Cluster, namespace: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        tk.fits(cluster, namespace, **wrong)

    assert str(caught.value) == said


def test_a_kind_that_is_not_text_is_refused(cluster: Cluster) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        asked.resources(cluster, None)

    assert "kind=None: the server does not serve a kind of this name that can be listed: see" in str(caught.value)


def test_the_error_of_a_value_that_is_not_a_frame_names_a_function_that_returns_one(cluster: Cluster) -> None:
    said = []
    by_team = tk.quota_usage(cluster, by="team")
    calls: list[Callable[[], object]] = [
        lambda: asked.plots.quota_bars([1]),
        lambda: asked.plots.gpus([1], [1]),
        lambda: tk.plots.quota_heatmap(by_team),
    ]
    for call in calls:
        with pytest.raises(InvalidSpecError) as caught:
            call()
        said.append(str(caught.value))

    assert said == [
        "frame=[1]: is not a DataFrame: pass the result of tk.quota_usage(cluster)",
        "nodes=[1]: is not a DataFrame: pass the result of tk.nodes(cluster)",
        "frame='quota_usage by team': is not by tenant: pass the result of tk.quota_usage(cluster)",
    ]
