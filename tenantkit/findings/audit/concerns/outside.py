"""Outside of tenants' namespaces: rights everywhere, tenants' roles elsewhere, and what only looks like a tenant.

Source: pages "Using RBAC Authorization" and "Role Based Access Control Good Practices".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.access.bindings import is_everybody, rights_of
from tenantkit.findings.access.bootstrap import is_default
from tenantkit.findings.access.powers import MATTERS
from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.fields import name_of
from tenantkit.findings.audit.view import PLATFORM, is_labelled, is_tenants
from tenantkit.hints import Message
from tenantkit.manifests.labels import GRANT_ANNOTATION, QUOTA_NAME, TENANT_LABEL
from tenantkit.manifests.role_rules import TENANT_ROLES
from tenantkit.manifests.roles import PROVISIONER_ROLE
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.access.bindings import Right
    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import ClusterView

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_REMOVE = Message("delete the binding, or remove this subject from it")
_OURS = "tenantkit-provisioners"
_KUBERNETES = "kube-"


def _rights_everywhere(view: ClusterView) -> Iterator[Found]:
    """Who can reach into every tenant's namespace; not the parts of Kubernetes itself and the provisioners."""
    for right in _everywhere(view):
        powers = [power for power in right.powers if power in MATTERS]
        if powers and not is_everybody(right.subject) and _name(right) != _OURS:
            yield _evidence(right, f"{right.who} has {', '.join(powers)} by {right.role}")


def _everybody(view: ClusterView) -> Iterator[Found]:
    """What everybody may do: more than Kubernetes gives them, or rules that were added to these roles."""
    for right in _all_everywhere(view):
        if is_everybody(right.subject) and (right.powers or not is_default(right.binding, right.subject)):
            what = ", ".join(right.powers) or "rights"
            yield _evidence(right, f"{right.who} has {what} by {right.role}")


def _all_everywhere(view: ClusterView) -> Iterator[Right]:
    yield from rights_of(view.snapshot.of("ClusterRoleBinding", ""), view.roles)


def _everywhere(view: ClusterView) -> Iterator[Right]:
    return (right for right in _all_everywhere(view) if not is_default(right.binding, right.subject))


def _tenants_roles(view: ClusterView) -> Iterator[Found]:
    """The roles of tenants outside of tenants' namespaces, where nothing limits them."""
    for kind in _BINDINGS:
        for binding in view.snapshot.all(kind):
            place = str(binding["metadata"].get("namespace") or "")
            role = (binding.get("roleRef") or {}).get("name")
            if role in TENANT_ROLES and place not in view.tenant_namespaces:
                where = f" in {place}" if place else ""
                yield Evidence(f"{name_of(binding)}{where}", "roleRef", str(role))


def _provisioner_role(view: ClusterView) -> Iterator[Found]:
    for kind in _BINDINGS:
        for binding in view.snapshot.all(kind):
            is_ours = kind == "ClusterRoleBinding" and binding["metadata"]["name"] == _OURS
            if (binding.get("roleRef") or {}).get("name") == PROVISIONER_ROLE and not is_ours:
                place = binding["metadata"].get("namespace")
                yield Evidence(f"{name_of(binding)}{f' in {place}' if place else ''}", "roleRef", PROVISIONER_ROLE)


def _rights_in_kubernetes(view: ClusterView) -> Iterator[Found]:
    """Who has, in Kubernetes' own namespaces, what leads to the rights of its controllers."""
    for right in rights_of(view.snapshot.all("RoleBinding"), view.roles):
        if right.namespace.startswith(_KUBERNETES) and not _is_part_of_kubernetes(right):
            powers = [power for power in right.powers if power in MATTERS]
            if powers:
                where = f"{name_of(right.binding)} in {right.namespace}"
                yield Evidence(
                    where, f"subjects[{right.place}]", f"{right.who} has {', '.join(powers)} by {right.role}"
                )


def _is_part_of_kubernetes(right: Right) -> bool:
    """Whether a subject is a component, or an account of one of these namespaces."""
    if right.subject.get("kind") == "ServiceAccount":
        return str(right.subject.get("namespace") or right.namespace).startswith(_KUBERNETES)
    return right.subject.get("kind") == "User" and str(right.subject.get("name")).startswith("system:kube-")


def _look_alikes(view: ClusterView) -> Iterator[Found]:
    """Namespaces with a part of what makes a tenant: people trust them, and no check looks at them."""
    quotas = {place for place, found in view.snapshot.objects.get("ResourceQuota", {}).items() if _has_our_quota(found)}
    for name, namespace in sorted(view.namespaces.items()):
        if is_tenants(namespace) or name in (SYSTEM_NAMESPACE, INDEX_NAMESPACE):
            continue
        metadata = namespace["metadata"]
        if is_labelled(namespace):
            labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
            parts = [f"label {TENANT_LABEL}"] if TENANT_LABEL in labels else []
            parts += [f"annotation {GRANT_ANNOTATION}"] if GRANT_ANNOTATION in annotations else []
            yield Evidence(
                f"Namespace/{name}", "metadata", f"has {' and '.join(parts)}, but not all labels of a tenant"
            )
        elif name in quotas:
            yield Evidence(f"Namespace/{name}", "metadata.labels", "has tenantkit's quota, but not its labels")


def _has_our_quota(quotas: list[dict[str, object]]) -> bool:
    return any(isinstance(it["metadata"], dict) and it["metadata"].get("name") == QUOTA_NAME for it in quotas)


def _prefixed(view: ClusterView) -> Iterator[Found]:
    """Namespaces with the prefix of tenants' that are not tenants': a tenant of that name can't be made."""
    prefix = view.platform.namespace_prefix
    for name, namespace in sorted(view.namespaces.items()):
        if prefix and name.startswith(prefix) and not is_labelled(namespace):
            yield Evidence(f"Namespace/{name}", "metadata.name", f"begins with {prefix!r}, and is not a tenant's")


def _name(right: Right) -> str:
    return str(right.binding["metadata"]["name"])


def _evidence(right: Right, what: str) -> Evidence:
    return Evidence(name_of(right.binding), f"subjects[{right.place}]", what)


CHECKS = (
    Check(
        "rights-everywhere",
        "people",
        "high",
        "Nobody but Kubernetes' own parts and the provisioners has secrets, exec, members or walls in all namespaces.",
        _REMOVE,
        _rights_everywhere,
        ("ClusterRoleBinding", "ClusterRole"),
    ),
    Check(
        "rights-of-everybody",
        "people",
        "critical",
        "Everybody who can sign in, and everybody who cannot, has no more than Kubernetes gives them.",
        Message("delete the ClusterRoleBinding, or the rules that were added to the ClusterRole"),
        _everybody,
        ("ClusterRoleBinding", "ClusterRole"),
    ),
    Check(
        "rights-in-kube-system",
        "people",
        "critical",
        "Nobody but Kubernetes' own parts has secrets, exec, members or walls in a kube- namespace.",
        _REMOVE,
        _rights_in_kubernetes,
        ("RoleBinding", "Role", "ClusterRole"),
    ),
    Check(
        "tenant-roles-outside",
        "people",
        "critical",
        "tenantkit's tenant roles are bound in tenants' namespaces only.",
        Message("delete the binding"),
        _tenants_roles,
        ("Namespace", *_BINDINGS),
    ),
    Check(
        "provisioner-role-elsewhere",
        "platform",
        "critical",
        "The provisioner role is bound by tenantkit-provisioners only.",
        Message("delete the binding, and list the person in the platform's provisioners"),
        _provisioner_role,
        _BINDINGS,
    ),
    Check(
        "namespaces-look-alike",
        "namespace",
        "high",
        "No namespace has only a part of a tenant's labels, grant and quota.",
        Message("make it a tenant by planning and applying it, or remove what tenantkit made there"),
        _look_alikes,
        ("Namespace", "ResourceQuota"),
    ),
    Check(
        "namespaces-with-prefix",
        "namespace",
        "low",
        "Each namespace whose name begins with the platform's prefix is a tenant's.",
        Message("make it a tenant with {plan_adopt}, or delete the namespace"),
        _prefixed,
        ("Namespace", PLATFORM),
    ),
)
