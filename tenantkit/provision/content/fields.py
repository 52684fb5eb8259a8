"""Fields of a tenant's objects: which only the spec decides about, and which additions of others are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.manifests.routes import ROUTE_KINDS

if TYPE_CHECKING:
    from tenantkit.provision.managed_fields import Path

_LABELS, _ANNOTATIONS = ("metadata", "labels"), ("metadata", "annotations")
_IDENTITY = ((*_LABELS, MANAGED_BY_LABEL), (*_LABELS, TENANT_LABEL))
_BY_TOOLS = (
    (*_LABELS, "kubernetes.io/metadata.name"),
    (*_ANNOTATIONS, "kubectl.kubernetes.io/last-applied-configuration"),
)
_OURS = "tenantkit.dev/"
# Labels of a Namespace choose policies, and annotations of a route configure its controller. Others change nothing.
_NOTABLE = {"Namespace": (_LABELS,), **dict.fromkeys(ROUTE_KINDS, (_ANNOTATIONS,))}
_CLASS = ("spec", "ingressClassName")
RIGHTS = ("roleRef", "subjects")


def gives_rights(kind: str, path: Path) -> bool:
    """Whether a field decides who has which rights."""
    return kind == "RoleBinding" and path[0] in RIGHTS


def is_decided_by_spec(kind: str, path: Path) -> bool:
    """Whether tenantkit takes a field back from whoever has set it: rights, and the labels of the object's owner.

    A tenant's owners may write these fields, so an owner who was removed could keep rights by a conflict.
    """
    return gives_rights(kind, path) or path in _IDENTITY


def is_notable(kind: str, path: Path, *, is_owned: bool) -> bool:
    """Whether a field that the spec does not have is shown as foreign.

    Args:
        kind: of the object.
        path: of the field.
        is_owned: whether somebody has set it, by the server's record, which can be removed.
    """
    if path[:2] in (_LABELS, _ANNOTATIONS):
        return path not in _BY_TOOLS and (path[:2] in _NOTABLE.get(kind, ()) or path[-1].startswith(_OURS))
    if path == _CLASS:
        return is_owned  # else it is the cluster's default class, which an admission plug-in sets
    return kind != "Namespace"
