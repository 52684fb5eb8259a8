"""What is on the server: who is bound to which role, and what a tenant's objects say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tests.contract.product.roles.bodies import RBAC

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.contract.wire import Wire

Manifest = dict[str, Any]
Binding = tuple[str, str, str, str]  # namespace (empty: the whole cluster), name, role, subject

_PLACES = {
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "LimitRange": "/api/v1/namespaces/{}/limitranges",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "RoleBinding": f"/apis/{RBAC}/v1/namespaces/{{}}/rolebindings",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
}
_NOT_COMPARED = ("metadata", "status", "kind", "apiVersion", "secrets")
WALLS = ("Namespace", "ResourceQuota", "LimitRange")
_RETIRED = "ConfigMap/tenantkit-tenant"


def bindings(admin: Wire, tenants: Collection[str]) -> frozenset[Binding]:
    """Every subject of every binding: RBAC grants exactly that, also while a binding is being deleted.

    Args:
        admin: reads them.
        tenants: the namespaces of tenants that count; others belong to tests before.
    """
    found = []
    for plural in ("rolebindings", "clusterrolebindings"):
        listed = admin("GET", f"/apis/{RBAC}/v1/{plural}")
        assert listed.status == 200, listed.body
        for item in listed.body["items"]:
            role = f"{item['roleRef']['kind']}/{item['roleRef']['name']}"
            metadata = item["metadata"]
            namespace = metadata.get("namespace", "")
            is_of_others = namespace.startswith("t-") and namespace not in tenants
            if is_of_others or namespace == INDEX_NAMESPACE:  # the index follows the members, and has tests of its own
                continue
            for subject in item.get("subjects") or ():
                who = "/".join(filter(None, (subject["kind"], subject.get("namespace"), subject["name"])))
                found.append((namespace, metadata["name"], role, who))
    return frozenset(found)


def granted(found: frozenset[Binding]) -> frozenset[tuple[str, str, str]]:
    """Namespace, role and subject: what a set of bindings gives, under whatever names."""
    return frozenset((namespace, role, who) for namespace, _, role, who in found)


def snapshot(admin: Wire, namespace: str) -> dict[str, Manifest]:
    """What a tenant's objects say, by `Kind/name`: labels, annotations and content, and whether they are deleted."""
    found = [{"kind": "Namespace", **admin("GET", f"/api/v1/namespaces/{namespace}").body}]
    for kind, path in _PLACES.items():
        listed = admin("GET", path.format(namespace))
        assert listed.status == 200, listed.body
        found += [{**item, "kind": kind} for item in listed.body["items"]]
    return {f"{item['kind']}/{item['metadata']['name']}": _said(item) for item in found}


def deviations(before: dict[str, Manifest], after: dict[str, Manifest]) -> set[str]:
    """The objects that somebody changed, added or removed, and that a plan has to show.

    Accounts, ConfigMaps and objects of other kinds are the team's own, but for the ConfigMap of earlier versions.
    """
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    own = {key for key in changed if key.startswith("ConfigMap/") and key != _RETIRED}
    own |= {key for key in (_RETIRED,) if not (after.get(key) or {}).get("labels")}  # now the team's, and not read
    own |= {key for key in changed if key.startswith("ServiceAccount/") and key not in before}
    return changed - own


def _said(manifest: Manifest) -> Manifest:
    kind, metadata = manifest["kind"], manifest["metadata"]
    kept = {
        key: value
        for key, value in manifest.items()
        if key not in ("metadata", "status", "kind", "apiVersion", "secrets")
    }
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if kind != "Namespace":  # labels of others' tools on other objects change nothing
        labels = {key: value for key, value in labels.items() if "tenantkit" in f"{key}{value}"}
    if kind not in ("Namespace", "Ingress"):
        annotations = {key: value for key, value in annotations.items() if key.startswith("tenantkit.dev/")}
    if "deletionTimestamp" in metadata:
        kept["is being deleted"] = True
    return kept | {"labels": labels, "annotations": annotations}
