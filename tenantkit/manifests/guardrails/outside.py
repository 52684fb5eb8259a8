"""Guardrail `outside`: tenants and provisioners change nothing outside tenants' namespaces, but for index and claims.

A provisioner's rights hold in every namespace, since RBAC cannot name namespaces that do not exist yet. Without this
guardrail a provisioner could bind the owner role in kube-system, and so gain every right.
Source: page "Using RBAC Authorization" (privilege escalation).
"""

from __future__ import annotations

from tenantkit.manifests.claims import CLAIM_PREFIX
from tenantkit.manifests.guardrails.cel import (
    is_no_administrator,
    is_of_a_tenant,
    is_ours,
    is_provisioner,
    is_same,
    is_tenants,
    one_setting,
    text,
    texts,
)
from tenantkit.manifests.guardrails.policy import ASK_ADMINISTRATORS, OUTSIDE_TENANTS, Policy, Resources, Rule
from tenantkit.manifests.role_rules import TENANT_ROLES
from tenantkit.rules.pod_security.levels import LABEL_PREFIX
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.platform import SYSTEM_NAMESPACE

_RBAC = "rbac.authorization.k8s.io"
_ENFORCE = f"{LABEL_PREFIX}enforce"
_RESERVED = ("default", SYSTEM_NAMESPACE, INDEX_NAMESPACE)
_MARKS = ("labels", "annotations", "finalizers", "ownerReferences")
# Roles and RoleBindings of tenants in the index, which the guardrail `people` judges. Others there are the platform's.
_IN_INDEX = (
    f"(request.namespace == {text(INDEX_NAMESPACE)} && request.resource.group == {text(_RBAC)} "
    f"&& {is_of_a_tenant('(object != null ? object : oldObject)')})"
)


def _label(of: str, key: str) -> str:
    """A label of an object that may be missing; empty without it."""
    return (
        f"{of} != null && has({of}.metadata.labels) && {text(key)} in {of}.metadata.labels "
        f"? {of}.metadata.labels[{text(key)}] : ''"
    )


OBJECTS = Policy(
    "tenantkit-outside",
    "outside",
    [
        Resources(
            "",
            (
                "bindings",
                "endpoints",
                "limitranges",
                "persistentvolumeclaims",
                "pods",
                "replicationcontrollers",
                "resourcequotas",
                "secrets",
                "serviceaccounts",
                "serviceaccounts/token",
                "services",
            ),
        ),
        Resources("apps", ("*",), ("*",)),
        Resources("batch", ("*",), ("*",)),
        Resources("networking.k8s.io", ("ingresses", "networkpolicies"), ("*",)),
        Resources("gateway.networking.k8s.io", ("*",), ("*",)),
        Resources(_RBAC, ("roles", "rolebindings"), ("*",)),
    ],
    is_provisioner(),
    [
        Rule(
            f"namespaceObject == null || {is_tenants('namespaceObject')} || {_IN_INDEX}",
            "a change by a provisioner",
            ASK_ADMINISTRATORS,
            OUTSIDE_TENANTS,
        )
    ],
    operations=("CREATE", "UPDATE", "DELETE"),
    is_everywhere=True,
)

# A claim is created and deleted, and never changed. A second apply that changes nothing, also of its manager, passes.
CONFIG_MAPS = Policy(
    "tenantkit-outside-configmaps",
    "outside",
    [Resources("", ("configmaps",))],
    is_provisioner(),
    [
        Rule(
            f"namespaceObject == null || {is_tenants('namespaceObject')} "
            "|| (variables.is_claim && (request.operation != 'UPDATE' || variables.same))",
            "a change by a provisioner",
            ASK_ADMINISTRATORS,
            OUTSIDE_TENANTS,
        )
    ],
    {
        "subject": "object != null ? object : oldObject",
        "is_claim": (
            f"request.namespace == {text(SYSTEM_NAMESPACE)} && has(variables.subject.metadata.name) "
            f"&& variables.subject.metadata.name.startsWith({text(CLAIM_PREFIX)})"
        ),
        "same": is_same("data", "binaryData", "immutable", *(f"metadata.{name}" for name in _MARKS)),
    },
    operations=("CREATE", "UPDATE", "DELETE"),
    is_everywhere=True,
)

BINDINGS = Policy(
    "tenantkit-outside-bindings",
    "outside",
    [Resources(_RBAC, ("rolebindings", "clusterrolebindings"))],
    [
        is_no_administrator(),
        {
            "name": "binds-a-role-of-tenants",
            "expression": f"object.roleRef.kind == 'ClusterRole' && object.roleRef.name in {texts(TENANT_ROLES)}",
        },
    ],
    [
        Rule(
            f"variables.same || (request.resource.resource == 'rolebindings' && {is_tenants('namespaceObject')})",
            "a binding to",
            ASK_ADMINISTRATORS,
            OUTSIDE_TENANTS,
            values="[object.roleRef.name]",
        ),
    ],
    {"same": is_same("roleRef", "subjects")},
    is_everywhere=True,
)

# Owners are held by the guardrail `people`; a provisioner may bind the accounts of other namespaces, as owners, too.
SUBJECTS = Policy(
    "tenantkit-outside-subjects",
    "outside",
    [Resources(_RBAC, ("rolebindings",))],
    is_provisioner(),
    [
        Rule(
            "variables.same || size(variables.reserved) == 0",
            "a RoleBinding to",
            "name persons and groups of your organization",
            values="variables.reserved",
        ),
    ],
    {
        "same": is_same("roleRef", "subjects"),
        "reserved": (
            "has(object.subjects) ? object.subjects.filter(it, it.kind != 'ServiceAccount' "
            "&& it.name.startsWith('system:')).map(it, it.name) : []"
        ),
    },
)

NAMESPACES = Policy(
    "tenantkit-outside-namespaces",
    "outside",
    [Resources("", ("namespaces", "namespaces/status", "namespaces/finalize"))],
    is_provisioner(),
    [
        Rule(
            f"oldObject == null || {is_tenants('oldObject')}",
            "changing the Namespace",
            ASK_ADMINISTRATORS,
            OUTSIDE_TENANTS,
            values="[oldObject.metadata.name]",
        ),
        Rule(
            f"object == null || ({is_tenants('object')} && {is_ours('object')})",
            "a Namespace without tenantkit's labels",
            ASK_ADMINISTRATORS,
            OUTSIDE_TENANTS,
        ),
        Rule(
            "request.operation != 'CREATE' || !(variables.name.startsWith('kube-') "
            f"|| variables.name in {texts(_RESERVED)})",
            "the reserved name",
            "choose another name",
            "for a tenant",
            values="[variables.name]",
        ),
    ],
    {
        "name": "object != null && has(object.metadata.name) ? object.metadata.name : ''",
    },
    operations=("CREATE", "UPDATE", "DELETE"),
    is_everywhere=True,
)

LEVELS = Policy(
    "tenantkit-outside-levels",
    "outside",
    [Resources("", ("namespaces", "namespaces/status", "namespaces/finalize"))],
    [
        *is_provisioner(),
        {
            "name": "is-a-tenant",
            "expression": f"{is_tenants('object')} && (oldObject == null || {is_tenants('oldObject')})",
        },
    ],
    [
        Rule(
            "variables.same_level || (variables.level in variables.ranks && variables.wanted in "
            "variables.ranks && variables.ranks[variables.level] >= variables.ranks[variables.wanted] "
            "&& (variables.version == variables.wanted_version || variables.version == 'latest'))",
            "a Pod Security level below the platform's",
            ASK_ADMINISTRATORS,
            "for a tenant",
        ),
    ],
    {
        "ranks": "{'privileged': 0, 'baseline': 1, 'restricted': 2}",
        "level": _label("object", _ENFORCE),
        "version": _label("object", f"{_ENFORCE}-version"),
        "same_level": (
            f"oldObject != null && variables.level == ({_label('oldObject', _ENFORCE)}) "
            f"&& variables.version == ({_label('oldObject', f'{_ENFORCE}-version')})"
        ),
        "wanted": one_setting("pod_security"),
        "wanted_version": one_setting("pod_security_version"),
    },
    is_everywhere=True,
)

POLICIES = (OBJECTS, CONFIG_MAPS, BINDINGS, SUBJECTS, NAMESPACES, LEVELS)
