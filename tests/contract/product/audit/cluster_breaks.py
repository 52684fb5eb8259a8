"""One break for each check of the cluster itself, and how it is mended."""

from __future__ import annotations

from tests.contract.product.audit.breaks import Break, Create, Delete, Patch, add, replace
from tests.contract.product.audit.objects import EVERYBODY, MALLORY, binding, cluster_binding, namespace, role

SYSTEM = "tenantkit-system"
NAME = "audit-break"
_REVIEWER = "tenantkit-platform-reader"

# What is mended by installing the platform again has no `after`.
CLUSTER_BREAKS = (
    Break(
        "platform-installed",
        lambda _: [Delete("ConfigMap", "platform", SYSTEM)],
        also=frozenset({"platform-objects"}),
    ),
    Break(
        "platform-roles",
        lambda _: [Patch("ClusterRole", "tenantkit-viewer-base", [add("/rules/0/verbs/-", "delete")])],
        case="widened",
    ),
    Break("platform-roles", lambda _: [Delete("ClusterRole", "tenantkit-editor-base")], case="deleted"),
    Break(
        "platform-roles-collected",
        lambda _: [
            Create(
                role(
                    NAME,
                    "",
                    "secrets",
                    "get",
                    kind="ClusterRole",
                    labels={"tenantkit.dev/aggregate-to-viewer": "true"},
                )
            )
        ],
        after=lambda _: [Delete("ClusterRole", NAME)],
    ),
    Break(
        "platform-provisioners",
        lambda _: [Patch("ClusterRoleBinding", "tenantkit-provisioners", {"subjects": [MALLORY]})],
    ),
    Break(
        "platform-objects",
        lambda _: [Patch("Role", _REVIEWER, [replace("/rules/0/verbs", ["get", "update"])], SYSTEM)],
    ),
    Break(
        "platform-namespace",
        lambda _: [Create(binding(NAME, "cluster-admin", MALLORY, namespace=SYSTEM))],
        after=lambda _: [Delete("RoleBinding", NAME, SYSTEM)],
    ),
    Break(
        "rights-everywhere",
        lambda _: [Create(cluster_binding(NAME, "cluster-admin", MALLORY))],
        after=lambda _: [Delete("ClusterRoleBinding", NAME)],
    ),
    Break(
        "rights-of-everybody",
        lambda _: [Create(cluster_binding(NAME, "cluster-admin", EVERYBODY))],
        after=lambda _: [Delete("ClusterRoleBinding", NAME)],
        case="binding",
    ),
    Break(
        "rights-of-everybody",
        lambda _: [
            Patch(
                "ClusterRole",
                "system:basic-user",
                [add("/rules/-", {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]})],
            )
        ],
        after=lambda _: [Patch("ClusterRole", "system:basic-user", [{"op": "remove", "path": "/rules/2"}])],
        case="widened",
    ),
    Break(
        "tenant-roles-outside",
        lambda _: [Create(binding(NAME, "tenantkit-owner", MALLORY, namespace="default"))],
        after=lambda _: [Delete("RoleBinding", NAME, "default")],
        case="namespace",
    ),
    Break(
        "tenant-roles-outside",
        lambda _: [Create(cluster_binding(NAME, "tenantkit-viewer", MALLORY))],
        after=lambda _: [Delete("ClusterRoleBinding", NAME)],
        case="cluster",
    ),
    Break(
        "provisioner-role-elsewhere",
        lambda _: [Create(binding(NAME, "tenantkit-provisioner", MALLORY, namespace="default"))],
        after=lambda _: [Delete("RoleBinding", NAME, "default")],
    ),
    Break(
        "namespaces-look-alike",
        lambda _: [Create(namespace(NAME, {"tenantkit.dev/tenant": "x"}))],
        after=lambda _: [Delete("Namespace", NAME)],
        case="label",
    ),
    Break(
        "namespaces-look-alike",
        lambda _: [Create(namespace(f"{NAME}-2", {}, {"tenantkit.dev/grant": "{}"}))],
        after=lambda _: [Delete("Namespace", f"{NAME}-2")],
        case="grant",
    ),
    Break(
        "namespaces-look-alike",
        lambda _: [
            Create(namespace(f"{NAME}-3", {})),
            Create(
                {
                    "kind": "ResourceQuota",
                    "metadata": {"name": "tenantkit-quota", "namespace": f"{NAME}-3"},
                    "spec": {"hard": {"pods": "1"}},
                }
            ),
        ],
        after=lambda _: [Delete("Namespace", f"{NAME}-3")],
        case="quota",
    ),
)
