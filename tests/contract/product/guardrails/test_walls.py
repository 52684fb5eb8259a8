"""What keeps a tenant in is changed by the platform only: by no verb, and through no subresource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tests.contract.api.kind_samples import POD
from tests.contract.product.guardrails import cases
from tests.contract.product.guardrails.conftest import DRY_RUN, denied
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Answer, Wire

NETWORKING = "/apis/networking.k8s.io/v1"
RIGHTS = "contract-namespaces"


def patch(wire: Wire, path: str, change: dict[str, Any]) -> Answer:
    """Try to change an object, without storing it."""
    return wire("PATCH", path, change, content_type=MERGE_PATCH, query=DRY_RUN)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("resourcequotas/tenantkit-quota", {"spec": {"hard": {"pods": "9999"}}}),
        ("resourcequotas/tenantkit-quota/status", {"status": {"used": {"pods": "0"}}}),
        ("limitranges/tenantkit-limits", {"spec": {"limits": []}}),
    ],
)
def test_nobody_changes_a_quota_or_limits(path: str, change: dict[str, Any], place: Place, anyone: Wire) -> None:
    denied(patch(anyone, f"/api/v1/namespaces/{place.name}/{path}", change), "ask the platform team")


@pytest.mark.parametrize("path", ["resourcequotas/tenantkit-quota", "limitranges/tenantkit-limits", "resourcequotas"])
def test_nobody_deletes_a_quota_or_limits(path: str, place: Place, anyone: Wire) -> None:
    denied(anyone("DELETE", f"/api/v1/namespaces/{place.name}/{path}", query=DRY_RUN))


@pytest.fixture
def own_policy(place: Place, wire: Wire) -> Iterator[str]:
    """A NetworkPolicy of the platform."""
    body = {
        "metadata": {"name": "tenantkit-sample", "labels": {"app.kubernetes.io/managed-by": "tenantkit"}},
        "spec": {"podSelector": {}},
    }
    path = f"{NETWORKING}/namespaces/{place.name}/networkpolicies"
    assert wire("POST", path, body).status == 201
    yield f"{path}/tenantkit-sample"
    wire("DELETE", f"{path}/tenantkit-sample")


def test_nobody_changes_or_deletes_a_network_policy_of_the_platform(own_policy: str, anyone: Wire) -> None:
    fewer_pods = {"spec": {"podSelector": {"matchLabels": {"example.com/a": "b"}}}}
    denied(patch(anyone, own_policy, fewer_pods), "the platform's NetworkPolicy tenantkit-sample")
    denied(patch(anyone, own_policy, {"spec": {"ingress": [{}]}}))
    denied(patch(anyone, own_policy, {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}))
    denied(anyone("DELETE", own_policy, query=DRY_RUN))


@pytest.mark.parametrize("kind", ["rolebindings", "serviceaccounts"])
def test_nobody_strips_the_labels_of_tenantkit(kind: str, place: Place, anyone: Wire) -> None:
    root = f"/apis/{cases.RBAC}/v1" if kind == "rolebindings" else "/api/v1"
    path = f"{root}/namespaces/{place.name}/{kind}"
    listed = anyone("GET", path, query={"labelSelector": "app.kubernetes.io/managed-by=tenantkit"}).body["items"]
    stripped = {"metadata": {"labels": {"app.kubernetes.io/managed-by": None, "tenantkit.dev/tenant": None}}}

    denied(patch(anyone, f"{path}/{listed[0]['metadata']['name']}", stripped), "removing tenantkit's labels")


@pytest.fixture(scope="module")
def namespaces(place: Place, wire: Wire, wire_as: Callable[[str], Wire]) -> Iterator[Wire]:
    """A user who may do everything with Namespaces, and is not the platform."""
    root = f"/apis/{cases.RBAC}/v1"
    meta = {"metadata": {"name": RIGHTS}}
    resources = ["namespaces", "namespaces/status", "namespaces/finalize"]
    rules = [{"apiGroups": [""], "resources": resources, "verbs": ["*"]}]
    ref = {"apiGroup": cases.RBAC, "kind": "ClusterRole", "name": RIGHTS}
    subject = {"apiGroup": cases.RBAC, "kind": "User", "name": "viewer@example.com"}
    wire("POST", f"{root}/clusterroles", meta | {"rules": rules})
    wire("POST", f"{root}/clusterrolebindings", meta | {"roleRef": ref, "subjects": [subject]})
    user = wire_as("viewer")
    # a change that every right allows, and no guardrail denies
    path = f"/api/v1/namespaces/{place.name}"
    eventually(lambda: patch(user, path, {"metadata": {"labels": {"example.com/a": "b"}}}).status == 200)
    yield user
    wire("DELETE", f"{root}/clusterrolebindings/{RIGHTS}")
    wire("DELETE", f"{root}/clusterroles/{RIGHTS}")


_LABELS = {
    "the level of Pod Security": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
    "the label of the tenant": {"labels": {"tenantkit.dev/tenant": None}},
    "the label of tenantkit": {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
    "the grant": {"annotations": {"tenantkit.dev/grant": "{}"}},
    "the hosts": {"annotations": {"tenantkit.dev/hosts": "*.example.ai"}},
}


@pytest.mark.parametrize("part", ["", "/status", "/finalize"])
@pytest.mark.parametrize("change", _LABELS.values(), ids=_LABELS.keys())
def test_nobody_changes_of_a_tenants_namespace(
    part: str, change: dict[str, Any], place: Place, namespaces: Wire
) -> None:
    path = f"/api/v1/namespaces/{place.name}"
    if part == "/finalize":  # takes updates only
        whole = namespaces("GET", path).body
        for field, values in change.items():
            kept = whole["metadata"][field] | values
            whole["metadata"][field] = {key: value for key, value in kept.items() if value is not None}
        answer = namespaces("PUT", path + part, whole, query=DRY_RUN)
    else:
        answer = patch(namespaces, path + part, {"metadata": change})

    denied(answer, "on a tenant's Namespace")


def test_nobody_makes_a_namespace_that_looks_like_a_tenants(namespaces: Wire) -> None:
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "false"}
    body = {"metadata": {"name": "looks-like-a-tenant", "labels": labels}}

    denied(namespaces("POST", "/api/v1/namespaces", body, query=DRY_RUN), "changing the label")


def test_a_protected_tenant_is_not_deleted_until_its_protection_is_lifted(
    place: Place, cluster: Cluster, wire: Wire, namespaces: Wire
) -> None:
    path = f"/api/v1/namespaces/{place.other}"
    spec = get_tenant(cluster, place.other)
    apply(cluster, plan(cluster, spec.with_(protected=True)), progress=False)
    try:
        for user in (wire, namespaces):
            message = denied(user("DELETE", path, query=DRY_RUN), f"deleting Namespace {place.other}")
            assert "apply the tenant with protected: false first, also as an administrator" in message
        denied(patch(namespaces, path, {"metadata": {"labels": {"tenantkit.dev/protected": None}}}))
    finally:
        apply(cluster, plan(cluster, spec), progress=False)

    assert wire("DELETE", path, query=DRY_RUN).status == 200


def test_nobody_gets_a_token_of_an_account(place: Place, anyone: Wire) -> None:
    path = f"/api/v1/namespaces/{place.name}/serviceaccounts/workload/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}

    denied(anyone("POST", path, body, query=DRY_RUN), "a token of another account")


@pytest.mark.parametrize("part", ["pods/waiting/binding"])
def test_nobody_binds_a_pod_to_a_node(part: str, place: Place, wire: Wire, anyone: Wire) -> None:
    root = f"/api/v1/namespaces/{place.name}"
    body = {"metadata": {"name": "waiting"}, "target": {"kind": "Node", "name": "control-plane"}}
    pod = {"metadata": {"name": "waiting"}, "spec": POD}
    eventually(lambda: wire("POST", f"{root}/pods", pod).status in (201, 409))

    denied(anyone("POST", f"{root}/{part}", body, query=DRY_RUN), "binding a pod to a node")


@pytest.fixture
def isolated(wire: Wire) -> Iterator[None]:
    """Settings for tenants that the platform isolates, once they hold."""
    path = "/api/v1/namespaces/tenantkit-system/configmaps/guardrails"
    before = wire("GET", path).body["data"]["isolate"]
    wire("PATCH", path, {"data": {"isolate": "true"}}, content_type=MERGE_PATCH)
    yield
    wire("PATCH", path, {"data": {"isolate": before}}, content_type=MERGE_PATCH)


@pytest.mark.parametrize("case", cases.OPENING.values(), ids=cases.OPENING.keys())
@pytest.mark.usefixtures("place", "isolated")
def test_nobody_adds_a_network_policy_that_opens_what_is_closed(case: cases.Case, place: Place, anyone: Wire) -> None:
    eventually(
        lambda: denied(anyone("POST", case.path(place.name), case.body(), query=DRY_RUN), case.words), timeout_s=15
    )
