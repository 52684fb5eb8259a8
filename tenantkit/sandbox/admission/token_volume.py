"""The volume by which each pod's containers get its account's token, the cluster's certificate and their namespace.

Source: page "Configure Service Accounts for Pods"; plugin/pkg/admission/serviceaccount, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.names import GeneratedNames

_VOLUME = "kube-api-access-"
_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_CONTENT: dict[str, Any] = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {
            "downwardAPI": {
                "items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]
            }
        },
    ],
}


def with_token_volume(spec: Manifest, account: Manifest, names: GeneratedNames) -> Manifest:
    """A new pod's spec with the volume, mounted wherever a container has nothing at its place, unless nobody wants it.

    Args:
        spec: the pod's; what it says goes before what its account says.
        account: the ServiceAccount that it runs as.
        names: gives the volume its own.
    """
    wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    volumes = spec.get("volumes") or []
    own = next((volume["name"] for volume in volumes if volume["name"].startswith(_VOLUME)), None)
    name = own or names.next(_VOLUME)
    mounted = {
        field: [_with_mount(container, name) for container in spec[field]]
        for field in ("initContainers", "containers")
        if spec.get(field)
    }
    if not wanted or all(spec[field] == containers for field, containers in mounted.items()):
        return spec
    volume = [] if own else [{"name": name, "projected": _CONTENT}]
    return {**spec, **mounted, "volumes": [*volumes, *volume]}


def _with_mount(container: Manifest, volume: str) -> Manifest:
    mounts = container.get("volumeMounts") or []
    if any(mount.get("mountPath") == _MOUNT_PATH for mount in mounts):
        return container
    mount = {"name": volume, "readOnly": True, "mountPath": _MOUNT_PATH}
    return {**container, "volumeMounts": [*mounts, mount]}
