"""What a provisioner tries: to gain rights outside tenants' namespaces, and to lower the walls of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.product.isolation.attempt import Attempt, Request, applied, changed_by
from tests.contract.product.isolation.kinds import binding, collection, ingress, manifest
from tests.contract.product.isolation.place import EVE, RBAC, user
from tests.contract.wire import JSON_PATCH, MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.product.isolation.attempt import Base, Requests
    from tests.contract.product.isolation.place import Manifest, Place

WHO = ("provisioner",)
OUTSIDE = ("guardrail outside",)
_LEVEL = "pod-security.kubernetes.io/enforce"


def _namespaces(place: Place) -> tuple[str, ...]:
    return ("kube-system", "default", "tenantkit-system", place.plain)


def _create_in_each(kind: str, hostile: Manifest) -> Requests:
    """Make an object in each namespace that is no tenant's."""

    def requests(place: Place, _: Base) -> Iterator[Request]:
        for namespace in _namespaces(place):
            path = collection(kind, namespace)
            yield Request(f"create in {namespace}", "POST", path, hostile)
            yield applied(f"apply in {namespace}", f"{path}/{hostile['metadata']['name']}", hostile)

    return requests


def _change(path: str, content: Manifest) -> Requests:
    """Change an existing object in each way, and delete it."""

    def requests(_: Place, base: Base) -> Iterator[Request]:
        yield from changed_by(path, base(path), {"metadata": {}, **content})
        yield Request("delete", "DELETE", path)

    return requests


def _relabel(place: Place, base: Base) -> Iterator[Request]:
    for namespace in (*_namespaces(place), "kube-node-lease"):
        for labels in ({_LEVEL: "privileged"}, {"tenantkit.dev/tenant": "mine"}, {"example.com/label": "x"}):
            for request in changed_by(*_live(base, namespace), {"metadata": {"labels": labels}}):
                yield _named(request, f"{request.way} of {namespace} {labels}")


def _lower(place: Place, base: Base) -> Iterator[Request]:
    """Lower the Pod Security level of a tenant, or take it away."""
    path, live = _live(base, place.mine)
    labels = live["metadata"]["labels"]
    for level in ("privileged",):
        yield from changed_by(path, live, {"metadata": {"labels": {**labels, _LEVEL: level}}})
    without = {key: value for key, value in labels.items() if key != _LEVEL}
    yield Request("update without it", "PUT", path, {**live, "metadata": {**live["metadata"], "labels": without}})
    yield Request("merge patch without it", "PATCH", path, {"metadata": {"labels": {_LEVEL: None}}}, MERGE_PATCH)
    pointer = f"/metadata/labels/{_LEVEL.replace('/', '~1')}"
    yield Request("JSON patch without it", "PATCH", path, [{"op": "remove", "path": pointer}], JSON_PATCH)


def _unlabel(place: Place, base: Base) -> Iterator[Request]:
    """Take a tenant's namespace out of reach of the guardrails."""
    path, live = _live(base, place.mine)
    key = "tenantkit.dev/tenant"
    metadata: dict[str, Any] = {
        name: value for name, value in live["metadata"].items() if name not in ("managedFields", "resourceVersion")
    }
    without = {name: value for name, value in metadata["labels"].items() if name != key}
    yield Request("update", "PUT", path, {**live, "metadata": {**metadata, "labels": without}})
    yield Request("merge patch", "PATCH", path, {"metadata": {"labels": {key: None}}}, MERGE_PATCH)
    both = {"labels": {key: None, _LEVEL: "privileged"}}
    yield Request("merge patch with the level", "PATCH", path, {"metadata": both}, MERGE_PATCH)
    yield Request("JSON patch", "PATCH", path, [{"op": "remove", "path": "/metadata/labels"}], JSON_PATCH)


def _new_namespaces(_place: Place, _base: Base) -> Iterator[Request]:
    levels = {f"pod-security.kubernetes.io/{it}": "privileged" for it in ("enforce", "audit", "warn")}
    tenant = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "tried"}
    for way, labels in (("no labels", {}), ("a tenant without a level", tenant), ("privileged", {**tenant, **levels})):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tried", "labels": labels}}
        yield Request(f"create with {way}", "POST", "/api/v1/namespaces", body)
        yield applied(f"apply with {way}", "/api/v1/namespaces/tried", body)


def _delete(place: Place, _: Base) -> Iterator[Request]:
    for namespace in (*_namespaces(place), "kube-node-lease"):
        yield Request(namespace, "DELETE", f"/api/v1/namespaces/{namespace}")


def _delete_protected(place: Place, _: Base) -> Iterator[Request]:
    yield Request("delete", "DELETE", f"/api/v1/namespaces/{place.other}")


def _roles(_place: Place, _base: Base) -> Iterator[Request]:
    head = {"apiVersion": f"{RBAC}/v1"}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    role = {**head, "kind": "ClusterRole", "metadata": {"name": "tried"}, "rules": rules}
    label = {"metadata": {"labels": {"tenantkit.dev/aggregate-to-owner": "true"}}}
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-owner"}
    bound = {**head, "kind": "ClusterRoleBinding", "metadata": {"name": "tried"}, "roleRef": ref}
    path = f"/apis/{RBAC}/v1/clusterroles"
    yield Request("a ClusterRole", "POST", path, role)
    yield Request("rules of ours", "PATCH", f"{path}/tenantkit-owner", {"rules": rules}, MERGE_PATCH)
    yield Request("a label that adds a role to ours", "PATCH", f"{path}/cluster-admin", label, MERGE_PATCH)
    bindings = f"/apis/{RBAC}/v1/clusterrolebindings"
    yield Request("a ClusterRoleBinding", "POST", bindings, {**bound, "subjects": [user(EVE)]})


def _guardrails(_place: Place, _base: Base) -> Iterator[Request]:
    root = "/apis/admissionregistration.k8s.io/v1"
    for plural in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        for name in ("tenantkit-pods", "tenantkit-outside"):
            yield Request(f"delete of {plural} {name}", "DELETE", f"{root}/{plural}/{name}")
            patch = {"metadata": {"labels": {"a": "b"}}}
            yield Request(f"patch of {plural} {name}", "PATCH", f"{root}/{plural}/{name}", patch, MERGE_PATCH)
        yield Request(f"delete of all {plural}", "DELETE", f"{root}/{plural}")


def _bind_more(place: Place, _: Base) -> Iterator[Request]:
    path = collection("RoleBinding", place.mine)
    for role in ("cluster-admin", "admin", "edit"):
        yield Request(role, "POST", path, binding("tried", user(EVE), role=role))


def _live(base: Base, namespace: str) -> tuple[str, Manifest]:
    live = base(f"Namespace/{namespace}")
    return f"/api/v1/namespaces/{namespace}", live


def _named(request: Request, way: str) -> Request:
    return Request(way, request.method, request.path, request.body, request.content_type, request.query)


_SETTINGS = "/api/v1/namespaces/tenantkit-system/configmaps"
PROVISIONER_ROWS = [
    Attempt(
        "bind the owner role in kube-system and other namespaces that are no tenant's",
        OUTSIDE,
        _create_in_each("RoleBinding", binding("tried", user("provisioner@example.com"), role="tenantkit-owner")),
        WHO,
    ),
    Attempt("write ConfigMaps there", OUTSIDE, _create_in_each("ConfigMap", manifest("ConfigMap", "tried", {})), WHO),
    Attempt(
        "make ServiceAccounts there",
        OUTSIDE,
        _create_in_each("ServiceAccount", manifest("ServiceAccount", "tried", {})),
        WHO,
    ),
    Attempt(
        "stop pods there by a quota",
        OUTSIDE,
        _create_in_each("ResourceQuota", manifest("ResourceQuota", "tried", {"spec": {"hard": {"pods": "0"}}})),
        WHO,
    ),
    Attempt(
        "change network policies there",
        OUTSIDE,
        _create_in_each("NetworkPolicy", manifest("NetworkPolicy", "tried", {"spec": {"podSelector": {}}})),
        WHO,
    ),
    Attempt("expose hosts there", OUTSIDE, _create_in_each("Ingress", ingress("tried", "all.example.ai")), WHO),
    Attempt("label those namespaces, also as a tenant's", OUTSIDE, _relabel, WHO),
    Attempt("delete those namespaces", ("guardrail outside", "namespace lifecycle"), _delete, WHO),
    Attempt("change the platform's settings", OUTSIDE, _change(f"{_SETTINGS}/platform", {"data": {"a": "b"}}), WHO),
    Attempt("change the lists of the guardrails", OUTSIDE, _change(f"{_SETTINGS}/guardrails", {"data": {}}), WHO),
    Attempt(
        "lower the Pod Security level of a tenant",
        ("guardrail outside",),
        _lower,
        WHO,
    ),
    Attempt("take a tenant's label from its namespace", ("guardrail outside",), _unlabel, WHO),
    Attempt(
        "make a namespace that is no tenant's, or below the level",
        ("guardrail outside",),
        _new_namespaces,
        WHO,
    ),
    Attempt("delete a protected tenant", ("guardrail walls",), _delete_protected, WHO),
    Attempt("make or widen ClusterRoles, or bind them", ("RBAC",), _roles, WHO),
    Attempt("switch off a guardrail", ("RBAC",), _guardrails, WHO),
    Attempt("bind another role in a tenant", ("RBAC",), _bind_more, WHO),
]
