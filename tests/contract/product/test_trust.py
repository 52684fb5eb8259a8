"""What teams do to their own objects, with their own tokens, and what the platform's plan and apply make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant, get_tenants
from tests.contract.tenants import OWNER, fresh_name, hard, tenant
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

RBAC = "rbac.authorization.k8s.io"
LEAVING = "owner@example.com"
STAYING = "dana@example.com"
STUCK = "example.com/stuck"
DEEP = b'{"f:a":' * 1_100 + b"{}" + b"}" * 1_100


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    """A tenant whose second owner is the persona `owner`, who is about to leave."""
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name, owners=[STAYING, LEAVING])), progress=False)
        yield name


@pytest.fixture
def leaving(name: str, wire_as: Callable[[str], Wire]) -> Wire:
    """Requests as the owner who is about to leave, once the server applies the binding."""
    wire = wire_as("owner")
    eventually(lambda: wire("GET", bindings_of(name)).status == 200 or pytest.fail("not bound yet"))
    return wire


def bindings_of(name: str) -> str:
    return f"/apis/{RBAC}/v1/namespaces/{name}/rolebindings"


def own_binding(cluster: Cluster, name: str) -> str:
    found = cluster.list("RoleBinding", namespace=name, managed_fields=False)
    return next(str(it["metadata"]["name"]) for it in found if it["subjects"][0]["name"] == LEAVING)


def bury(wire: Wire, path: str) -> None:
    """Nest the managed fields of an object deeper than any parser goes."""
    entry = b'{"manager":"x","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":%s}' % DEEP
    headers = {"Content-Type": MERGE_PATCH, "Authorization": f"Bearer {wire.token}"}
    body = b'{"metadata":{"managedFields":[%s]}}' % entry
    answer = wire.pool.request("PATCH", wire.server + path, body=body, headers=headers)
    assert answer.status == 200, answer.data[:500]


@pytest.mark.parametrize("trick", ["nothing", "stripped", "another", "finalizer", "deleted", "buried"])
def test_an_owner_who_leaves_keeps_no_right_whatever_they_did(
    trick: str, leaving: Wire, name: str, cluster: Cluster, wire: Wire
) -> None:
    path = f"{bindings_of(name)}/{own_binding(cluster, name)}"
    patches: dict[str, Any] = {
        "stripped": {"metadata": {"labels": None, "annotations": None, "managedFields": [{}]}},
        "finalizer": {"metadata": {"finalizers": [STUCK]}},
        "deleted": {"metadata": {"finalizers": [STUCK]}},
    }
    # An owner could do this before the guardrails were installed; whoever manages tenants stands in for that time.
    if trick in patches:
        assert leaving("PATCH", path, patches[trick], content_type=MERGE_PATCH).status == 403
        assert wire("PATCH", path, patches[trick], content_type=MERGE_PATCH).status == 200
    if trick == "deleted":
        assert leaving("DELETE", path).status == 200
    if trick == "buried":
        bury(leaving, path)
    if trick == "another":
        role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-owner"}
        subject = {"apiGroup": RBAC, "kind": "User", "name": LEAVING}
        made = {"metadata": {"name": "hidden"}, "roleRef": role, "subjects": [subject]}
        assert leaving("POST", bindings_of(name), made).status == 201

    apply(cluster, plan(cluster, tenant(name, owners=[STAYING], size="medium")), progress=False)

    listed = wire("GET", bindings_of(name)).body["items"]
    assert LEAVING not in [who["name"] for it in listed for who in it.get("subjects") or ()]
    eventually(lambda: is_refused(leaving, name) or pytest.fail("still may read Secrets"))
    assert hard(cluster, name)["pods"] == "50"


def is_refused(wire: Wire, name: str) -> bool:
    return wire("GET", f"/api/v1/namespaces/{name}/secrets").status == 403


def test_a_plan_of_many_tenants_reads_past_an_object_that_no_parser_reads(
    leaving: Wire, name: str, cluster: Cluster
) -> None:
    bury(leaving, f"/apis/networking.k8s.io/v1/namespaces/{name}/ingresses/ai")
    with fresh_name(cluster) as other:
        apply(cluster, plan(cluster, tenant(other)), progress=False)

        both = plan(cluster, [tenant(name, owners=[STAYING, LEAVING]), tenant(other)])

        assert not both.has_changes
        assert {name, other} <= {it.name for it in get_tenants(cluster)}
        assert get_tenant(cluster, name).routes == tenant(name).routes


def test_an_editor_cannot_make_the_platform_give_rights_by_a_config_map(
    name: str, cluster: Cluster, wire_as: Callable[[str], Wire]
) -> None:
    wanted = tenant(name, owners=[STAYING, OWNER], editors=["editor@example.com"])
    apply(cluster, plan(cluster, wanted), progress=False)
    editor = wire_as("editor")
    path = f"/api/v1/namespaces/{name}/configmaps"
    eventually(lambda: editor("GET", path).status == 200 or pytest.fail("not bound yet"))
    team = '{"apiVersion":"tenantkit.dev/v1alpha1","editors":["editor@example.com","eve@example.com"]}'
    body = {"metadata": {"name": "tenantkit-tenant"}, "data": {"tenant.json": team}}
    assert editor("POST", path, body).status == 201

    stored = get_tenant(cluster, name)
    apply(cluster, plan(cluster, stored.with_(size="large")), progress=False)

    assert get_tenant(cluster, name) == wanted.with_(size="large", viewers=[])
