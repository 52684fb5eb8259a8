"""Manifests: Kubernetes objects as plain dicts in wire form, and how to point at one.

A dict keeps every field that the server sent, known to us or not, and costs nothing to make; `Any` has its home here.
Turned down: typed models, which lose unknown fields and are several times as slow to fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """Which object is meant: what the server would find it by, without the object itself.

    Args:
        api_version: as in the manifest: `v1`, `networking.k8s.io/v1`.
        kind: as in the manifest: `Ingress`.
        name: the object's name.
        namespace: None for kinds that live in no namespace.

    Example:
        >>> str(ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision"))
        "Ingress 'ai' in 'vision'"
    """

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        where = f" in {self.namespace!r}" if self.namespace else ""
        return f"{self.kind} {self.name!r}{where}"


def ref_of(manifest: Manifest) -> ObjectRef:
    """The ref of an object in wire form.

    Args:
        manifest: with `apiVersion`, `kind` and `metadata.name`; items of a List as the server sends them lack the
            first two, so put them back first.

    Returns:
        The ref; its namespace is None where the manifest names none.

    Raises:
        ValueError: one of the three is missing; the message names which.

    Example:
        >>> str(ref_of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}}))
        "Namespace 'vision'"
    """
    metadata = manifest.get("metadata") or {}
    found = {
        "apiVersion": manifest.get("apiVersion"),
        "kind": manifest.get("kind"),
        "metadata.name": metadata.get("name"),
    }
    missing = [field for field, value in found.items() if not value]
    if missing:
        shown = ", ".join(f"{field} {value!r}" for field, value in found.items() if value) or "nothing to know it by"
        raise ValueError(f"manifest with {shown}: give it {', '.join(missing)}")
    return ObjectRef(
        str(manifest["apiVersion"]), str(manifest["kind"]), str(metadata["name"]), metadata.get("namespace") or None
    )


def controller_of(manifest: Manifest) -> Manifest | None:
    """The reference to the owner that manages the object; of several owners at most one does."""
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)
