"""What admission plug-ins are given of a request."""

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
    """One write on its way to the store.

    Args:
        operation: what is tried; an apply is a CREATE or an UPDATE, by whether the object is there.
        manifest: the object as it would be stored, defaults set; for a DELETE the object that would go.
        old: the object that is stored; None for a CREATE.
        user: who asks, as the server knows them.
        subresource: `status` and the like; empty for the object itself.
        dry_run: nothing is reserved.
        warnings: what plug-ins that let a write pass say of it, for the answer's headers.
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

    @property
    def namespace(self) -> str:
        """Where the object lives; empty for kinds that live in no namespace."""
        metadata = self.manifest.get("metadata") or {}
        return str(metadata.get("namespace") or "") if self.resource.namespaced else ""

    def refused(self, message: str, *, causes: tuple[Cause, ...] = ()) -> ApiError:
        """The 403 of an admission plug-in; an object yet unnamed goes by its generateName."""
        metadata = self.manifest["metadata"]
        name = metadata.get("name") or metadata.get("generateName") or "Unknown"
        return forbidden(self.resource, name, message, causes=causes)


def is_new_pod(attributes: Attributes) -> bool:
    """Whether the request creates a Pod."""
    return attributes.resource.qualified == "pods" and attributes.operation == "CREATE" and not attributes.subresource
