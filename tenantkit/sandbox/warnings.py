"""What the server warns of when an object is created, though it takes it: the WarningsOnCreate of pkg/registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox import validation_workloads

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"


def warnings_on_create(manifest: Manifest) -> list[str]:
    """The warnings for a new object, in the server's words."""
    annotations, spec = manifest["metadata"].get("annotations") or {}, manifest.get("spec") or {}
    if manifest["kind"] == "Ingress" and _CLASS_ANNOTATION in annotations and "ingressClassName" not in spec:
        return [f"annotation \"{_CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"]
    if manifest["kind"] == "Service" and spec.get("externalName") and spec.get("type") != "ExternalName":
        return ['spec.externalName is ignored when spec.type is not "ExternalName"']
    if manifest["kind"] == "Pod":
        return _of_pull_secrets([item.get("name", "") for item in spec.get("imagePullSecrets") or ()])
    return validation_workloads.warnings_on_create(manifest)


def _of_pull_secrets(names: list[str]) -> list[str]:
    told = []
    for index, name in enumerate(names):
        what = "duplicate" if name in names[:index] else "" if name else "invalid empty"
        told += [f'spec.imagePullSecrets[{index}].name: {what} name "{name}"'] if what else []
    return told
