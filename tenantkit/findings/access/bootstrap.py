"""Kubernetes' own bindings: who has which built-in role on every cluster.

A label says which objects the API server made, but whoever may write a binding can set it. So the subjects are compared
with what Kubernetes gives each role; a test compares this table with a real control plane.

Source: page "Using RBAC Authorization", section "Default roles and role bindings"; plugin/pkg/auth/authorizer/rbac/
bootstrappolicy, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest

_CONTROLLER = "system:controller:"
_SYSTEM = "kube-system"

_Subject = tuple[str, str, str]  # kind, namespace, name
_AUTHENTICATED: _Subject = ("Group", "", "system:authenticated")
_ACCOUNTS: _Subject = ("Group", "", "system:serviceaccounts")
_DEFAULTS: Mapping[str, frozenset[_Subject]] = {
    "cluster-admin": frozenset({("Group", "", "system:masters")}),
    "system:basic-user": frozenset({_AUTHENTICATED}),
    "system:cluster-trust-bundle-discovery": frozenset({_ACCOUNTS}),
    "system:discovery": frozenset({_AUTHENTICATED}),
    "system:public-info-viewer": frozenset({_AUTHENTICATED, ("Group", "", "system:unauthenticated")}),
    "system:monitoring": frozenset({("Group", "", "system:monitoring")}),
    "system:kube-controller-manager": frozenset({("User", "", "system:kube-controller-manager")}),
    "system:kube-dns": frozenset({("ServiceAccount", _SYSTEM, "kube-dns")}),
    "system:kube-scheduler": frozenset({("User", "", "system:kube-scheduler")}),
    "system:volume-scheduler": frozenset({("User", "", "system:kube-scheduler")}),
    "system:node": frozenset(),
    "system:node-proxier": frozenset({("User", "", "system:kube-proxy")}),
    "system:service-account-issuer-discovery": frozenset({_ACCOUNTS}),
}


def is_default(binding: Manifest, subject: Manifest) -> bool:
    """Whether Kubernetes itself gives a subject the role of a ClusterRoleBinding.

    Example:
        >>> masters = {"kind": "Group", "name": "system:masters"}
        >>> is_default({"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}, masters)
        True
    """
    role = str((binding.get("roleRef") or {}).get("name"))
    who = (str(subject.get("kind")), str(subject.get("namespace") or ""), str(subject.get("name")))
    if role.startswith(_CONTROLLER):
        return who == ("ServiceAccount", _SYSTEM, role.removeprefix(_CONTROLLER))
    return who in _DEFAULTS.get(role, frozenset())
