"""What else is on the sample's cluster: a namespace of others that takes a tenant's address, and one that goes.

Both are what a platform engineer finds one morning: an Ingress that nobody had agreed on, and a namespace that has been
Terminating since yesterday because a backup still holds an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sample.tenants import LEAVING_TENANT

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

FOREIGN_NAMESPACE = "shop"
HOLDING_FINALIZER = "backup.example.com/snapshot"


def sample_neighbours() -> list[Manifest]:
    """A namespace that is not tenantkit's, with an Ingress at the host and path of recsys' `ranker`."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FOREIGN_NAMESPACE}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "recommendations", "namespace": FOREIGN_NAMESPACE},
            "spec": {
                "rules": [
                    {
                        "host": "recsys.example.ai",
                        "http": {
                            "paths": [
                                {
                                    "path": "/rank",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "shop-rank", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ]
            },
        },
    ]


def held_object() -> Manifest:
    """What keeps the leaving tenant's namespace from going: a ConfigMap with a finalizer that nobody answers."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "model-card", "namespace": LEAVING_TENANT, "finalizers": [HOLDING_FINALIZER]},
        "data": {"model": "gpt-2-small"},
    }
