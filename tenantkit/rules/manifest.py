"""Manifests: Kubernetes objects as plain dicts, and references to them.

A dict keeps every field of the server's answer, also unknown ones, and costs nothing to create. `Any` is only used for
manifests. Rejected alternative: typed models, which lose unknown fields and are several times slower to fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """A reference to an object: the values by which the server finds it.

    Args:
        api_version: as in the manifest: `v1`, `networking.k8s.io/v1`.
        kind: as in the manifest: `Ingress`.
        name: the object's name.
        namespace: None for cluster-scoped kinds.

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
    """The reference to an object.

    Args:
        manifest: with `apiVersion`, `kind` and `metadata.name`. Items of a List from the server have only the name, so
            add the other two first.

    Returns:
        The reference; its namespace is None if the manifest has none.

    Raises:
        ValueError: some of the three are missing; the message names them.

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
        shown = ", ".join(f"{field} {value!r}" for field, value in found.items() if value) or "no kind or name"
        raise ValueError(f"manifest with {shown}: add {', '.join(missing)}")
    return ObjectRef(
        str(manifest["apiVersion"]), str(manifest["kind"]), str(metadata["name"]), metadata.get("namespace") or None
    )


def mapping_in(value: object) -> Manifest:
    """A value of an object that should be a mapping; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def list_in(value: object) -> list[Any]:
    """A value of an object that should be a list; an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def controller_of(manifest: Manifest) -> Manifest | None:
    """The owner reference to the object's controller; None without one."""
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)
