"""The four ClusterRoles: provisioner, owner, editor, viewer.

Rejected alternative: the built-in `admin` and `edit` (page "Using RBAC Authorization", user-facing roles). Both may
write NetworkPolicies, which are additive and so can allow traffic that the platform denies. `edit` may create
ServiceAccount tokens, and `admin` may bind roles to `system:authenticated`. Owners may bind the three tenant
roles only. Viewers may not read Secrets, since a token in one gives permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import RBAC_GROUP
from tenantkit.manifests.labels import own_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.rules.manifest import Manifest

PROVISIONER_ROLE = "tenantkit-provisioner"
TENANT_ROLES = ("tenantkit-owner", "tenantkit-editor", "tenantkit-viewer")

READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "patch", "delete")
_MANY = (*WRITE, "deletecollection")


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()) -> Manifest:
    rule: Manifest = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
    return rule | {"resourceNames": list(names)} if names else rule


_WORKLOADS = (
    ("", ("pods", "services", "configmaps", "persistentvolumeclaims", "replicationcontrollers")),
    ("apps", ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions")),
    ("batch", ("jobs", "cronjobs")),
    ("autoscaling", ("horizontalpodautoscalers",)),
    ("policy", ("poddisruptionbudgets",)),
)
_SEEN = (
    ("", ("namespaces", "resourcequotas", "limitranges", "serviceaccounts", "events", "pods/log", "pods/status")),
    ("events.k8s.io", ("events",)),
    ("discovery.k8s.io", ("endpointslices",)),
    ("networking.k8s.io", ("ingresses", "networkpolicies")),
    ("gateway.networking.k8s.io", ("httproutes",)),
    (RBAC_GROUP, ("roles", "rolebindings")),
    ("metrics.k8s.io", ("pods",)),
)

_VIEWER = [_rule(group, resources, READ) for group, resources in (*_WORKLOADS, *_SEEN)]
_EDITOR = [
    *(_rule(group, resources, _MANY) for group, resources in _WORKLOADS),
    *(_rule(group, resources, READ) for group, resources in _SEEN),
    _rule("", ("secrets",), _MANY),
    _rule("", ("pods/exec", "pods/attach", "pods/portforward"), ("get", "create")),
    _rule("", ("pods/eviction",), ("create",)),
    _rule("apps", ("deployments/scale", "statefulsets/scale"), ("get", "update", "patch")),
]
_BIND = _rule(RBAC_GROUP, ("clusterroles",), ("bind",), TENANT_ROLES)
_OWNER = [
    *_EDITOR,
    _rule("", ("serviceaccounts",), WRITE),
    _rule("networking.k8s.io", ("ingresses",), WRITE),
    _rule("gateway.networking.k8s.io", ("httproutes",), WRITE),
    _rule(RBAC_GROUP, ("rolebindings",), WRITE),
    _BIND,
]
# Whoever may bind our roles in any namespace may become owner of kube-system, and read its Secrets: a provisioner is
# trusted as a cluster administrator.
_PROVISIONER = [
    *(_rule(group, resources, READ) for group, resources in (*_WORKLOADS, *_SEEN)),
    _rule("", ("nodes",), READ),
    _rule("", ("namespaces", "configmaps", "resourcequotas", "limitranges", "serviceaccounts"), WRITE),
    _rule("networking.k8s.io", ("ingresses", "networkpolicies"), WRITE),
    _rule("gateway.networking.k8s.io", ("httproutes",), WRITE),
    _rule(RBAC_GROUP, ("rolebindings",), WRITE),
    # No such resource exists: the guardrails ask for this right to know who is exempt.
    _rule("tenantkit.dev", ("tenants",), ("manage",)),
    _BIND,
]

_RULES = {
    PROVISIONER_ROLE: _PROVISIONER,
    "tenantkit-owner": _OWNER,
    "tenantkit-editor": _EDITOR,
    "tenantkit-viewer": _VIEWER,
}


def make_roles() -> list[Manifest]:
    """The four ClusterRoles, the same on every platform."""
    return [
        {
            "apiVersion": f"{RBAC_GROUP}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": own_labels()},
            "rules": rules,
        }
        for name, rules in _RULES.items()
    ]
