"""One break for each check of the cluster itself, and how it is repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.manifests.claims import claim_name, make_claim
from tenantkit.manifests.guardrails.objects import GUARDRAIL_KINDS, POLICIES
from tests.contract.product.audit.breaks import Break, Create, Delete, Patch, add, remove, replace
from tests.contract.product.audit.objects import EVERYBODY, MALLORY, binding, cluster_binding, namespace, role

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEM, INDEX = "tenantkit-system", "tenantkit-index"
NAME = "audit-break"
_REVIEWER = "tenantkit-platform-reader"

POLICY, BINDING = GUARDRAIL_KINDS
FIRST = {policy.guardrail: policy.name for policy in reversed(POLICIES)}
SELECTOR = {"matchLabels": {"app": "few"}}


def _unbound(policy: str) -> Callable[[str], list[Delete]]:
    return lambda _: [Delete(BINDING, policy)]


def _weakened(case: str, kind: str, change: dict[str, Any]) -> Break:
    """One change of the first policy of guardrail `hosts` or its binding, which are then made anew."""
    name = FIRST["hosts"]
    return Break(
        "guardrail-hosts",
        lambda _: [Patch(kind, name, [change])],
        case=case,
        after=lambda _: [Delete(BINDING, name), Delete(POLICY, name)],
    )


GUARDRAIL_BREAKS = (
    *(Break(f"guardrail-{name}", _unbound(policy), case="unbound") for name, policy in FIRST.items()),
    Break("guardrail-hosts", lambda _: [Delete(POLICY, FIRST["hosts"])], case="deleted"),
    _weakened("audited", BINDING, replace("/spec/validationActions", ["Audit"])),
    _weakened("ignored", POLICY, replace("/spec/failurePolicy", "Ignore")),
    _weakened("fewer-validations", POLICY, remove("/spec/validations/0")),
    _weakened("conditions", POLICY, add("/spec/matchConditions/-", {"name": "never", "expression": "false"})),
    _weakened("operations", POLICY, replace("/spec/matchConstraints/resourceRules/0/operations", ["DELETE"])),
    _weakened("selector", POLICY, add("/spec/matchConstraints/objectSelector", SELECTOR)),
    _weakened("namespaces", POLICY, add("/spec/matchConstraints/namespaceSelector", SELECTOR)),
    _weakened("binding-selector", BINDING, add("/spec/matchResources", {"objectSelector": SELECTOR})),
    _weakened("parameters", BINDING, replace("/spec/paramRef/name", "platform")),
    Break(
        "guardrail-parameters",
        lambda _: [Patch("ConfigMap", "guardrails", {"data": {"roles": "cluster-admin"}}, SYSTEM)],
    ),
)

# What is repaired by installing the platform again has no `after`.
CLUSTER_BREAKS = (
    *GUARDRAIL_BREAKS,
    Break(
        "claims-granted",
        lambda name: [Create(make_claim(f"{name}-b", f"{name}-b.example.ai"))],
        case="no-tenant",
        after=lambda name: [Delete("ConfigMap", claim_name(f"{name}-b.example.ai"), SYSTEM)],
    ),
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
        "rights-in-kube-system",
        lambda _: [Create(binding(NAME, "cluster-admin", MALLORY, namespace="kube-system"))],
        after=lambda _: [Delete("RoleBinding", NAME, "kube-system")],
    ),
    Break(
        "index-of-tenants-only",
        lambda _: [Create(binding("tenant-gone", "tenant-gone", MALLORY, kind="Role", namespace=INDEX))],
        after=lambda _: [Delete("RoleBinding", "tenant-gone", INDEX)],
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
