"""Guardrail `walls`: what keeps a tenant in is changed by the platform only.

NetworkPolicies add up (page "Network Policies"), so one that a tenant adds can only open what the platform closed,
unless it names peers of the own namespace. A Namespace's labels are also written through its subresources, and a
namespace selector sees only the new labels, so Namespaces are matched by their old ones as well.
"""

from __future__ import annotations

from tenantkit.manifests.guardrails.cel import (
    QUOTA_CONTROLLER,
    annotations_of,
    is_no_cleaner,
    is_ours,
    is_same,
    is_tenants,
    labels_of,
    may_not_manage,
    one_setting,
    setting,
    text,
)
from tenantkit.manifests.guardrails.policy import ASK_PLATFORM, Policy, Resources, Rule
from tenantkit.manifests.labels import MANAGED_BY_LABEL, PROTECTED_LABEL, TENANT_LABEL
from tenantkit.rules.pod_security.levels import LABEL_PREFIX

_NAMESPACES = Resources("", ("namespaces", "namespaces/status", "namespaces/finalize"))
_IS_PROTECTED_KEY = (
    f"(key.startsWith('tenantkit.dev/') || key.startsWith({text(LABEL_PREFIX)}) || key == {text(MANAGED_BY_LABEL)})"
)
_OPENS = (
    "(has(object.spec.{field}) && object.spec.{field}.exists(rule, !has(rule.{peers}) || size(rule.{peers}) == 0 "
    "|| rule.{peers}.exists(peer, has(peer.namespaceSelector) || has(peer.ipBlock))))"
)
_RESOURCE = "[request.resource.resource]"


def _has_label(of: str) -> str:
    """Whether an object that exists has one of the labels by which tenantkit recognises its own."""
    return f"{is_ours(of)} || {text(TENANT_LABEL)} in {labels_of(of)}"


def _changed(what: str) -> str:
    """The keys of tenantkit and of Pod Security whose values an update adds, changes or removes."""
    now, before = f"variables.{what}", f"variables.{what}_before"
    return (
        f"{now}.filter(key, {_IS_PROTECTED_KEY} && !(key in {before} && {before}[key] == {now}[key])) "
        f"+ {before}.filter(key, {_IS_PROTECTED_KEY} && !(key in {now}))"
    )


QUOTAS = Policy(
    "tenantkit-walls",
    "walls",
    [Resources("", ("resourcequotas", "resourcequotas/status", "limitranges"))],
    [may_not_manage(), is_no_cleaner(QUOTA_CONTROLLER)],
    [Rule("false", "changing", ASK_PLATFORM, values=_RESOURCE)],
    operations=("CREATE", "UPDATE", "DELETE"),
)

_POLICY_KINDS = (
    Resources("networking.k8s.io", ("networkpolicies",)),
    Resources("cilium.io", ("ciliumnetworkpolicies",), ("*",)),
    Resources("projectcalico.org", ("networkpolicies",), ("*",)),
    Resources("crd.projectcalico.org", ("networkpolicies",), ("*",)),
    Resources("crd.antrea.io", ("networkpolicies",), ("*",)),
)

OWN_POLICIES = Policy(
    "tenantkit-walls-network",
    "walls",
    _POLICY_KINDS,
    [may_not_manage(), is_no_cleaner()],
    [Rule("!variables.is_ours", "changing the platform's NetworkPolicy", ASK_PLATFORM, values="[variables.name]")],
    {
        "subject": "request.operation == 'DELETE' ? oldObject : object",
        "name": "has(variables.subject.metadata.name) ? variables.subject.metadata.name : ''",
        "is_ours": (
            f"variables.name.startsWith('tenantkit-') || {is_ours('variables.subject')} "
            f"|| (request.operation == 'UPDATE' && {is_ours('oldObject')})"
        ),
    },
    operations=("CREATE", "UPDATE", "DELETE"),
)

OTHER_POLICIES = Policy(
    "tenantkit-walls-network-others",
    "walls",
    _POLICY_KINDS,
    [may_not_manage()],
    [
        Rule(
            "variables.is_free || variables.same || request.resource.group == 'networking.k8s.io'",
            "a network policy of this kind",
            "use a NetworkPolicy",
        ),
        Rule(
            "variables.is_free || variables.same || !variables.opens",
            "a NetworkPolicy that opens the namespace",
            "name pods of this namespace only, or ask the platform team",
        ),
    ],
    {
        "is_free": (
            f"{one_setting('isolate')} != 'true' || (namespaceObject.metadata.labels[{text(TENANT_LABEL)}] in "
            f"{setting('not_isolated')})"
        ),
        "same": is_same("spec"),
        "opens": f"{_OPENS.format(field='ingress', peers='from')} || {_OPENS.format(field='egress', peers='to')}",
    },
)

LABELS = Policy(
    "tenantkit-walls-labels",
    "walls",
    [
        Resources("", ("serviceaccounts", "configmaps", "secrets")),
        Resources("rbac.authorization.k8s.io", ("rolebindings", "roles")),
        Resources("networking.k8s.io", ("ingresses", "ingresses/status")),
        Resources("gateway.networking.k8s.io", ("httproutes", "httproutes/status"), ("*",)),
    ],
    [
        may_not_manage(),
        {
            "name": "has-labels-of-tenantkit",
            "expression": f"{_has_label('object')} || (oldObject != null && ({_has_label('oldObject')}))",
        },
    ],
    [
        Rule(
            f"oldObject == null || !{is_ours('oldObject')} || {is_ours('object')}",
            "removing tenantkit's labels",
            ASK_PLATFORM,
        ),
        Rule(
            "variables.tenant == variables.tenant_before || variables.tenant == "
            f"namespaceObject.metadata.labels[{text(TENANT_LABEL)}]",
            "a label of another tenant",
            ASK_PLATFORM,
        ),
    ],
    {
        "tenant": f"{text(TENANT_LABEL)} in {labels_of('object')} ? object.metadata.labels[{text(TENANT_LABEL)}] : ''",
        "tenant_before": (
            f"oldObject != null && {text(TENANT_LABEL)} in {labels_of('oldObject')} "
            f"? oldObject.metadata.labels[{text(TENANT_LABEL)}] : ''"
        ),
    },
)

NAMESPACES = Policy(
    "tenantkit-walls-namespaces",
    "walls",
    [_NAMESPACES],
    [
        may_not_manage(),
        {
            "name": "is-a-tenant",
            "expression": f"{is_tenants('object')} || (oldObject != null && {is_tenants('oldObject')})",
        },
    ],
    [
        Rule(
            "size(variables.changed_labels) == 0",
            "changing the label",
            ASK_PLATFORM,
            "on a tenant's Namespace",
            values="variables.changed_labels",
        ),
        Rule(
            "size(variables.changed_annotations) == 0",
            "changing the annotation",
            ASK_PLATFORM,
            "on a tenant's Namespace",
            values="variables.changed_annotations",
        ),
    ],
    {
        "labels": labels_of("object"),
        "labels_before": f"oldObject == null ? {{}} : {labels_of('oldObject')}",
        "annotations": annotations_of("object"),
        "annotations_before": f"oldObject == null ? {{}} : {annotations_of('oldObject')}",
        "changed_labels": _changed("labels"),
        "changed_annotations": _changed("annotations"),
    },
    is_everywhere=True,
)

PROTECTION = Policy(
    "tenantkit-walls-protection",
    "walls",
    [Resources("", ("namespaces",))],
    [
        {
            "name": "is-protected",
            "expression": (
                f"has(oldObject.metadata.labels) && {text(PROTECTED_LABEL)} in oldObject.metadata.labels "
                f"&& oldObject.metadata.labels[{text(PROTECTED_LABEL)}] == 'true'"
            ),
        }
    ],
    [
        Rule(
            "false",
            "deleting Namespace",
            "apply the tenant with protected: false first, also as an administrator",
            "while its tenant is protected",
            values="[oldObject.metadata.name]",
        )
    ],
    operations=("DELETE",),
    is_everywhere=True,
)

POLICIES = (QUOTAS, OWN_POLICIES, OTHER_POLICIES, LABELS, NAMESPACES, PROTECTION)
