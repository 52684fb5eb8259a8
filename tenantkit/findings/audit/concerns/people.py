"""People: who has rights in a tenant's namespace, and by which binding.

Source: pages "Using RBAC Authorization" and "Role Based Access Control Good Practices".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.access.bindings import is_system
from tenantkit.findings.access.powers import DANGEROUS, MATTERS, powers_of
from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.concerns.planned import planned_check
from tenantkit.findings.audit.fields import name_of
from tenantkit.findings.audit.view import PLATFORM
from tenantkit.hints import Message
from tenantkit.provision.content.members import member_of, person_of, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.access.bindings import Right
    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

_BINDING = "RoleBinding"
_ROLES = ("Role", "ClusterRole")
_REMOVE = Message("delete the RoleBinding, or remove this subject from it")


def _other_roles(view: TenantView) -> Iterator[Found]:
    for binding in view.of(_BINDING):
        ref = binding.get("roleRef") or {}
        is_allowed = ref.get("kind") == "ClusterRole" and ref.get("name") in view.platform.guardrails.roles
        if role_of(binding) is None and not is_allowed:
            yield Evidence(name_of(binding), "roleRef", f"{ref.get('kind')} {ref.get('name')!r}")


def _matters(view: TenantView) -> Iterator[Found]:
    """Subjects that have what only members may have, by another role than ours."""
    for right in view.rights:
        if role_of(right.binding) is None and (powers := [it for it in right.powers if it in MATTERS]):
            yield _evidence(right, f"{right.who} has {', '.join(powers)} by {right.role}")


def _system_subjects(view: TenantView) -> Iterator[Found]:
    for right in view.rights:
        if is_system(right.subject):
            yield _evidence(right, right.who)


def _accounts_of_others(view: TenantView) -> Iterator[Found]:
    """Accounts of other namespaces that are not members: whoever may run pods there has the rights here."""
    for right in view.rights:
        home = right.subject.get("namespace") or view.name
        is_account = right.subject.get("kind") == "ServiceAccount" and home != view.name
        is_listed = f"{home}/{right.subject.get('name')}" in view.platform.guardrails.accounts
        if is_account and not is_listed and person_of(right.subject, view.platform.people) != _member(view, right):
            yield _evidence(right, right.who)


def _member(view: TenantView, right: Right) -> str | None:
    member = member_of(right.binding, view.platform.people)
    return member.person if member is not None else None


def _finalizers(view: TenantView) -> Iterator[Found]:
    for binding in view.of(_BINDING):
        metadata = binding["metadata"]
        if metadata.get("finalizers") and not metadata.get("deletionTimestamp"):
            yield Evidence(name_of(binding), "metadata.finalizers", ", ".join(map(str, metadata["finalizers"])))


def _being_deleted(view: TenantView) -> Iterator[Found]:
    """RBAC honours a binding that is being deleted until its finalizers are removed."""
    for binding in view.of(_BINDING):
        if binding["metadata"].get("deletionTimestamp"):
            who = ", ".join(right.who for right in view.rights if right.binding is binding) or "nobody"
            yield Evidence(name_of(binding), "metadata.deletionTimestamp", f"{who} keeps {right_text(binding)}")


def _own_roles(view: TenantView) -> Iterator[Found]:
    """Roles in the namespace that give what tenantkit gives nobody."""
    for role in view.of("Role"):
        rules = view.cluster.roles.rules_of({"kind": "Role", "name": role["metadata"]["name"]}, view.name) or ()
        powers = [power for power in powers_of(rules) if power in DANGEROUS]
        if powers:
            yield Evidence(name_of(role), "rules", f"gives {', '.join(powers)}")


def right_text(binding: dict[str, object]) -> str:
    """The role of a binding in words."""
    ref = binding.get("roleRef")
    return f"{ref.get('kind')} {ref.get('name')!r}" if isinstance(ref, dict) else "no role"


def _evidence(right: Right, what: str) -> Evidence:
    return Evidence(name_of(right.binding), f"subjects[{right.place}]", what)


CHECKS = (
    planned_check(
        "owners-as-granted",
        "people",
        "critical",
        "Only the owners in the grant have the owner role.",
        _BINDING,
    ),
    planned_check("owners-bound", "people", "low", "Each owner in the grant has a RoleBinding.", _BINDING),
    planned_check(
        "members-as-named",
        "people",
        "critical",
        "Each RoleBinding of tenantkit binds the person that its name is made from, and no other.",
        _BINDING,
    ),
    planned_check(
        "members-by-tenantkit",
        "people",
        "medium",
        "Each RoleBinding of the editor and viewer roles is one that tenantkit made.",
        _BINDING,
        what_to_do=Message("add the person as a member, then delete this RoleBinding"),
    ),
    Check(
        "other-roles-bound",
        "people",
        "medium",
        "No RoleBinding binds another role than tenantkit's three and those that the platform allows.",
        Message("delete the RoleBinding, or allow its role in the platform's guardrails"),
        _other_roles,
        (_BINDING, PLATFORM),
    ),
    Check(
        "others-without-power",
        "people",
        "critical",
        "Nobody has secrets, exec, members, walls, tokens, bind, escalate or impersonate by another role.",
        _REMOVE,
        _matters,
        (_BINDING, *_ROLES),
    ),
    Check(
        "system-subjects",
        "people",
        "critical",
        "No RoleBinding has a `system:` user or group, such as system:authenticated.",
        _REMOVE,
        _system_subjects,
        (_BINDING,),
    ),
    Check(
        "accounts-of-others",
        "people",
        "high",
        "No RoleBinding has a ServiceAccount of another namespace that is not a member or listed.",
        _REMOVE,
        _accounts_of_others,
        (_BINDING, PLATFORM),
    ),
    Check(
        "bindings-without-finalizers",
        "people",
        "high",
        "No RoleBinding has finalizers, which would keep its rights after its deletion.",
        Message("remove the finalizers"),
        _finalizers,
        (_BINDING,),
    ),
    Check(
        "bindings-deleted",
        "people",
        "critical",
        "No RoleBinding that is being deleted still gives rights.",
        Message("remove its finalizers, so that the deletion ends"),
        _being_deleted,
        (_BINDING,),
    ),
    Check(
        "roles-in-namespace",
        "people",
        "high",
        "No Role of the namespace gives rights over its walls, or to bind, escalate or impersonate.",
        Message("delete the Role, or its rules that give this"),
        _own_roles,
        ("Role",),
    ),
)
