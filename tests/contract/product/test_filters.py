"""`tenant=`, `namespaces=` and `label_selector=` mean the same in every reader; the same on both engines."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, NotFound
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

    Reader = Callable[..., pd.DataFrame]


def _of_tenants(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of an audit without those about the cluster, which are always there."""
    return frame[frame["tenant"].notna()]


READERS: dict[str, Reader] = {
    "tenants": tk.tenants,
    "copies": tk.copies,
    "quota_usage": tk.quota_usage,
    "quota_holders": tk.quota_holders,
    "routes": tk.routes,
    "hosts": tk.hosts,
    "members": tk.members,
    "pods": tk.pods,
    "workloads": tk.workloads,
    "services": tk.services,
    "events": tk.events,
    "volumes": tk.volumes,
    "resources": lambda cluster, **filters: tk.resources(cluster, "configmaps", **filters),
    "why": tk.why,
    "connectivity": tk.connectivity,
    "audit": lambda cluster, **filters: _of_tenants(tk.audit(cluster, **filters)),
}
each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        tk.apply(cluster, tk.plan(cluster, tenant(name)), progress=False)
        selector = {"matchLabels": {"app": "api"}}
        container = {"name": "main", "image": "i"}
        template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [container]}}
        for app, replicas in (("api", 0), ("web", 0)):
            cluster.create(
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": app, "namespace": name, "labels": {"app": app}},
                    "spec": {"replicas": replicas, "selector": selector, "template": template},
                }
            )
        yield name


def test_every_reader_takes_the_same_filters() -> None:
    plain = (read for what, read in READERS.items() if what not in ("audit", "resources"))
    readers: list[Reader] = [tk.audit, tk.resources, *plain]
    for reader in readers:
        assert {"tenant", "namespaces", "label_selector"} <= set(inspect.signature(reader).parameters), reader
    assert list(inspect.signature(tk.nodes).parameters) == ["cluster", "label_selector"]


@each_reader
def test_a_member_sees_that_a_frame_is_a_part_of_the_cluster_unless_they_named_it(
    read: Reader, cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: name in set(tk.my_tenants(owner)["namespace"]))

    found = read(owner)

    assert name in found.attrs["scope"]
    assert found.attrs["partial"] == "that you may read"
    assert "partial" not in read(owner, tenant=name).attrs
    assert "partial" not in read(owner, namespaces=[name]).attrs
    assert "partial" not in read(cluster).attrs
    assert read(owner, namespaces=[name, "kube-system"]).attrs.get("partial") == "that you may read"


@each_reader
def test_a_tenant_is_the_same_as_its_namespace(cluster: Cluster, name: str, read: Reader) -> None:
    by_tenant, by_namespace = read(cluster, tenant=name), read(cluster, namespaces=[name])

    assert by_tenant.attrs["scope"] == by_namespace.attrs["scope"] == (name,)
    keys = [column for column in ("name", "workload", "resource", "reason") if column in by_tenant]
    pd.testing.assert_frame_equal(by_tenant[keys], by_namespace[keys])


@each_reader
def test_a_tenant_and_namespaces_together_are_refused(cluster: Cluster, name: str, read: Reader) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        read(cluster, tenant=name, namespaces=[name])

    assert str(caught.value) == f"tenant={name!r} cannot be combined with namespaces=: pass one of them"


@each_reader
def test_a_tenant_that_does_not_exist_is_an_error(cluster: Cluster, read: Reader) -> None:
    with pytest.raises(NotFound, match=r"^there is no tenant 'nobody'"):
        read(cluster, tenant="nobody")


@each_reader
def test_labels_that_no_object_has_select_nothing(cluster: Cluster, name: str, read: Reader) -> None:
    frame = read(cluster, tenant=name, label_selector="no=such-object")

    assert frame.empty
    assert frame.dtypes.to_dict() == read(cluster, tenant=name).dtypes.to_dict()


@each_reader
def test_a_wrong_label_selector_is_refused(cluster: Cluster, read: Reader) -> None:
    with pytest.raises(InvalidSpecError, match=r"^label_selector='=='"):
        read(cluster, label_selector="==")


def test_labels_select_the_objects_that_the_rows_are_about(cluster: Cluster, name: str) -> None:
    frame = tk.workloads(cluster, tenant=name, label_selector="app=web")

    assert frame["workload"].tolist() == ["Deployment/web"]


def test_nodes_are_selected_by_their_labels(cluster: Cluster) -> None:
    assert tk.nodes(cluster, label_selector="no=such-node").empty


def test_a_tenant_may_be_the_second_argument_of_why_and_quota_holders(cluster: Cluster, name: str) -> None:
    readers: list[Any] = [tk.why, tk.quota_holders]
    for read in readers:
        pd.testing.assert_frame_equal(read(cluster, name), read(cluster, tenant=name))
