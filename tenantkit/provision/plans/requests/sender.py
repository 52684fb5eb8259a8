"""Who asks: the user that the server sees, what they are to the tenant, and whom they ask first.

Whoever does not own a tenant may still ask for changes of it, so the text says to both sides who does own it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenantkit.cluster.own_namespaces import read_index, resource_rules, why_incomplete
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.plans.requests.of_plan import granted_in, whom_to_ask
from tenantkit.provision.stored.identity import role_by_rules
from tenantkit.rules.listing import first_of
from tenantkit.spec.people import platform_team, to_ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.people import Role
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_NAMED = 5
_ROLES = {
    "editor": ("an editor", "editor of {}"),
    "viewer": ("a viewer", "viewer of {}"),
    None: ("not a member", "not a member of {}"),
    "owner": ("not an owner", "not an owner of {}"),  # of any role but this one
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a tenant that they do not own.

    Args:
        tenant: as it is granted.
        role: theirs; None for no member, and `owner` where it is only known that they are not one.
    """

    tenant: Tenant
    role: Role | None

    @property
    def words(self) -> str:
        """As in `viewer of recsys; its owner is lin@example.com`."""
        verb = "s are" if len(to_ask(self.tenant.owners)) > 1 else " is"
        return f"{self.short}; its owner{verb} {self._owners}"

    @property
    def short(self) -> str:
        """As in `viewer of recsys`."""
        return _ROLES[self.role][1].format(self.tenant.name)

    @property
    def notice(self) -> PlanNotice:
        """What they do before they ask the platform team."""
        plural = "s" * (len(to_ask(self.tenant.owners)) > 1)
        text = f"you are {_ROLES[self.role][0]}: ask its owner{plural} ({self._owners}) before you send the request"
        return PlanNotice("ask-owners-first", text, self.tenant.name)

    @property
    def _owners(self) -> str:
        return first_of(to_ask(self.tenant.owners), _NAMED)


def signed(cluster: ClusterApi, plan: Plan) -> Plan:
    """The plan with the user who asks for what is not theirs; whoever may make all changes is not looked up.

    RBAC: create selfsubjectreviews and selfsubjectrulesreviews, which any signed-in user may.
    """
    if not plan.request:
        return plan
    adder = plan.edit.added_by if plan.edit is not None else None
    sender = adder or sender_of(cluster)
    standings = standings_of(cluster, sender, _asked_for(plan), plan.platform)
    is_of_platform = whom_to_ask(plan) == platform_team(plan.platform)
    notices = [it.notice for it in standings] if is_of_platform else []
    return replace(
        plan, sender=sender_words(sender, standings, names_owners=is_of_platform), notices=(*plan.notices, *notices)
    )


def sender_of(cluster: ClusterApi) -> str:
    """The user name that the server sees; empty if it does not say."""
    try:
        return cluster.own_username()
    except (NotFound, PermissionDenied):  # a letter without it is a letter
        return ""


def sender_words(sender: str, standings: Sequence[Standing], *, names_owners: bool = True) -> str:
    """The sender, and what they are to tenants that they do not own.

    Args:
        sender: as the server sees them.
        standings: what they are.
        names_owners: whether it names the owners. Default: yes.
    """
    if not sender or not standings:
        return sender
    texts = [it.words if names_owners else it.short for it in standings]
    return f"{sender} ({first_of(texts, _NAMED, separator='; ', unit='tenant')})"


def standings_of(
    cluster: ClusterApi, sender: str, tenants: Sequence[tuple[Tenant, str]], platform: Platform
) -> list[Standing]:
    """What the user is to those of these tenants that they do not own; nothing where the server does not say.

    Args:
        cluster: the cluster.
        sender: as the server sees them.
        tenants: as they are granted, with their namespaces.
        platform: its prefix of users.

    RBAC: create selfsubjectrulesreviews, which any signed-in user may: once.
    """
    prefix = platform.people.user_prefix
    # by the rules, the owners of a tenant that is frozen read-only are its viewers
    others = [
        (tenant, namespace)
        for tenant, namespace in tenants
        if tenant.frozen != "read-only" and sender not in {f"{prefix}{owner}" for owner in tenant.owners}
    ]
    if not sender or not others:
        return []
    if len(others) > 1:
        index = read_index(cluster)
        owned = {tenant.name for tenant, _ in others} if index.incomplete else set(index.owned)
        return [Standing(tenant, "owner") for tenant, _ in others if tenant.name not in owned]
    [(tenant, namespace)] = others
    try:
        status = cluster.own_rules(namespace)
    except (NotFound, PermissionDenied):
        return []
    role = role_by_rules(resource_rules(status))
    return [] if role == "owner" or why_incomplete(status) is not None else [Standing(tenant, role)]


def _asked_for(plan: Plan) -> list[tuple[Tenant, str]]:
    """The tenants of which something is asked for, as they are granted, with their namespaces."""
    granted = granted_in(plan)
    places = dict(_places(plan))
    return [(granted[name], place) for name, place in places.items() if name in granted]


def _places(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.changes:
        if change.action == "not yours" and change.tenant is not None and not is_in_index(change.ref):
            yield change.tenant, change.ref.namespace or change.ref.name
