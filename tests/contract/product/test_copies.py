"""Copies of the platform's Secrets and ConfigMaps in tenants' namespaces."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import Platform
from tests.contract.tenants import edit, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


def encoded(token: str) -> str:
    return base64.b64encode(token.encode()).decode()


def registry(namespace: str, token: str = "first", **fields: Any) -> Manifest:  # noqa: S107 (of a test)
    metadata = {"name": "registry", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"token": encoded(token)}, **fields}


def copied(namespace: str) -> Platform:
    return Platform(copies=[f"{namespace}/registry", f"ConfigMap/{namespace}/ca"])


@pytest.fixture
def sources(cluster: Cluster, namespace: str) -> str:
    """A namespace of the platform with what is copied."""
    cluster.create(registry(namespace))
    metadata = {"name": "ca", "namespace": namespace}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": "first"}})
    return namespace


@pytest.fixture
def name(cluster: Cluster, sources: str) -> Iterator[str]:
    with fresh_name(cluster) as name:
        install_platform(cluster, copied(sources), progress=False)
        yield name
        install_platform(cluster, progress=False)


def applied(cluster: Cluster, name: str) -> Report:
    return apply(cluster, plan(cluster, tenant(name)), progress=False)


def rows(made: Plan) -> list[tuple[str, str, str | None]]:
    return [(row.action, row.ref.name, row.code) for row in made.rows if row.action != "unchanged"]


def states(cluster: Cluster, name: str) -> dict[str, str]:
    frame = tk.copies(cluster, tenant=name)
    return dict(zip(frame["name"], frame["state"], strict=True))


def test_each_tenant_gets_its_copies_and_they_are_kept_fresh(
    cluster: Cluster, name: str, sources: str, wire: Wire
) -> None:
    applied(cluster, name)

    secret = cluster.get("Secret", "registry", name)
    assert (secret["type"], secret["data"]) == ("Opaque", {"token": encoded("first")})
    assert cluster.get("ConfigMap", "ca", name)["data"] == {"ca.crt": "first"}
    assert rows(plan(cluster, tenant(name))) == []
    assert states(cluster, name) == {"ca": "current", "registry": "current"}

    edit(wire, ref_of(registry(sources)), {"op": "replace", "path": "/data/token", "value": encoded("second")})
    assert states(cluster, name) == {"ca": "current", "registry": "stale"}
    assert rows(plan(cluster, tenant(name), dry_run="server")) == [("update", "registry", None)]
    applied(cluster, name)
    assert cluster.get("Secret", "registry", name)["data"] == {"token": encoded("second")}


def test_a_copy_that_was_changed_or_deleted_is_made_again(cluster: Cluster, name: str, wire: Wire) -> None:
    applied(cluster, name)
    edit(
        wire,
        ObjectRef("v1", "Secret", "registry", name),
        {"op": "replace", "path": "/data/token", "value": encoded("x")},
    )
    cluster.delete(ObjectRef("v1", "ConfigMap", "ca", name))

    assert rows(plan(cluster, tenant(name))) == [("update", "registry", "taken-back"), ("create", "ca", None)]
    assert states(cluster, name) == {"ca": "missing", "registry": "stale"}
    applied(cluster, name)
    assert states(cluster, name) == {"ca": "current", "registry": "current"}
    assert cluster.get("Secret", "registry", name)["data"] == {"token": encoded("first")}


def test_a_secret_of_another_type_replaces_the_copy(cluster: Cluster, name: str, sources: str) -> None:
    applied(cluster, name)
    cluster.delete(ref_of(registry(sources)))
    cluster.create(registry(sources, "second", type="example.org/other"))

    applied(cluster, name)

    assert cluster.get("Secret", "registry", name)["type"] == "example.org/other"


def test_an_object_of_somebody_else_is_never_overwritten(cluster: Cluster, name: str) -> None:
    install_platform(cluster, progress=False)
    applied(cluster, name)
    theirs = registry(name, "mine")
    cluster.create(theirs | {"metadata": theirs["metadata"] | {"labels": {"app.kubernetes.io/managed-by": "helm"}}})

    sources = f"{name}-other"
    install_platform(cluster, Platform(copies=[f"{sources}/registry"]), progress=False)
    made = plan(cluster, tenant(name))

    assert ("blocked", "registry", "source-missing") in rows(made)
    assert cluster.get("Secret", "registry", name)["data"] == {"token": encoded("mine")}


def test_a_secret_of_the_same_name_blocks_its_copy_and_nothing_else(cluster: Cluster, name: str, sources: str) -> None:
    install_platform(cluster, progress=False)
    applied(cluster, name)
    theirs = registry(name, "mine")
    cluster.create(theirs | {"metadata": theirs["metadata"] | {"labels": {"app.kubernetes.io/managed-by": "helm"}}})
    install_platform(cluster, copied(sources), progress=False)

    with pytest.raises(PartialApplyError) as caught:
        applied(cluster, name)

    assert [(outcome.ref.name, outcome.code) for outcome in caught.value.report.failed] == [
        ("registry", "owned-by-other")
    ]
    assert states(cluster, name) == {"ca": "current", "registry": "blocked"}
    assert cluster.get("Secret", "registry", name)["data"] == {"token": encoded("mine")}


def test_the_token_of_an_account_is_never_copied(cluster: Cluster, name: str, sources: str) -> None:
    cluster.delete(ref_of(registry(sources)))
    metadata = {"name": "robot", "namespace": sources}
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    annotations = {"kubernetes.io/service-account.name": "robot"}
    token = registry(sources, type="kubernetes.io/service-account-token")
    cluster.create(token | {"metadata": token["metadata"] | {"annotations": annotations}})

    with pytest.raises(PartialApplyError) as caught:
        applied(cluster, name)

    assert [(outcome.ref.name, outcome.code) for outcome in caught.value.report.failed] == [
        ("registry", "never-copied")
    ]
    assert "registry" not in [it["metadata"]["name"] for it in cluster.list("Secret", namespace=name)]


def test_a_copy_that_is_no_longer_listed_is_deleted(cluster: Cluster, name: str) -> None:
    applied(cluster, name)
    install_platform(cluster, progress=False)
    assert states(cluster, name) == {"ca": "unwanted", "registry": "unwanted"}

    applied(cluster, name)

    assert states(cluster, name) == {}
    assert [it["metadata"]["name"] for it in cluster.list("Secret", namespace=name)] == []


def test_the_content_is_in_nothing_that_is_shown(cluster: Cluster, name: str, sources: str, wire: Wire) -> None:
    hidden = uuid.uuid4().hex
    edit(wire, ref_of(registry(sources)), {"op": "replace", "path": "/data/token", "value": encoded(hidden)})

    made = plan(cluster, tenant(name))
    report = apply(cluster, made, progress=False)
    edit(
        wire,
        ObjectRef("v1", "Secret", "registry", name),
        {"op": "replace", "path": "/data/token", "value": encoded(hidden + "x")},
    )
    again = plan(cluster, tenant(name))

    shown = f"{made.changes!r}{made}{made._repr_html_()}{made.as_json()}{report!r}{report}{again.changes!r}{again}"
    shown += f"{again._repr_html_()}{again.as_json()}{tk.copies(cluster).to_csv()}"
    assert hidden not in shown
    assert encoded(hidden)[:20] not in shown
    assert "sha256:" in shown


def test_an_owner_who_may_not_read_the_source_works_on(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    applied(cluster, name)
    cluster.delete(ObjectRef("v1", "ConfigMap", "ca", name))
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))

    made = plan(owner, get_tenant(owner, name).with_(viewers=["eve@example.com"]))
    report = apply(owner, made, progress=False)

    assert {(row.action, row.code) for row in made.rows if row.ref.name == "registry"} == {
        ("unchanged", "source-not-readable")
    }
    assert [outcome.ref.name for outcome in report.pending] == ["ca"]
    assert [outcome.ref.kind for outcome in report.applied] == ["RoleBinding", "RoleBinding"]  # one in the index
    assert tk.copies(owner, tenant=name)["state"].tolist() == ["unknown", "unknown"]
