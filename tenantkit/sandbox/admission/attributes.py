"""The attributes of a write, as admission plug-ins see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tenantkit.sandbox.apimachinery.errors import forbidden

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.errors import ApiError, Cause
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store


Operation = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of one write.

    Args:
        operation: an apply is a CREATE if the object does not exist, else an UPDATE.
        manifest: the object to store, with defaults; for a DELETE the object to delete.
        old: the stored object; None for a CREATE.
        user: the user who makes the request.
        subresource: `status` and the like; empty for the object itself.
        dry_run: whether nothing is stored or reserved.
        warnings: warnings of plug-ins about a write that they allow, for the response's headers.
        shown: the new and the old object as a subresource shows them, where they are of another kind, such as a Scale.
        options: the request's options, as an object.
        is_named: whether the request names the object; a delete of many does not.
    """

    operation: Operation
    resource: Resource
    manifest: Manifest
    old: Manifest | None
    store: Store
    user: object
    subresource: str = ""
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)
    shown: tuple[Manifest, Manifest | None] | None = None
    options: Manifest = field(default_factory=dict)
    is_named: bool = True

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for cluster-scoped kinds."""
        metadata = self.manifest.get("metadata") or {}
        return str(metadata.get("namespace") or "") if self.resource.namespaced else ""

    def refused(self, message: str, *, causes: tuple[Cause, ...] = ()) -> ApiError:
        """The 403 of an admission plug-in; it names an object without a name by its generateName."""
        metadata = self.manifest["metadata"]
        name = (metadata.get("name") or metadata.get("generateName")) if self.is_named else ""
        name = name or "Unknown"
        return forbidden(self.resource, name, message, causes=causes)


def is_new_pod(attributes: Attributes) -> bool:
    """Whether the request creates a Pod."""
    return attributes.resource.qualified == "pods" and attributes.operation == "CREATE" and not attributes.subresource
