"""How a pod gets its service account's token, and how that is turned off; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"
OWN = {"name": "own", "mountPath": PLACE}
WHOLE = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
            }
        },
    ],
}


def made(cluster: Cluster, namespace: str, account: str, **spec: Any) -> Manifest:
    eventually(lambda: cluster.get("ServiceAccount", account, namespace))
    container = {"name": "main", "image": "busybox"}
    pod = cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "pod", "namespace": namespace},
            "spec": {"serviceAccountName": account, "containers": [container], **spec},
        }
    )
    found: Manifest = pod["spec"]
    return found


def test_each_container_mounts_a_token_volume_with_a_generated_name(cluster: Cluster, namespace: str) -> None:
    first = [{"name": "first", "image": "busybox"}]
    spec = made(cluster, namespace, "default", initContainers=first)
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert len(volume["name"]) == len("kube-api-access-") + 5
    assert volume["projected"] == WHOLE
    mount = {"name": volume["name"], "readOnly": True, "mountPath": PLACE}
    assert [container["volumeMounts"] for container in spec["initContainers"] + spec["containers"]] == [[mount]] * 2


@pytest.mark.parametrize(
    ("of_account", "of_pod", "has_one"),
    [(False, None, False), (False, True, True), (True, False, False), (None, False, False), (True, None, True)],
)
def test_the_pods_setting_overrides_its_accounts(
    cluster: Cluster,
    namespace: str,
    *,
    of_account: bool | None,
    of_pod: bool | None,
    has_one: bool,
) -> None:
    said = {} if of_account is None else {"automountServiceAccountToken": of_account}
    about = {"name": "quiet", "namespace": namespace}
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about, **said})
    asked = {} if of_pod is None else {"automountServiceAccountToken": of_pod}
    spec = made(cluster, namespace, "quiet", **asked)
    assert bool(spec.get("volumes")) == has_one
    assert bool(spec["containers"][0].get("volumeMounts")) == has_one


def test_another_mount_at_that_path_is_kept(cluster: Cluster, namespace: str) -> None:
    container = {"name": "main", "image": "busybox", "volumeMounts": [OWN]}
    own = [{"name": "own", "emptyDir": {}}]
    spec = made(cluster, namespace, "default", containers=[container], volumes=own)
    assert spec["volumes"] == own
    assert spec["containers"][0]["volumeMounts"] == [OWN]
