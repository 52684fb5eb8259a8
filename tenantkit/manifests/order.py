"""The order in which kinds are applied, and in reverse deleted; as data, so that a test can find a gap."""

from __future__ import annotations

_ORDER = (
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "ResourceQuota",
    "LimitRange",
    "NetworkPolicy",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "Ingress",
    "HTTPRoute",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)

# Kinds for whose deletion controllers wait by finalizers, which are therefore left to them.
AWAITED_KINDS = ("NetworkPolicy", "Ingress", "HTTPRoute")

RANK: dict[str, int] = {kind: rank for rank, kind in enumerate(_ORDER)}
