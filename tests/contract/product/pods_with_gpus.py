"""A pod that requests a GPU and names its creator, for the tests of the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

HOSTILE = "<b onload=x>\x1b[31m=1+1\u202e👩‍🚀"


def pod(namespace: str, name: str, **spec: Any) -> Manifest:
    """The pod; `spec` is merged in."""
    resources = {"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"memory": "128Mi", "nvidia.com/gpu": "1"}}
    main = {"name": "main", "image": "i", "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "annotations": {"opendatahub.io/username": HOSTILE}},
        "spec": {"containers": [main], "automountServiceAccountToken": False, **spec},
    }
