"""Frames for users who may read the whole cluster, and for those who may read one namespace; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.quota import QUOTA_USAGE, quota_usage
from tenantkit.frames.routes import ROUTES, routes
from tenantkit.frames.tenants import TENANTS, tenants
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.contract.tenants import OWNER, edit, fresh_name, hard, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

FRAMES = pytest.mark.parametrize("frame_of", [tenants, quota_usage, routes])
GRANT = f"/metadata/annotations/{GRANT_ANNOTATION.replace('/', '~1')}"


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


@pytest.fixture
def owner(name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]) -> Cluster:
    """The owner, once the server has applied the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("list", "Ingress", namespace=name))
    return owner


def ingress(namespace: str, name: str, host: str, **spec: Any) -> Manifest:
    behind = {"service": {"name": "web", "port": {"name": "http"}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Exact", "backend": behind}]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"rules": [rule], **spec},
    }


def test_a_tenant_is_one_row_with_its_grant(cluster: Cluster, name: str) -> None:
    frame = tenants(cluster, namespaces=[name])

    expected = pd.DataFrame(
        {
            "tenant": [name],
            "team": ["cv"],
            "namespace": [name],
            "phase": ["Active"],
            "size": ["small"],
            "owners": [OWNER],
            "hosts": [f"{name}.example.ai"],
            "created": [cluster.get("Namespace", name)["metadata"]["creationTimestamp"]],
            "expires": [None],
            "protected": [False],
            "isolated": [True],
            "drift": [None],
            "frozen": [None],
            "boost_until": [None],
            "warning": [None],
        }
    ).astype(TENANTS)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"incomplete": {}, "scope": (name,)}


def test_a_quota_has_a_row_for_each_entry_with_its_usage(
    cluster: Cluster, name: str, eventually: Callable[..., object]
) -> None:
    def frame_now() -> pd.DataFrame:
        return quota_usage(cluster, namespaces=[name]).query("quota == 'tenantkit-quota'").set_index("resource")

    # kube-root-ca.crt
    eventually(lambda: list(frame_now().loc["count/configmaps", ["used", "state"]]) == [1, "ok"])
    frame = frame_now()

    assert list(frame.index) == sorted(hard(cluster, name))
    assert frame.loc["requests.cpu"].dropna().to_dict() == {
        "tenant": name,
        "team": "cv",
        "namespace": name,
        "quota": "tenantkit-quota",
        "unit": "cores",
        "used": 0.0,
        "hard": 4.0,
        "free": 4.0,
        "used_pct": 0.0,
        "state": "ok",
    }
    assert frame.loc["services.nodeports", "state"] == "none"


def test_routes_are_all_ingresses_in_tenants_namespaces(cluster: Cluster, name: str, namespace: str) -> None:
    cluster.create(ingress(name, "by-hand", f"b.{name}.example.ai", tls=[{"hosts": [f"b.{name}.example.ai"]}]))
    cluster.create(ingress(namespace, "nobodys", f"{namespace}.example.ai"))

    frame = routes(cluster)

    of_both = frame[frame["namespace"].isin([name, namespace])].reset_index(drop=True)
    host = f"{name}.example.ai"
    expected = pd.DataFrame(
        [
            *[("Ingress", name, name, "ai", host, "/ai-service", "Prefix", "ai-service", "80", False)],
            *[("Ingress", name, name, "by-hand", f"b.{host}", "/", "Exact", "web", "http", True)],
        ],
        columns=list(ROUTES)[:10],
    )
    expected[["ingress_class", "gateway", "address"]] = None
    expected["url"] = [f"http://{host}/ai-service", f"https://b.{host}/"]
    pd.testing.assert_frame_equal(of_both, expected.astype(ROUTES))
    assert frame.attrs["scope"] == "cluster"


@FRAMES
def test_the_scope_of_an_admin_is_the_cluster(
    frame_of: Callable[..., pd.DataFrame], cluster: Cluster, name: str
) -> None:
    frame = frame_of(cluster)

    assert name in set(frame["tenant"])
    assert frame.attrs["scope"] == "cluster"


@FRAMES
def test_the_scope_of_an_owner_is_their_namespace(
    frame_of: Callable[..., pd.DataFrame], owner: Cluster, name: str, namespace: str
) -> None:
    frame = frame_of(owner, namespaces=[namespace, name])

    assert set(frame["tenant"]) == {name}
    assert frame.attrs["scope"] == (name,)


def test_the_default_is_the_connection_s_namespaces(engine: Engine, owner: Cluster, name: str) -> None:
    login = engine.login("owner")

    with connect(kubeconfig=login.kubeconfig, context=login.context, namespaces=[name]) as connection:
        assert [frame["tenant"].iloc[0] for frame in (tenants(connection), routes(connection))] == [name, name]
    assert tenants(owner, namespaces=[name], drift=True)["drift"].tolist() == [False]


@FRAMES
def test_a_user_without_permissions_gets_an_error_not_an_empty_frame(
    frame_of: Callable[..., pd.DataFrame], connect_as: Callable[[str], Cluster], name: str
) -> None:
    for namespaces in (None, [name]):
        with pytest.raises(PermissionDenied, match=r"stranger@example\.com"):
            frame_of(connect_as("stranger"), namespaces=namespaces)


@pytest.mark.parametrize(("frame_of", "schema"), [(tenants, TENANTS), (quota_usage, QUOTA_USAGE), (routes, ROUTES)])
def test_an_empty_frame_has_the_same_columns_and_dtypes(
    frame_of: Callable[..., pd.DataFrame], schema: dict[str, str], cluster: Cluster, namespace: str
) -> None:
    nothing = pd.DataFrame({column: [] for column in schema}).astype(schema)

    for namespaces in ([namespace], ["not-there"]):
        pd.testing.assert_frame_equal(frame_of(cluster, namespaces=namespaces), nothing)


def test_drift_is_computed_on_request(cluster: Cluster, name: str) -> None:
    assert tenants(cluster, namespaces=[name], drift=True)["drift"].tolist() == [False]

    cluster.delete(ObjectRef("v1", "LimitRange", "tenantkit-limits", name))

    assert tenants(cluster, namespaces=[name], drift=True)["drift"].tolist() == [True]
    assert tenants(cluster, namespaces=[name])["drift"].isna().tolist() == [True]


def test_a_grant_of_a_newer_version_hides_only_its_own_cells(cluster: Cluster, wire: Wire, name: str) -> None:
    grant = json.dumps({"apiVersion": "tenantkit.dev/v9", "name": name})
    edit(wire, ObjectRef("v1", "Namespace", name), {"op": "replace", "path": GRANT, "value": grant})

    frame = tenants(cluster, drift=True)

    row = frame[frame["tenant"] == name].iloc[0]
    assert row[["size", "owners", "expires", "protected", "drift"]].isna().all()
    assert (row["team"], row["phase"]) == ("cv", "Active")
    assert frame.attrs["incomplete"][name].startswith(
        f"the grant of namespace {name!r} has apiVersion tenantkit.dev/v9, and this version of tenantkit reads "
    )
