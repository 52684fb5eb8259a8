"""ServiceAccount: a pod's service account, and the volume with its token.

Source: page "Configure Service Accounts for Pods"; plugin/pkg/admission/serviceaccount, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.admission.attributes import is_new_pod
from tenantkit.sandbox.apimachinery.resources import SERVICE_ACCOUNTS

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
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


def default_service_account(attributes: Attributes) -> Manifest:
    """Set a new pod's service account, mount its token and add its pull secrets."""
    if not is_new_pod(attributes):
        return attributes.manifest
    spec = dict(attributes.manifest["spec"])
    if not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec["serviceAccount"] = "default"
    name = spec["serviceAccountName"]
    account = attributes.store.get(SERVICE_ACCOUNTS, name, attributes.namespace)
    if account is None:
        raise attributes.refused(
            f'error looking up service account {attributes.namespace}/{name}: serviceaccount "{name}" not found'
        )
    spec = with_token_volume(spec, account, attributes.store.generated_names)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [
            {key: secret[key] for key in ("name",) if key in secret} for secret in account["imagePullSecrets"]
        ]
    return {**attributes.manifest, "spec": spec}


def with_token_volume(spec: Manifest, account: Manifest, names: GeneratedNames) -> Manifest:
    """A new pod's spec with the token volume, mounted in each container whose mount path is free.

    Args:
        spec: the pod's spec; its `automountServiceAccountToken` overrides the account's.
        account: the pod's ServiceAccount.
        names: generates the volume's name.
    """
    is_mounted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    volumes = spec.get("volumes") or []
    existing = next((volume["name"] for volume in volumes if volume["name"].startswith(_VOLUME)), None)
    name = existing or names.next(_VOLUME)
    mounted = {
        field: [_with_mount(container, name) for container in spec[field]]
        for field in ("initContainers", "containers")
        if spec.get(field)
    }
    if not is_mounted or all(spec[field] == containers for field, containers in mounted.items()):
        return spec
    volume = [] if existing else [{"name": name, "projected": _CONTENT}]
    return {**spec, **mounted, "volumes": [*volumes, *volume]}


def _with_mount(container: Manifest, volume: str) -> Manifest:
    mounts = container.get("volumeMounts") or []
    if any(mount.get("mountPath") == _MOUNT_PATH for mount in mounts):
        return container
    mount = {"name": volume, "readOnly": True, "mountPath": _MOUNT_PATH}
    return {**container, "volumeMounts": [*mounts, mount]}
