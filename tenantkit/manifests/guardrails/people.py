"""Guardrail `people`: owners bind tenantkit's roles, to persons and to accounts of their own namespace.

In the index it holds provisioners as well: who is in it is named, so that no tenant is shown to everybody, and a
tenant's Role there names that tenant alone, so that nobody is shown another one.

Whoever may bind a role could bind it to everybody, or to an account of another namespace, through which others come in.
Source: pages "Role Based Access Control Good Practices" and "Multi-tenancy".
"""

from __future__ import annotations

from tenantkit.manifests.guardrails.cel import (
    MAY_MANAGE,
    is_no_administrator,
    is_of_a_tenant,
    is_same,
    may_not_manage,
    setting,
    text,
    texts,
)
from tenantkit.manifests.guardrails.policy import Policy, Resources, Rule
from tenantkit.manifests.labels import ADDED_BY_ANNOTATION, TENANT_LABEL
from tenantkit.manifests.role_rules import TENANT_ROLES
from tenantkit.rules.tenant_index import INDEX_GROUP, INDEX_NAMESPACE, INDEX_RESOURCE, owners_role_name, role_name

_RBAC = "rbac.authorization.k8s.io"
_MAX_SUBJECTS = 50
_MAX_MEMBERS = 1000
_READS = ("get", "list", "watch")
_TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 (a type of Secret)
_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
# What a Role of a tenant may not let anybody write: the walls, and what gives other rights.
_PROTECTED = (
    "*",
    "bindings",
    "controllerrevisions",
    "endpoints",
    "endpointslices",
    "groups",
    "limitranges",
    "namespaces",
    "networkpolicies",
    "resourcequotas",
    "rolebindings",
    "roles",
    "serviceaccounts",
    "users",
)
_PROTECTED_PARTS = ("pods/binding", "serviceaccounts/token", "services/status")


def _annotation(of: str, key: str) -> str:
    """An annotation of an object that exists; empty if it has none."""
    annotations = f"{of}.metadata.annotations"
    return f"(has({annotations}) && {text(key)} in {annotations} ? {annotations}[{text(key)}] : '')"


BINDINGS = Policy(
    "tenantkit-people",
    "people",
    [Resources(_RBAC, ("rolebindings",))],
    [may_not_manage()],
    [
        Rule(
            "variables.same || object.roleRef.kind == 'Role' || object.roleRef.name in variables.roles",
            "a RoleBinding to ClusterRole",
            "bind one of tenantkit's roles, or ask the platform team to list it in its guardrails",
            values="[object.roleRef.name]",
        ),
        Rule(
            "variables.same || size(variables.reserved) == 0",
            "a RoleBinding to",
            "name persons and groups of your organization",
            values="variables.reserved",
        ),
        Rule(
            "variables.same || size(variables.foreign) == 0",
            "a RoleBinding to the account of another namespace,",
            "use an account of this namespace, or ask the platform team to add it",
            values="variables.foreign",
        ),
        Rule(
            f"variables.same || size(variables.subjects) <= {_MAX_SUBJECTS}",
            f"a RoleBinding of more than {_MAX_SUBJECTS} subjects",
            "bind a group",
        ),
        Rule(
            "size(variables.new_finalizers) == 0",
            "a finalizer on a RoleBinding",
            "leave it out: it would keep the rights of somebody who was removed",
        ),
        Rule(
            "variables.adder == '' || variables.adder == variables.adder_before "
            "|| variables.adder == request.userInfo.username",
            "the annotation tenantkit.dev/added-by with another user",
            "remove it, or name yourself",
            values="[variables.adder]",
        ),
    ],
    {
        "adder": _annotation("object", ADDED_BY_ANNOTATION),
        "adder_before": f"oldObject == null ? '' : {_annotation('oldObject', ADDED_BY_ANNOTATION)}",
        "same": is_same("roleRef", "subjects"),
        "roles": f"{texts(TENANT_ROLES)} + {setting('roles')}",
        "subjects": "has(object.subjects) ? object.subjects : []",
        "reserved": (
            "variables.subjects.filter(it, it.kind != 'ServiceAccount' && it.name.startsWith('system:'))"
            ".map(it, it.name)"
        ),
        "accounts": setting("accounts"),
        "foreign": (
            "variables.subjects.filter(it, it.kind == 'ServiceAccount').map(it, "
            "(has(it.namespace) ? it.namespace : request.namespace) + '/' + it.name)"
            ".filter(it, !it.startsWith(request.namespace + '/') && !(it in variables.accounts))"
        ),
        "new_finalizers": (
            "has(object.metadata.finalizers) ? object.metadata.finalizers.filter(it, !(oldObject != null "
            "&& has(oldObject.metadata.finalizers) && it in oldObject.metadata.finalizers)) : []"
        ),
    },
)

ROLES = Policy(
    "tenantkit-people-roles",
    "people",
    [Resources(_RBAC, ("roles",))],
    [may_not_manage()],
    [
        Rule(
            "variables.same || size(variables.refused) == 0",
            "a Role with rights to change",
            "leave these rights out",
            values="variables.refused",
        )
    ],
    {
        "same": is_same("rules"),
        "writes": (
            f"has(object.rules) ? object.rules.filter(rule, has(rule.resources) && rule.verbs.exists(verb, "
            f"!(verb in {texts(_READS)}))) : []"
        ),
        "refused": (
            f"variables.writes.filter(rule, rule.resources.exists(it, it in {texts(_PROTECTED + _PROTECTED_PARTS)} "
            f"|| it.startsWith('*/') || {texts(_PROTECTED)}.exists(part, it.startsWith(part + '/')))).map(rule, "
            f"rule.resources.filter(it, it in {texts(_PROTECTED + _PROTECTED_PARTS)} || it.startsWith('*/') "
            f"|| {texts(_PROTECTED)}.exists(part, it.startsWith(part + '/')))[0])"
        ),
    },
)

TOKEN_SECRETS = Policy(
    "tenantkit-people-secrets",
    "people",
    [Resources("", ("secrets",))],
    [
        may_not_manage(),
        {
            "name": "holds-a-token",
            "expression": f"has(object.type) && object.type == '{_TOKEN_TYPE}'",
        },
    ],
    [
        Rule(
            "oldObject != null && has(oldObject.type) && oldObject.type == object.type "
            "&& variables.account == variables.account_before",
            "a Secret with the token of a ServiceAccount",
            "let the pod use the account, whose token then expires",
        )
    ],
    {
        "account": (
            f"has(object.metadata.annotations) && '{_ACCOUNT_ANNOTATION}' in object.metadata.annotations "
            f"? object.metadata.annotations['{_ACCOUNT_ANNOTATION}'] : ''"
        ),
        "account_before": (
            "oldObject != null && has(oldObject.metadata.annotations) "
            f"&& '{_ACCOUNT_ANNOTATION}' in oldObject.metadata.annotations "
            f"? oldObject.metadata.annotations['{_ACCOUNT_ANNOTATION}'] : ''"
        ),
    },
)

TOKENS = Policy(
    "tenantkit-people-tokens",
    "people",
    [Resources("", ("serviceaccounts/token",))],
    [
        may_not_manage(),
        {"name": "not-a-node", "expression": "!('system:nodes' in request.userInfo.groups)"},
    ],
    [
        Rule(
            "request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':' + request.name",
            "a token of another account",
            "let the pod use the account",
        )
    ],
    operations=("CREATE",),
)

_IN_INDEX = "in the index of tenants"
# The rules of the Roles that `make_index` makes: the tenant with its namespace, and the tenant's own objects there.
_NAMES_TENANT = (
    f"(rule.apiGroups == {texts([INDEX_GROUP])} && rule.resources == {texts([INDEX_RESOURCE])} "
    "&& rule.verbs == ['get'] && size(rule.resourceNames) in [1, 2] && rule.resourceNames[0] == variables.tenant "
    f"&& object.metadata.name == {text(role_name(''))} + variables.tenant)"
)
_NAMES_ENTRIES = (
    f"(rule.apiGroups == {texts([_RBAC])} && size(rule.resourceNames) > 0 "
    "&& rule.resourceNames.all(name, name in variables.entries) && object.metadata.name in variables.entries)"
)

INDEX = Policy(
    "tenantkit-people-index",
    "people",
    [Resources(_RBAC, ("roles", "rolebindings"))],
    [
        is_no_administrator(),
        {"name": "is-in-the-index", "expression": f"request.namespace == {text(INDEX_NAMESPACE)}"},
    ],
    [
        Rule(is_of_a_tenant("object"), "a Role or RoleBinding of another name than a tenant's", where=_IN_INDEX),
        Rule(
            "!variables.is_role || variables.same_rules || variables.rules.all(rule, has(rule.resourceNames) "
            f"&& has(rule.apiGroups) && has(rule.resources) && ({_NAMES_TENANT} || {_NAMES_ENTRIES}))",
            "a Role with other rights than those of its tenant",
            where=_IN_INDEX,
        ),
        Rule(
            "variables.is_role || (object.roleRef.kind == 'Role' && object.roleRef.name == object.metadata.name)",
            "a RoleBinding to a Role with another name than its own",
            where=_IN_INDEX,
        ),
        Rule(
            "variables.same || size(variables.reserved) == 0",
            "a RoleBinding to",
            "name persons and groups of your organization",
            _IN_INDEX,
            values="variables.reserved",
        ),
        Rule(
            f"variables.same || size(variables.subjects) <= {_MAX_MEMBERS}",
            f"a RoleBinding of more than {_MAX_MEMBERS} subjects",
            "add a group",
            _IN_INDEX,
        ),
        Rule(
            f"variables.same_metadata || {MAY_MANAGE}",
            "changing labels, annotations or finalizers",
            where=_IN_INDEX,
        ),
    ],
    {
        "is_role": "request.resource.resource == 'roles'",
        "same": is_same("subjects"),
        "same_rules": is_same("rules"),
        "rules": "has(object.rules) ? object.rules : []",
        "tenant": (
            f"has(object.metadata.labels) && {text(TENANT_LABEL)} in object.metadata.labels "
            f"? object.metadata.labels[{text(TENANT_LABEL)}] : ''"
        ),
        "entries": f"[{text(role_name(''))} + variables.tenant, {text(owners_role_name(''))} + variables.tenant]",
        "subjects": "has(object.subjects) ? object.subjects : []",
        "reserved": (
            "variables.subjects.filter(it, it.kind != 'ServiceAccount' && it.name.startsWith('system:'))"
            ".map(it, it.name)"
        ),
        "same_metadata": is_same("metadata.labels", "metadata.annotations", "metadata.finalizers"),
    },
    is_everywhere=True,
)

POLICIES = (BINDINGS, ROLES, TOKEN_SECRETS, TOKENS, INDEX)
