"""NamespaceLifecycle: nothing is created in a namespace that does not exist or is being deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import Cause, not_found
from tenantkit.sandbox.apimachinery.resources import NAMESPACES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes

_TERMINATING = "NamespaceTerminating"
_NEVER_DELETED = frozenset({"default", "kube-system", "kube-public"})


def check_namespace_lifecycle(attributes: Attributes) -> Manifest:
    """Refuse new objects in a missing or terminating namespace, and deletes of three namespaces."""
    if attributes.resource == NAMESPACES:
        if attributes.operation == "DELETE" and attributes.manifest["metadata"]["name"] in _NEVER_DELETED:
            raise attributes.refused("this namespace may not be deleted")
        return attributes.manifest
    if (
        not attributes.namespace
        or attributes.operation != "CREATE"
        or attributes.resource.kind == "LocalSubjectAccessReview"
    ):
        return attributes.manifest
    namespace = attributes.store.get(NAMESPACES, attributes.namespace)
    if namespace is None:
        raise not_found(NAMESPACES, attributes.namespace)
    if (namespace.get("status") or {}).get("phase") == "Terminating":
        raise attributes.refused(
            f"unable to create new content in namespace {attributes.namespace} because it is being terminated",
            causes=(
                Cause("metadata.namespace", f"namespace {attributes.namespace} is being terminated", _TERMINATING),
            ),
        )
    return attributes.manifest
