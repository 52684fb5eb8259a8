"""Adding and removing members: each person has a RoleBinding of their own, so only those of the named ones change.

Owners are part of the grant, which only the platform changes. Rejected alternative: `plan` with the whole list of
members, which removes whom another owner has just added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.identity import read_user
from tenantkit.exceptions import NotFound
from tenantkit.hints import Hint, Message
from tenantkit.provision.content.members import person_of
from tenantkit.provision.edits.edit import TeamEdit, check_owners
from tenantkit.provision.edits.remake import read_state
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.running.options import Running
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.team.arguments import NAMED, checked_members, checked_persons, checked_tenant
from tenantkit.provision.team.carry_out import carry_out, check_fits, plan_edit
from tenantkit.rules.listing import first_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, role_name
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.content.members import Member
    from tenantkit.provision.edits.edit import TenantState
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.spec.platform import Platform

_NOT_PERSONS = ("group:", "sa:")


@takes_cluster
def plan_add_member(
    cluster: ClusterApi,
    tenant: str,
    person: str | Sequence[str],
    role: Literal["viewer", "editor"] = "viewer",
) -> Plan:
    """What `add_member` would change. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        person: one or several: `dana@example.com`, `group:ml-vision`, `sa:jupyterhub/jupyter-dana`.
        role: that they shall have, in place of any other: `viewer` or `editor`. Default `viewer`: the least.

    Returns:
        A Plan for `apply`, with a row for each RoleBinding of these persons and of nobody else: `create`, `unchanged`,
        `delete` (their former role), or `not yours` if you may not change members. One row, in `tenantkit-index`, lets
        them find the tenant. `notices` says what looks like a mistake, such as a name without `@`.

    Raises:
        InvalidSpecError: a text names nobody, a person is an owner, or the role is another one.
        NotFound: there is no such tenant.
        PermissionDenied: you may not read the tenant's members.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: get the tenant's namespace and configmap `platform` in tenantkit-system; list rolebindings in the namespace,
    and get the tenant's in tenantkit-index; create selfsubjectreviews, selfsubjectrulesreviews and
    selfsubjectaccessreviews, which any signed-in user may.

    Source: page "Using RBAC Authorization".

    Example:
        >>> tk.plan_add_member(cluster, "speech", ["sam@example.com", "group:ml-speech"], role="editor").summary
        '2 to create, 1 to update'
    """
    return plan_members(cluster, checked_tenant(tenant), checked_members(person, role, tenant=tenant), ())


@takes_cluster
def add_member(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenant: str,
    person: str | Sequence[str],
    role: Literal["viewer", "editor"] = "viewer",
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Report:
    """Give persons a role in a tenant, at once. Everybody else's role stays as it is.

    Owners may do this. Two who add at the same moment do not undo each other's change; a person whom both add has the
    role that was given last. Adding a member again writes nothing; with another role, the role changes.
    `plan_add_member` shows the changes first.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        person: one or several: `dana@example.com`, `group:ml-vision`, `sa:jupyterhub/jupyter-dana`.
        role: that they shall have, in place of any other: `viewer` or `editor`. Default `viewer`: the least.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.

    Returns:
        A Report with one outcome per RoleBinding. `warnings` names what else the person has.

    Raises:
        InvalidSpecError: a text names nobody, a person is an owner, or the role is another one.
        NotFound: there is no such tenant.
        PermissionDenied: you are neither an owner nor the platform; nothing was written.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        StalePlanError: others changed the same RoleBindings again and again; nothing was written.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan_add_member`; create, patch and delete rolebindings in the namespace, bind of the roles, and
    patch of the tenant's RoleBinding in tenantkit-index.

    Source: page "Using RBAC Authorization".

    Example:
        >>> tk.add_member(cluster, "forecast", "sam@example.com", role="editor", progress=False).summary
        '2 applied'
        >>> tk.get_tenant(cluster, "forecast").editors
        ('sam@example.com',)
        >>> tk.remove_member(cluster, "forecast", "sam@example.com", progress=False).summary
        '2 applied'
    """
    running = Running(progress, on_progress, cancelled, max_concurrency=1, timeout_s=0)
    return carry_out(cluster, lambda: plan_add_member(cluster, tenant, person, role=role), running)


@takes_cluster
def plan_remove_member(cluster: ClusterApi, tenant: str, person: str | Sequence[str]) -> Plan:
    """What `remove_member` would change. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        person: one or several, as `members` lists them.

    Returns:
        A Plan for `apply`: the RoleBindings of these persons are deleted, also those that tenantkit did not make, if
        they bind one of its roles to nobody else. Rows `foreign` are other RoleBindings that name a person: they stay.

    Raises:
        InvalidSpecError: a text names nobody, or a person is an owner.
        NotFound: there is no such tenant, or a person has no role in it: the error names its members.
        PermissionDenied: you may not read the tenant's members.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: that of `plan_add_member`.

    Source: page "Using RBAC Authorization".

    Example:
        >>> tk.plan_remove_member(cluster, "speech", "editor@example.com").summary
        '1 to update, 1 to delete'
    """
    return plan_members(cluster, checked_tenant(tenant), (), checked_persons(person))


@takes_cluster
def remove_member(  # noqa: PLR0913 (as `add_member`)
    cluster: ClusterApi,
    tenant: str,
    person: str | Sequence[str],
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Report:
    """Take every role in a tenant from persons, at once. Everybody else's role stays as it is.

    Owners may do this. A removed person may still have a role through a group: `warnings` lists the tenant's groups.
    `plan_remove_member` shows the changes first.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        person: one or several, as `members` lists them.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.

    Returns:
        A Report with one outcome per RoleBinding. `warnings` names what the person may still have.

    Raises:
        InvalidSpecError: a text names nobody, or a person is an owner.
        NotFound: there is no such tenant, or a person has no role in it: the error names its members.
        PermissionDenied: you are neither an owner nor the platform; nothing was written.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        StalePlanError: others changed the same RoleBindings again and again; nothing was written.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan_remove_member`; delete and patch rolebindings in the namespace, and patch of the tenant's in
    tenantkit-index.

    Source: page "Using RBAC Authorization".

    Example:
        >>> tk.add_member(cluster, "forecast", ["sam@example.com", "eve@example.com"], progress=False).summary
        '3 applied'
        >>> tk.remove_member(cluster, "forecast", ["sam@example.com", "eve@example.com"], progress=False).summary
        '3 applied'
    """
    running = Running(progress, on_progress, cancelled, max_concurrency=1, timeout_s=0)
    name, persons = checked_tenant(tenant), checked_persons(person)
    return carry_out(
        cluster,
        lambda: plan_members(cluster, name, (), persons),
        running,
        again=lambda: plan_members(cluster, name, (), persons, skips_unknown=True),
    )


def plan_members(
    cluster: ClusterApi, tenant: str, added: Sequence[Member], removed: Sequence[str], *, skips_unknown: bool = False
) -> Plan:
    """The plan that adds and removes members; raises, and needs, what `plan_add_member` and `plan_remove_member` do.

    Args:
        cluster: the cluster.
        tenant: its name.
        added: with the role to have.
        removed: who loses every role.
        skips_unknown: whether it is no error that a removed person has no role, since another owner was faster.
    """
    platform = get_platform(cluster)
    adder = read_user(cast("Cluster", cluster)).username if added else None
    edit = TeamEdit(tenant, added=tuple(added), removed=tuple(removed), added_by=adder or None)
    state = read_state(cluster, tenant, platform, edit.kinds)
    check_owners(edit, state.tenant)
    if not skips_unknown:
        _check_known(removed, state, platform)
    persons = {role: [member.person for member in added if member.role == role] for role in ("editor", "viewer")}
    check_fits(state.tenant.with_(editors=persons["editor"], viewers=persons["viewer"], routes=()), platform)
    notices = (
        *(_frozen_notices(state) if added else ()),
        *_group_notices(removed, state),
        *_index_notices(state, platform_team(platform)),
        *_name_notices(added, state),
    )
    return plan_edit(cluster, edit, state, platform, notices)


def _frozen_notices(state: TenantState) -> tuple[PlanNotice, ...]:
    if state.tenant.frozen != "read-only":
        return ()
    text = "it is frozen read-only: everyone has the viewer role until it is thawed, and then their own role again"
    return (PlanNotice("frozen", text, state.tenant.name),)


def _name_notices(added: Sequence[Member], state: TenantState) -> tuple[PlanNotice, ...]:
    """Persons without "@" where everybody else has one: the server accepts a RoleBinding for any name."""
    others = {*state.tenant.owners, *(it.person for it in state.part.members.values())} - {it.person for it in added}
    others = {person for person in others if not person.startswith(_NOT_PERSONS)}
    if not others or not all("@" in person for person in others):
        return ()
    unlike = [it.person for it in added if "@" not in it.person and not it.person.startswith(_NOT_PERSONS)]
    return tuple(PlanNotice("unlike-members", _unlike(person), state.tenant.name) for person in unlike)


def _unlike(person: str) -> Message:
    return Message(
        "{person} has no @, unlike the other members: is this the user name that {whoami} shows?",
        {"person": repr(person)},
    )


def _group_notices(persons: Sequence[str], state: TenantState) -> tuple[PlanNotice, ...]:
    """Only the cluster's authentication knows who is in a group."""
    groups = sorted({it.person for it in state.part.members.values() if it.person.startswith("group:")} - set(persons))
    if not groups or all(person.startswith(_NOT_PERSONS) for person in persons):
        return ()
    text = f"whoever is in one of its groups keeps the group's role: {', '.join(groups)}"
    return (PlanNotice("still-has-access", text, state.tenant.name),)


def _index_notices(state: TenantState, team: str) -> tuple[PlanNotice, ...]:
    """Without its entry in the index, an edit gives and takes roles, but does not change who finds the tenant."""
    if state.indexed is not None:
        return ()
    text = Message(
        "RoleBinding {binding!r} in {index} is missing, or you may not read it, so it stays as it is: until "
        "{team} applies this tenant again with {plan}, whoever is added may not find the tenant by the index, "
        "and whoever is removed may stay in it",
        {"binding": role_name(state.tenant.name), "index": INDEX_NAMESPACE, "team": team},
    )
    return (PlanNotice("index-not-changed", text, state.tenant.name),)


def _check_known(persons: Sequence[str], state: TenantState, platform: Platform) -> None:
    """Refuse persons without a role, since a name that was mistyped would otherwise look removed."""
    known = {member.person for member in state.part.members.values()}
    for binding in state.content.of_kind("RoleBinding"):
        found = (person_of(subject, platform.people) for subject in binding.get("subjects") or ())
        known |= {person for person in found if person is not None}
    missing = [person for person in persons if person not in known]
    if not missing:
        return
    listed = ", ".join(map(repr, missing))
    hint = Hint("who has a role: {known}", {"known": first_of(sorted(known), NAMED)}) if known else None
    raise NotFound(
        f"{listed} has no role in tenant {state.tenant.name!r}; nothing was written",
        status=404,
        kind="RoleBinding",
        namespace=platform.namespace(state.tenant),
        operation="remove a member",
        hint=hint,
    )
