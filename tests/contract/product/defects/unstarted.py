"""Defects of pods that do not get as far as to run, which only a kubelet names: images, references, volumes."""

from __future__ import annotations

from typing import Any

from tests.contract.product.defects.defect import Captured, Defect, container, deployment, pod, stateful_set
from tests.contract.product.defects.kubelet import CREATING, IMAGE, status, waiting

_PULL = (
    'failed to pull and unpack image "registry.example.ai/main:1": failed to resolve reference '
    '"registry.example.ai/main:1": {why}'
)
_SET_UP = 'MountVolume.SetUp failed for volume "settings" :'
_MULTI_ATTACH = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other'
_PULL_SECRETS = "Unable to retrieve some image pull secrets (registry); attempting to pull the image may not succeed."


def _mounts(**source: Any) -> list[dict[str, Any]]:
    return [{"name": "settings", **source}]


_FROM_SECRET = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "registry-token", "key": "token"}}}]
_FROM_CONFIG = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}}]

UNSTARTED = (
    Defect(
        name="an image that is not in the registry",
        cause="image",
        workload="Deployment/serve",
        object="{pod}",
        says='Back-off pulling image "registry.example.ai/main:1"',
        writer="kubelet",
        manifests=(deployment("serve"),),
        captured=Captured(
            "serve",
            status(
                **waiting(
                    "ImagePullBackOff",
                    f'Back-off pulling image "{IMAGE}": ErrImagePull: rpc error: code = NotFound desc = '
                    + _PULL.replace("{why}", "registry.example.ai/main:1: not found"),
                )
            ),
            (("Warning", "Failed", "Error: ErrImagePull"), ("Normal", "BackOff", f'Back-off pulling image "{IMAGE}"')),
        ),
    ),
    Defect(
        name="an image that may not be pulled and is on no node",
        cause="image",
        workload="Deployment/train",
        object="{pod}",
        says='Container image "registry.example.ai/main:1" is not present with pull policy of Never',
        writer="kubelet",
        manifests=(deployment("train", container(imagePullPolicy="Never")),),
        captured=Captured(
            "train",
            status(
                **waiting("ErrImageNeverPull", f'Container image "{IMAGE}" is not present with pull policy of Never')
            ),
            (("Warning", "ErrImageNeverPull", f'Container image "{IMAGE}" is not present with pull policy of Never'),),
        ),
    ),
    Defect(
        name="an image whose name is none",
        cause="image",
        workload="Pod/serve",
        object="Pod/serve",
        says="couldn't parse image name",
        writer="kubelet",
        manifests=(pod("serve", container(image="registry.example.ai/Main:1")),),
        captured=Captured(
            "serve",
            status(
                **waiting(
                    "InvalidImageName",
                    'Failed to apply default image tag "registry.example.ai/Main:1": couldn\'t parse image name '
                    '"registry.example.ai/Main:1": invalid reference format: repository name must be lowercase',
                )
            ),
        ),
    ),
    Defect(
        name="an image pull secret that is not there",
        cause="secret missing",
        workload="Deployment/serve",
        object="Secret/registry",
        says="401 Unauthorized",
        writer="kubelet",
        manifests=(deployment("serve", imagePullSecrets=[{"name": "registry"}]),),
        captured=Captured(
            "serve",
            status(
                **waiting(
                    "ImagePullBackOff",
                    f'Back-off pulling image "{IMAGE}": ErrImagePull: '
                    + _PULL.replace("{why}", "failed to authorize: unexpected status: 401 Unauthorized"),
                )
            ),
            (
                (
                    "Warning",
                    "FailedToRetrieveImagePullSecret",
                    _PULL_SECRETS,
                ),
            ),
        ),
    ),
    Defect(
        name="a secret for the environment that is not there",
        cause="secret missing",
        workload="Deployment/serve",
        object="Secret/registry-token",
        says='secret "registry-token" not found',
        writer="kubelet",
        manifests=(deployment("serve", container(env=_FROM_SECRET)),),
        captured=Captured(
            "serve",
            status(**waiting("CreateContainerConfigError", 'secret "registry-token" not found')),
            (("Warning", "Failed", 'Error: secret "registry-token" not found'),),
        ),
    ),
    Defect(
        name="a config map without the key that is asked for",
        cause="config map missing",
        workload="Deployment/serve",
        object="ConfigMap/settings",
        says="couldn't find key mode in ConfigMap",
        writer="kubelet",
        manifests=(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"other": "x"}},
            deployment("serve", container(env=_FROM_CONFIG)),
        ),
        captured=Captured(
            "serve",
            status(**waiting("CreateContainerConfigError", "couldn't find key mode in ConfigMap {namespace}/settings")),
        ),
    ),
    Defect(
        name="a config map to mount that is not there",
        cause="config map missing",
        workload="StatefulSet/serve",
        object="ConfigMap/settings",
        says='MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
        writer="kubelet",
        manifests=(stateful_set("serve", volumes=_mounts(configMap={"name": "settings"})),),
        captured=Captured(
            "serve",
            status(**CREATING),
            (
                (
                    "Warning",
                    "FailedMount",
                    'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
                ),
            ),
        ),
    ),
    Defect(
        name="a secret to mount that is not there",
        cause="secret missing",
        workload="Deployment/train",
        object="Secret/certificate",
        says='MountVolume.SetUp failed for volume "settings" : secret "certificate" not found',
        writer="kubelet",
        manifests=(deployment("train", volumes=_mounts(secret={"secretName": "certificate"})),),
        captured=Captured(
            "train",
            status(**CREATING),
            (
                (
                    "Warning",
                    "FailedMount",
                    'MountVolume.SetUp failed for volume "settings" : secret "certificate" not found',
                ),
            ),
        ),
    ),
    Defect(
        name="a volume that another node holds",
        cause="volume not mounted",
        workload="Deployment/serve",
        object="{pod}",
        says="Multi-Attach error for volume",
        writer="kubelet",
        manifests=(deployment("serve"),),
        captured=Captured(
            "serve",
            status(**CREATING),
            (
                (
                    "Warning",
                    "FailedAttachVolume",
                    _MULTI_ATTACH,
                ),
            ),
        ),
    ),
    Defect(
        name="a pod whose network can't be set up",
        cause="container not started",
        workload="Deployment/serve",
        object="{pod}",
        says="Failed to create pod sandbox",
        writer="kubelet",
        manifests=(deployment("serve"),),
        captured=Captured(
            "serve",
            status(**CREATING),
            (
                (
                    "Warning",
                    "FailedCreatePodSandBox",
                    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up the network",
                ),
            ),
        ),
    ),
    Defect(
        name="a command that is not in the image",
        cause="container not started",
        workload="Deployment/serve",
        object="{pod}",
        says='exec: "serve": executable file not found in $PATH',
        writer="kubelet",
        manifests=(deployment("serve", container(command=["serve"])),),
        captured=Captured(
            "serve",
            status(
                **waiting(
                    "RunContainerError",
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc "
                    'create failed: unable to start container process: exec: "serve": executable file not found in '
                    "$PATH: unknown",
                )
            ),
        ),
    ),
)
