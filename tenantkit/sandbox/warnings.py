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
        secrets = [item.get("name", "") for item in spec.get("imagePullSecrets") or ()]
        return _of_pull_secrets(secrets) + _of_ports(spec)
    return validation_workloads.warnings_on_create(manifest)


def _of_pull_secrets(names: list[str]) -> list[str]:
    told = []
    for index, name in enumerate(names):
        what = "duplicate" if name in names[:index] else "" if name else "invalid empty"
        told += [f'spec.imagePullSecrets[{index}].name: {what} name "{name}"'] if what else []
    return told


def _of_ports(spec: Manifest) -> list[str]:
    """Ports that two containers, or one of them twice, have in common."""
    told: list[str] = []
    seen: list[tuple[str, Manifest]] = []
    for part in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(part) or ()):
            for index, port in enumerate(container.get("ports") or ()):
                field = f"spec.{part}[{number}].ports[{index}]"
                for other, before in seen:
                    if how := _overlap(port, before):
                        told.append(f"{field}: {how} port definition with {other}")
                seen.append((field, port))
    return told


def _overlap(port: Manifest, other: Manifest) -> str:
    number, protocol = port.get("containerPort"), port.get("protocol") or "TCP"
    if (number, protocol) != (other.get("containerPort"), other.get("protocol") or "TCP"):
        return ""
    host, address, other_host, other_address = (
        of.get(name) or none for of in (port, other) for name, none in (("hostPort", 0), ("hostIP", ""))
    )
    if (host, address) == (other_host, other_address):
        return "duplicate"
    if not host or not other_host:
        return "overlapping"
    return "dangerously ambiguous" if host == other_host and bool(address) != bool(other_address) else ""
