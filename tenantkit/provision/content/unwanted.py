"""Objects in a tenant's namespace that its spec does not want: which are deleted, and which are only shown.

Every RoleBinding, Ingress, HTTPRoute, NetworkPolicy, ResourceQuota and LimitRange there is one or the other, whatever
its labels are. Deleted is what gives rights that only the spec may give, and what tenantkit made before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import FROZEN_QUOTA_NAME, RETIRED_CONFIG_MAP
from tenantkit.manifests.order import RANK
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.content.members import role_of
from tenantkit.provision.content.policies import is_policy_of, openings, selected_pods
from tenantkit.provision.content.routes import is_route_of, ungranted_hosts
from tenantkit.provision.lifecycle import ROLE_FROZEN, ROLE_GIVEN_BACK, THAWED, WRITES_WHILE_FROZEN
from tenantkit.provision.ownership import is_applied_by_us, is_ours
from tenantkit.provision.reasons import (
    LEFT_AS_IT_IS,
    NO_LONGER_LISTED,
    NO_LONGER_WANTED,
    NOT_IN_THE_GRANT,
    being_deleted_with,
    foreign_binding,
    foreign_policy,
    foreign_route,
    kept_by_finalizers,
    second_of_kind,
)
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.platform import SYSTEM_NAMESPACE

_OWN_NAMES = "tenantkit-"

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.content.members import Member
    from tenantkit.provision.content.team import TeamPart
    from tenantkit.provision.reasons import (
        Reason,
    )
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Unwanted:
    """An object that the spec does not want.

    Args:
        manifest: the live object.
        why: it is deleted, or left alone.
        is_deleted: whether tenantkit deletes it.
    """

    manifest: Manifest
    why: Reason
    is_deleted: bool = False


def unwanted(
    present: Iterable[Manifest], tenant: Tenant, part: TeamPart, *, is_isolated: bool = True
) -> list[Unwanted]:
    """What becomes of the objects that are not wanted; first those to delete, in the order of deletion.

    Args:
        present: the objects in the tenant's namespace that are not wanted.
        tenant: as specified: what it leaves as it is, stays.
        part: the members and routes, as read.
        is_isolated: whether the tenant has tenantkit's NetworkPolicies, so that another one can only open more.
    """
    found = [
        judged
        for manifest in present
        if (judged := _judged(manifest, tenant, part, is_isolated=is_isolated)) is not None
    ]
    return sorted(found, key=lambda it: (not it.is_deleted, -RANK.get(it.manifest["kind"], 0), ref_of(it.manifest)))


def unwanted_extra(manifest: Manifest) -> Unwanted:
    """An extra object or a copy that the platform no longer lists."""
    finalizers = manifest["metadata"].get("finalizers") or ()
    if manifest["metadata"].get("deletionTimestamp"):
        return Unwanted(manifest, being_deleted_with(finalizers))
    return Unwanted(manifest, kept_by_finalizers(finalizers) if finalizers else NO_LONGER_LISTED, is_deleted=True)


def no_longer_in_settings(present: Iterable[Manifest]) -> list[Unwanted]:
    """The objects of the platform that its settings no longer want, all of which are deleted.

    Args:
        present: objects that are not wanted, of any owner.
    """
    found = [manifest for manifest in present if _is_the_platforms(manifest)]
    ordered = sorted(found, key=lambda it: (-RANK[it["kind"]], ref_of(it)))
    return [Unwanted(manifest, NO_LONGER_WANTED, is_deleted=True) for manifest in ordered]


def _is_the_platforms(manifest: Manifest) -> bool:
    """By its labels, its name and its field manager: labels may have been copied with the object of another tool."""
    metadata = manifest["metadata"]
    is_named_so = str(metadata["name"]).startswith(_OWN_NAMES) or metadata.get("namespace") == SYSTEM_NAMESPACE
    return is_ours(manifest, None) and is_named_so and is_applied_by_us(manifest)


def _judged(manifest: Manifest, tenant: Tenant, part: TeamPart, *, is_isolated: bool) -> Unwanted | None:
    kind = manifest["kind"]
    if kind == "RoleBinding":
        return _binding(manifest, tenant, part)
    if kind in ROUTE_KINDS:
        return _route(manifest, tenant, part)
    if kind == "NetworkPolicy":
        return _policy(manifest, tenant, is_isolated=is_isolated)
    if kind == "ConfigMap":
        return _config_map(manifest)
    if kind == "ResourceQuota" and manifest["metadata"]["name"] == FROZEN_QUOTA_NAME:
        return Unwanted(manifest, THAWED, is_deleted=True)
    return Unwanted(manifest, second_of_kind(kind))


def _binding(manifest: Manifest, tenant: Tenant, part: TeamPart) -> Unwanted:
    """RBAC honours a binding that is being deleted until it no longer exists, so those are deleted as well."""
    role, is_frozen = role_of(manifest), tenant.frozen == "read-only"
    member = part.members.get(manifest["metadata"]["name"])
    if member is not None and member.role != "viewer" and _is_listed(member, tenant):
        return Unwanted(manifest, ROLE_FROZEN if is_frozen else ROLE_GIVEN_BACK, is_deleted=True)
    if member is not None and member.role != role:
        return Unwanted(manifest, NO_LONGER_WANTED, is_deleted=True)
    if role == "owner":
        return Unwanted(manifest, NOT_IN_THE_GRANT, is_deleted=True)
    listed = {"editor": tenant.editors, "viewer": tenant.viewers}
    if role is not None and listed[role] is not None:
        return Unwanted(manifest, NO_LONGER_WANTED, is_deleted=True)
    if role == "editor" and is_frozen:
        return Unwanted(manifest, WRITES_WHILE_FROZEN, is_deleted=True)
    return Unwanted(manifest, LEFT_AS_IT_IS if role is not None else foreign_binding(manifest))


def _is_listed(member: Member, tenant: Tenant) -> bool:
    """Whether the spec wants this member, or leaves the members as they are."""
    listed = tenant.owners if member.role == "owner" else tenant.editors
    return listed is None or member.person in listed


def _route(manifest: Manifest, tenant: Tenant, part: TeamPart) -> Unwanted:
    metadata = manifest["metadata"]
    finalizers = metadata.get("finalizers") or ()
    if metadata.get("deletionTimestamp"):
        return Unwanted(manifest, being_deleted_with(finalizers))
    # a route that the spec leaves as it is has another name if its host has moved, or now has an object of another kind
    is_managed = tenant.routes is not None or ref_of(manifest) in part.objects
    if is_managed and is_route_of(manifest, tenant):
        return Unwanted(manifest, kept_by_finalizers(finalizers) if finalizers else NO_LONGER_WANTED, is_deleted=True)
    return Unwanted(manifest, foreign_route(ungranted_hosts(manifest, part.granted)))


def _policy(manifest: Manifest, tenant: Tenant, *, is_isolated: bool) -> Unwanted:
    """Some network plug-ins set finalizers on policies, and remove them once they no longer enforce them."""
    finalizers = manifest["metadata"].get("finalizers") or ()
    if manifest["metadata"].get("deletionTimestamp"):
        return Unwanted(manifest, being_deleted_with(finalizers))
    if is_policy_of(manifest, tenant.name):
        return Unwanted(manifest, kept_by_finalizers(finalizers) if finalizers else NO_LONGER_WANTED, is_deleted=True)
    return Unwanted(manifest, foreign_policy(openings(manifest) if is_isolated else (), selected_pods(manifest)))


def _config_map(manifest: Manifest) -> Unwanted | None:
    if manifest["metadata"]["name"] != RETIRED_CONFIG_MAP:
        return None
    if manifest["metadata"].get("deletionTimestamp"):
        return Unwanted(manifest, being_deleted_with(manifest["metadata"].get("finalizers") or ()))
    return Unwanted(manifest, NO_LONGER_WANTED, is_deleted=True)
