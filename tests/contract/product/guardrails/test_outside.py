"""Provisioners change tenants' namespaces only, and tenantkit's roles are bound in these only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.manifests.claims import make_claim
from tenantkit.manifests.namespace import make_namespace
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import delete_tenants
from tenantkit.provision.plan import plan
from tests.contract.product.guardrails.conftest import DRY_RUN, PROVISIONER, RBAC, denied, settings
from tests.contract.tenants import ROUTE, fresh_name, tenant
from tests.contract.wire import APPLY, JSON, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Wire

ENFORCE = "pod-security.kubernetes.io/enforce"


@pytest.fixture
def provisioner(place: Place, wire_as: Callable[[str], Wire]) -> Wire:
    """Plain requests of a provisioner."""
    assert place.name
    return wire_as("provisioner")


def owner_binding(subject: dict[str, str] | None = None) -> dict[str, Any]:
    """A RoleBinding to the owner role."""
    return {
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-owner"},
        "subjects": [subject or {"apiGroup": RBAC, "kind": "User", "name": PROVISIONER}],
    }


@pytest.mark.parametrize("namespace", ["kube-system", "default", "tenantkit-system"])
def test_a_provisioner_does_not_become_the_owner_of_another_namespace(namespace: str, provisioner: Wire) -> None:
    path = f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings"

    denied(provisioner("POST", path, owner_binding(), query=DRY_RUN), "only a cluster administrator may do it")


def test_a_provisioner_binds_nobody_of_kubernetes_in_a_tenant(place: Place, provisioner: Wire) -> None:
    group = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
    path = f"/apis/{RBAC}/v1/namespaces/{place.name}/rolebindings"

    denied(provisioner("POST", path, owner_binding(group), query=DRY_RUN), "a RoleBinding to system:authenticated")
    assert provisioner("POST", path, owner_binding(), query=DRY_RUN).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/namespaces/kube-system/configmaps", {"metadata": {"name": "tried"}}),
        ("PATCH", "/api/v1/namespaces/tenantkit-system/configmaps/guardrails", {"data": {"roles": "cluster-admin"}}),
        ("PATCH", "/api/v1/namespaces/tenantkit-system/configmaps/platform", {"data": {"platform.json": "{}"}}),
        ("DELETE", "/api/v1/namespaces/tenantkit-system/configmaps/guardrails", None),
        ("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "tried"}}),
        ("POST", "/api/v1/namespaces/default/resourcequotas", {"metadata": {"name": "tried"}, "spec": {"hard": {}}}),
    ],
)
def test_a_provisioner_changes_nothing_outside(method: str, path: str, body: Any, provisioner: Wire) -> None:
    content_type = MERGE_PATCH if method == "PATCH" else JSON

    denied(
        provisioner(method, path, body, query=DRY_RUN, content_type=content_type),
        "a change by a provisioner is not allowed outside",
    )


def test_a_provisioner_makes_and_deletes_claims_and_changes_none(place: Place, provisioner: Wire) -> None:
    root = "/api/v1/namespaces/tenantkit-system/configmaps"
    claim = make_claim(place.name, f"claim.{place.name}.example.ai")
    path = f"{root}/{claim['metadata']['name']}"
    assert provisioner("POST", root, claim).status == 201
    try:
        query = {"fieldManager": "ci"}
        assert provisioner("PATCH", path, claim, content_type=APPLY, query=query).status == 200
        for change in (
            {"metadata": {"labels": {"tenantkit.dev/tenant": "other"}}},
            {"metadata": {"annotations": {"a": "b"}}},
            {"metadata": {"finalizers": ["example.com/held"]}},
            {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}]}},
        ):
            denied(
                provisioner("PATCH", path, change, content_type=MERGE_PATCH, query=DRY_RUN),
                "a change by a provisioner is not allowed outside",
            )
        data = {"data": {"tenant": "other"}}
        assert provisioner("PATCH", path, data, content_type=MERGE_PATCH, query=DRY_RUN).status in (403, 422)
    finally:
        assert provisioner("DELETE", path).status == 200
    named = claim | {"metadata": claim["metadata"] | {"namespace": "kube-system"}}
    elsewhere = "/api/v1/namespaces/kube-system/configmaps"
    denied(provisioner("POST", elsewhere, named, query=DRY_RUN), "a change by a provisioner is not allowed outside")


@pytest.mark.parametrize("namespace", ["default", "kube-system", "tenantkit-system"])
def test_a_provisioner_changes_no_other_namespace(namespace: str, provisioner: Wire) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    labels = {ENFORCE: "privileged", "tenantkit.dev/tenant": "x", "app.kubernetes.io/managed-by": "tenantkit"}
    answer = provisioner("PATCH", path, {"metadata": {"labels": labels}}, content_type=MERGE_PATCH, query=DRY_RUN)

    denied(answer, f"changing the Namespace {namespace}")


def test_a_provisioner_makes_only_namespaces_of_tenants(provisioner: Wire) -> None:
    made = make_namespace(tenant("tried"), settings())
    labels = made["metadata"]["labels"]
    wrong = {
        "without tenantkit's labels": {"metadata": {"name": "tried", "labels": {ENFORCE: "restricted"}}},
        "the reserved name kube-tried": {"metadata": {**made["metadata"], "name": "kube-tried"}},
        "a Pod Security level below the platform's": {
            "metadata": {**made["metadata"], "labels": labels | {ENFORCE: "privileged"}}
        },
    }
    without = {key: value for key, value in labels.items() if not key.startswith("pod-security")}
    for words, body in wrong.items():
        denied(provisioner("POST", "/api/v1/namespaces", body, query=DRY_RUN), words)
    denied(provisioner("POST", "/api/v1/namespaces", {"metadata": {"name": "tried", "labels": without}}, query=DRY_RUN))

    assert provisioner("POST", "/api/v1/namespaces", {"metadata": made["metadata"]}, query=DRY_RUN).status == 201


def test_a_provisioner_lowers_no_tenants_pod_security(place: Place, provisioner: Wire) -> None:
    for label, value in ((ENFORCE, "privileged"), (ENFORCE, None), (f"{ENFORCE}-version", "v1.20")):
        change = {"metadata": {"labels": {label: value}}}
        path = f"/api/v1/namespaces/{place.name}"
        denied(provisioner("PATCH", path, change, content_type=MERGE_PATCH, query=DRY_RUN), "Pod Security level")


def test_a_provisioner_creates_changes_and_deletes_a_tenant(
    place: Place, cluster: Cluster, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    assert place.name
    provisioner = connect_as("provisioner")
    with fresh_name(cluster, installs=False) as name:
        eventually(lambda: provisioner.can("create", "Namespace"))
        spec = tenant(name, routes=[ROUTE])
        apply(provisioner, plan(provisioner, spec), progress=False)
        apply(provisioner, plan(provisioner, spec.with_(size="medium", editors=["eve@example.com"])), progress=False)

        assert plan(provisioner, spec.with_(size="medium", editors=["eve@example.com"])).has_changes is False
        delete_tenants(provisioner, [name], confirm=[name], progress=False)


def test_nobody_binds_a_tenants_role_elsewhere(place: Place, wire: Wire, wire_as: Callable[[str], Wire]) -> None:
    """A user who may bind everything in a namespace that is not a tenant's, and is not an administrator."""
    assert place.name
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "contract-every-right"}
    body = {"metadata": {"name": "every"}, "roleRef": ref, "subjects": [owner_binding()["subjects"][0]]}
    subject = {"apiGroup": RBAC, "kind": "User", "name": "viewer@example.com"}
    root = f"/apis/{RBAC}/v1/namespaces/default/rolebindings"
    wire("POST", root, body | {"subjects": [subject]})
    viewer = wire_as("viewer")
    try:
        eventually(lambda: viewer("GET", root).status == 200)
        denied(viewer("POST", root, owner_binding(), query=DRY_RUN), "a binding to tenantkit-owner")
        other = owner_binding() | {"roleRef": ref}
        assert viewer("POST", root, other, query=DRY_RUN).status == 201
    finally:
        wire("DELETE", f"{root}/every")
