"""Two problems around the sample's tenants: a foreign Ingress at a tenant's address, and a namespace stuck Terminating.

Platform engineers meet both: an Ingress that nobody agreed on, and a namespace that cannot be deleted because a backup
still holds an object in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sample.tenants import LEAVING_TENANT

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

FOREIGN_NAMESPACE = "shop"
HOLDING_FINALIZER = "backup.example.com/snapshot"


def sample_neighbours() -> list[Manifest]:
    """A namespace that is not a tenant, with an Ingress at the host and path of the route `ranker` of recsys."""
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
    """The ConfigMap that blocks the deletion of the leaving tenant: no controller removes its finalizer."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "model-card", "namespace": LEAVING_TENANT, "finalizers": [HOLDING_FINALIZER]},
        "data": {"model": "gpt-2-small"},
    }
