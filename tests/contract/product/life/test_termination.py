"""A namespace that hangs in Terminating is explained, and distinguished from a foreign one; on both engines."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound, PartialApplyError, WaitTimeoutError
from tenantkit.findings.why import why
from tenantkit.frames.tenants import tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.install import install_platform
from tenantkit.provision.life.adopt import plan_adopt
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tests.contract.namespaces import fresh_name
from tests.contract.tenants import edit, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

HOLD = "example.org/hold"
HELD = f"finalizer '{HOLD}' holds 1 object; these remain: 1 configmaps"


@contextmanager
def held(cluster: Cluster, wire: Wire, name: str) -> Iterator[None]:
    """The namespace is being deleted, and a finalizer keeps a ConfigMap in it."""
    metadata = {"name": "kept", "namespace": name, "finalizers": [HOLD]}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    cluster.delete(ObjectRef("v1", "Namespace", name))
    try:
        yield
    finally:
        removed = {"op": "remove", "path": "/metadata/finalizers"}
        edit(wire, ObjectRef("v1", "ConfigMap", "kept", name), removed)
        eventually(lambda: not exists(cluster, name))


def exists(cluster: Cluster, name: str) -> bool:
    try:
        return bool(cluster.get("Namespace", name))
    except NotFound:
        return False


def wanted(name: str) -> Any:
    return tenant(name, routes=None)


@pytest.fixture
def name(cluster: Cluster) -> str:
    install_platform(cluster, progress=False)
    return fresh_name()


def test_a_namespace_that_hangs_is_explained_everywhere_and_then_created_anew(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    apply(cluster, plan(cluster, wanted(name)), progress=False)

    with held(cluster, wire, name):
        warning = eventually(lambda: _warning(cluster, name, HELD))
        finding = why(cluster, namespaces=[name]).query("cause == 'namespace terminating'").iloc[0]
        first = plan(cluster, wanted(name)).rows[0]
        with pytest.raises(WaitTimeoutError) as timed_out:
            delete_tenants(cluster, name, confirm=name, progress=False, timeout_s=0)
        with pytest.raises(PartialApplyError, match="is being deleted: wait until it is deleted, then plan again"):
            apply(cluster, plan(cluster, wanted(name)), progress=False)

    try:
        assert apply(cluster, plan(cluster, wanted(name)), progress=False).is_complete
    finally:
        delete_tenants(cluster, name, confirm=name, progress=False)

    step = f"the controller that set finalizer '{HOLD}' removes it once it has cleaned up"
    lost = "removed by hand, what that controller would have cleaned up stays"
    texts = [warning, finding["next_steps"], first.reason, str(timed_out.value)]
    assert all(step in text and lost in text for text in texts)
    assert (first.action, first.code) == ("blocked", "being-deleted")
    assert first.reason.startswith(f"the tenant's namespace '{name}' is being deleted")


def test_a_foreign_namespace_of_that_name_has_another_reason(cluster: Cluster, name: str, wire: Wire) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    with held(cluster, wire, name):
        eventually(lambda: cluster.get("Namespace", name)["status"]["phase"] == "Terminating")
        first = plan(cluster, wanted(name)).rows[0]
        adopted = plan_adopt(cluster, wanted(name)).rows[0]

    assert (first.action, first.code) == ("blocked", "other-being-deleted")
    assert first.reason.startswith(f"a namespace '{name}' that does not belong to tenant '{name}' is being deleted")
    assert (adopted.action, adopted.code) == ("blocked", "other-being-deleted")


def _warning(cluster: Cluster, name: str, part: str) -> str | None:
    warning = str(tenants(cluster, namespaces=[name])["warning"][0])
    return warning if part in warning else None
