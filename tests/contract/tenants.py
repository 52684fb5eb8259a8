"""What the tests of plan and apply share: tenants of a test's own, and what other people do to their objects."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import NotFound
from tenantkit.provision.hosts.claims import claims_of
from tenantkit.provision.index.read import index_refs
from tenantkit.provision.install import install_platform
from tenantkit.provision.read import TENANT_KINDS, read_claims
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.contract.wire import APPLY, JSON_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

OWNER = "owner@example.com"
ROUTE = Route(name="ai", service="ai-service", port=80, path="/ai-service")


@contextmanager
def fresh_name(cluster: Cluster, *, installs: bool = True) -> Iterator[str]:
    """A tenant's name that nobody has, on a cluster with the platform; what it stands for is deleted afterwards.

    Args:
        cluster: as its administrator.
        installs: whether to install the platform with its defaults first.
    """
    if installs:
        install_platform(cluster, progress=False)
    name = f"t-{uuid.uuid4().hex[:10]}"
    yield name
    with suppress(NotFound):
        delete_namespace(cluster, name)


def delete_namespace(cluster: Cluster, name: str) -> None:
    """Delete a tenant's namespace, also if the tenant is protected, its objects in the index and claims of hosts.

    Raises:
        NotFound: it does not exist.
    """
    if "tenantkit.dev/protected" in cluster.get("Namespace", name)["metadata"].get("labels", {}):
        remove = {"op": "remove", "path": "/metadata/labels/tenantkit.dev~1protected"}
        cluster.patch_json(ObjectRef("v1", "Namespace", name), [remove])
    for ref in reversed(index_refs(name)):
        with suppress(NotFound):
            cluster.delete(ref)
    cluster.delete(ObjectRef("v1", "Namespace", name))
    for claim in claims_of(read_claims(cluster) or {}, name):
        with suppress(NotFound):
            cluster.delete(ref_of(claim))


def tenant(name: str, **fields: Any) -> Tenant:
    """A small tenant with one route."""
    return Tenant(**{"name": name, "team": "cv", "owners": [OWNER], "size": "small", "routes": [ROUTE]} | fields)


def live_objects(cluster: Cluster, name: str) -> dict[str, Manifest]:
    """What is there of a tenant, by `Kind/name`: labels, annotations and everything but metadata and status."""
    found = [cluster.get("Namespace", name)]
    for kind, only in TENANT_KINDS.items():
        selector = f"metadata.name={only}" if only else None
        with suppress(NotFound):  # a server without the Gateway API
            found += cluster.list(kind, namespace=name, field_selector=selector)
    return {f"{it['kind']}/{it['metadata']['name']}": _comparable(it) for it in found}


def versions(cluster: Cluster, name: str) -> dict[str, str]:
    """The resource versions of a tenant's objects: equal ones mean that nothing was written."""
    found = [cluster.get("Namespace", name)]
    for kind in TENANT_KINDS:
        with suppress(NotFound):  # likewise
            found += cluster.list(kind, namespace=name)
    return {f"{it['kind']}/{it['metadata']['name']}": it["metadata"]["resourceVersion"] for it in found}


def controllers_are_done(cluster: Cluster, name: str) -> bool:
    """Whether the cluster's own controllers have made and counted all that they do in a new namespace of `tenant`."""
    used = cluster.get("ResourceQuota", "tenantkit-quota", name).get("status", {}).get("used", {})
    counted = used.get("count/configmaps"), used.get("count/ingresses.networking.k8s.io")
    return counted == ("1", "1")  # the root certificate that a controller puts there, and the route


def hard(cluster: Cluster, name: str) -> dict[str, str]:
    """What a tenant's quota asks for."""
    entries: dict[str, str] = cluster.get("ResourceQuota", "tenantkit-quota", name)["spec"]["hard"]
    return entries


def edit(wire: Wire, ref: ObjectRef, *operations: Manifest, manager: str = "kubectl-edit") -> None:
    """Somebody else changes an object."""
    answer = wire("PATCH", path_of(ref), list(operations), content_type=JSON_PATCH, query={"fieldManager": manager})
    assert answer.status == 200, answer.body


def apply_as(wire: Wire, manager: str, manifest: Manifest) -> None:
    """Somebody else applies a part of an object."""
    metadata = manifest["metadata"]
    ref = ObjectRef(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))
    query = {"fieldManager": manager, "force": "true"}
    answer = wire("PATCH", path_of(ref), manifest, content_type=APPLY, query=query)
    assert answer.status in (200, 201), answer.body


def path_of(ref: ObjectRef) -> str:
    """Where an object is on the server."""
    kind = KINDS[ref.kind]
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    place = f"/namespaces/{ref.namespace}" if ref.namespace else ""
    return f"{root}{place}/{kind.plural}/{ref.name}"


def quota_ref(name: str) -> ObjectRef:
    """A tenant's quota."""
    return ObjectRef("v1", "ResourceQuota", "tenantkit-quota", name)


def _comparable(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    kept = {key: value for key, value in manifest.items() if key not in ("metadata", "status", "apiVersion", "kind")}
    return kept | {"labels": metadata.get("labels", {}), "annotations": metadata.get("annotations", {})}
