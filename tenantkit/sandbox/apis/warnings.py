"""The warnings about objects that the server accepts: WarningsOnCreate and WarningsOnUpdate of pkg/registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.quantities import parse_quantity
from tenantkit.sandbox.apimachinery.validation import dns_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_NO_HOST_NAME = (
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is "
    "recommended"
)


def warnings_on_create(manifest: Manifest) -> list[str]:
    """The warnings for a new object, in the server's words."""
    annotations, spec = manifest["metadata"].get("annotations") or {}, manifest.get("spec") or {}
    if manifest["kind"] == "Ingress" and _CLASS_ANNOTATION in annotations and "ingressClassName" not in spec:
        return [f"annotation \"{_CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"]
    if manifest["kind"] == "Pod":
        return [
            *_of_pull_secrets([item.get("name", "") for item in spec.get("imagePullSecrets") or ()]),
            *_of_pod(spec),
        ]
    return warnings_on_update(manifest) or _of_name_and_addresses(manifest)


def warnings_on_update(manifest: Manifest) -> list[str]:
    """The warnings that are repeated at each update, in the server's words."""
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "Service" and spec.get("externalName") and spec.get("type") != "ExternalName":
        return ['spec.externalName is ignored when spec.type is not "ExternalName"']
    return []


def _of_pull_secrets(names: list[str]) -> list[str]:
    warnings = []
    for index, name in enumerate(names):
        problem = "duplicate" if name in names[:index] else "" if name else "invalid empty"
        warnings += [f'spec.imagePullSecrets[{index}].name: {problem} name "{name}"'] if problem else []
    return warnings


def _of_pod(spec: Manifest) -> Iterator[str]:
    """The warnings about each container of a pod, then about the ports of all."""
    containers = [
        (f"spec.{part}[{index}]", container)
        for part in ("initContainers", "containers")
        for index, container in enumerate(spec.get(part) or ())
    ]
    for field, container in containers:
        yield from _of_container(field, container)
    ports = [
        (f"{field}.ports[{index}]", port)
        for field, container in containers
        for index, port in enumerate(container.get("ports") or ())
    ]
    for at, (field, port) in enumerate(ports):
        for other, before in ports[:at]:
            if all(port.get(part) == before.get(part) for part in ("containerPort", "protocol")):
                same = all(port.get(part) == before.get(part) for part in ("hostIP", "hostPort"))
                if same or not (port.get("hostPort") and before.get("hostPort")):
                    yield f"{field}: {'duplicate' if same else 'overlapping'} port definition with {other}"
    first: dict[str, str] = {}
    for field, port in ports:
        name = port.get("name", "")
        if name and first.setdefault(name, field) != field:
            what = f'duplicate port name "{name}" with {first[name]}'
            yield f"{field}: {what}, services and probes that select ports by name will use {first[name]}"


def _of_container(field: str, container: Manifest) -> Iterator[str]:
    for resource in ("memory", "ephemeral-storage"):
        for part in ("limits", "requests"):
            amount = ((container.get("resources") or {}).get(part) or {}).get(resource, "0")
            if parse_quantity(amount) % 1:
                where = f"{field}.resources.{part}[{resource}]"
                yield f'{where}: fractional byte value "{amount}" is invalid, must be an integer'
    names = [item.get("name") for item in container.get("env") or ()]
    for index, item in enumerate(container.get("env") or ()):
        reference, value = f"$({item.get('name')})", item.get("value", "")
        if names.index(item.get("name")) < index and (
            "valueFrom" in item or value == reference or reference not in value
        ):
            what = f'hides previous definition of "{item.get("name")}"'
            yield f"{field}.env[{index}]: {what}, which may be dropped when using apply"


def _of_name_and_addresses(manifest: Manifest) -> list[str]:
    kind, found = manifest["kind"], list[str]()
    if kind in {"CronJob", "Deployment", "Job", "ReplicaSet"} and (reasons := dns_label(manifest["metadata"]["name"])):
        found.append(f"{_NO_HOST_NAME}: [{' '.join(reasons)}]")
    if kind == "EndpointSlice" and manifest.get("addressType") == "FQDN":
        found.append("spec.addressType: FQDN endpoints are deprecated")
    return found
