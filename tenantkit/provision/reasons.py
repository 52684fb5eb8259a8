"""Reasons of rows and outcomes: a code for programs, and a text for people.

Programs compare codes, never texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.exceptions import ClusterError, HostTakenError, StalePlanError, StoredDifferentlyError, check_surface
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.exceptions import InvalidSpecError, TenantKitError
    from tenantkit.hints import Surface
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.extra_objects import CopySource

ReasonCode: TypeAlias = Literal[
    # of conflicts and updates
    "set-by-other",
    "added-by-other",
    "shared-field",
    "taken-back",
    # of what others have made, and that is left alone
    "foreign",
    "foreign-opens",
    "left-as-it-is",
    # of objects that are not touched
    "being-deleted",
    "other-being-deleted",
    "owned-by-other",
    "exists-elsewhere",
    "host-taken",
    "host-not-free",
    "does-not-fit",
    "namespace-not-applied",
    "not-readable",
    "denied",
    "not-served",
    "source-missing",
    "never-copied",
    "source-of-tenant",
    "source-not-readable",
    "protected",
    "newer-version",
    "not-yours",
    # beside a change
    "no-longer-wanted",
    "not-in-the-grant",
    "kept-by-finalizers",
    "made-again",
    "in-the-namespace",
    "in-the-index",
    "claims-host",
    "releases-host",
    "hosts-not-checked",
    "platform-not-installed",
    "local-only",
    "frozen",
    "thawed",
    "role-frozen",
    "role-given-back",
    "removed",
    "not-granted",
    "adopted-as-it-is",
    "not-adoptable",
    "stays",
    "guardrails-missing",
    "warned",
    # of outcomes
    "failed",
    "changed-meanwhile",
    "stored-differently",
    "not-counted",
    "not-aggregated",
    "not-deleted",
    "not-awaited",
    "not-checked",
]

# Rows and outcomes with these actions are not carried out: no request is sent for them.
REFUSED = ("blocked", "unknown")
ALL_NAMES = "*"  # the name in a row about all objects of a kind, which may not be listed
# what RBAC adds to an error that says in our words what is not allowed
_BY_RBAC = re.compile(r"^(may not [^:]+): \S+(?: \"[^\"]*\")? is forbidden: User .+ cannot \w+ resource .+$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row or an outcome is as it is.

    Args:
        code: for programs.
        text: for people; a Message if the words depend on the surface that shows it.

    Example:
        >>> Reason("platform-not-installed", Message("not installed: {install_platform}")).words("shell")
        'not installed: `tenantkit install`'
    """

    code: ReasonCode
    text: str | Message

    def words(self, surface: Surface = "python") -> str:
        """The reason in the words of Python, the command line or a form."""
        check_surface(surface)
        return self.text.words(surface) if isinstance(self.text, Message) else self.text

    def __str__(self) -> str:
        return self.words("python")


class WithReason:
    """A row that may have a reason, in `why`."""

    __slots__ = ()

    if TYPE_CHECKING:  # each row has it as a field

        @property
        def why(self) -> Reason | None:
            """The reason; None if there is none."""

    @property
    def code(self) -> ReasonCode | None:
        """The code of the reason, for programs."""
        return self.why.code if self.why else None

    @property
    def reason(self) -> str:
        """The reason, and what to do next in Python's words; empty if there is none."""
        return self.words("python")

    def words(self, surface: Surface) -> str:
        """The reason, and what to do next in the words of Python, the command line or a form."""
        check_surface(surface)
        return self.why.words(surface) if self.why else ""


LOCAL_ONLY = Reason("local-only", "compared locally, not sent to the server")
NO_LONGER_WANTED = Reason("no-longer-wanted", "no longer in the spec")
NO_LONGER_LISTED = Reason("no-longer-wanted", "no longer among the platform's extra objects and copies")
NOT_IN_THE_GRANT = Reason("not-in-the-grant", "the grant names the owners, and this is not one of their RoleBindings")
LEFT_AS_IT_IS = Reason("left-as-it-is", "the spec leaves the members as they are, and tenantkit did not make this one")
MADE_AGAIN = Reason("made-again", "it is being deleted: it is made again without its finalizers")
IN_THE_INDEX = Reason("in-the-index", "members find the tenant through it, and owners list new members in it")
IN_THE_NAMESPACE = Reason("in-the-namespace", "deleted with its namespace")
BEING_DELETED = Reason("being-deleted", "it is being deleted: wait until it is deleted, then plan again")
PLATFORM_NOT_INSTALLED = Reason(
    "platform-not-installed",
    Message("this RoleBinding grants nothing until the platform is installed: use {install_platform}"),
)
BLOCKED_WHEN_APPROVED = Reason("denied", "it was blocked or unknown when the plan was written: plan again")
NOT_COMPARED = Reason(
    "source-not-readable", "you may not read its source, so it is not known whether this copy is current"
)
NOT_YOURS_TO_DELETE = Reason("not-yours", "only the platform team may delete it, with everything in it")
PROTECTED = Reason("protected", Message("it is protected: apply it with {unprotect} first"))


def not_yours(team: str) -> Reason:
    """Only the platform team may change this, as `platform_team` words it."""
    return Reason("not-yours", f"you may not change this: ask {team} to plan and apply this tenant")


def host_not_yours(team: str) -> Reason:
    """Only the platform team may grant these hosts, and others' tenants may have them."""
    text = f"{not_yours(team).text}; its new hosts are not checked against tenants that you may not read"
    return Reason("hosts-not-checked", text)


def set_by_other(managers: str) -> Reason:
    """The field has another value, set by these managers."""
    return Reason("set-by-other", _with_force(f"set by {managers!r}"))


def added_by_other(managers: str | None) -> Reason:
    """The field is not in the spec, and these managers added it."""
    return Reason(
        "added-by-other", _with_force(f"added by {managers!r}" if managers else "added by an unknown manager")
    )


def shared_field(managers: str) -> Reason:
    """The field is no longer in the spec, and these managers also set it."""
    return Reason("shared-field", f"not removed, since {managers!r} also set it")


def taken_back(managers: str) -> Reason:
    """The field has another value, set by these managers, and is set again, since only the spec decides about it."""
    return Reason("taken-back", f"set by {managers!r}, but only the spec decides about it")


def foreign_field(managers: str | None) -> Reason:
    """The field is not in the spec, somebody added it, and it is left alone."""
    by = repr(managers) if managers else "an unknown manager"
    return Reason("foreign", f"added by {by}; tenantkit does not change it")


def left_field(managers: str | None) -> Reason:
    """The field has another value than tenantkit would set, and the spec leaves it as it is."""
    by = repr(managers) if managers else "an unknown manager"
    return Reason("left-as-it-is", f"set by {by}; the spec leaves members and routes as they are")


def foreign_binding(binding: Manifest) -> Reason:
    """A RoleBinding of another role."""
    ref = binding.get("roleRef") or {}
    return Reason("foreign", f"it binds {ref.get('kind')} {ref.get('name')!r}, which is not one of tenantkit's roles")


def foreign_route(ungranted: Sequence[str]) -> Reason:
    """An Ingress or HTTPRoute that is not one of the tenant's routes."""
    hosts = f", and the tenant was not granted {', '.join(map(repr, ungranted))}" if ungranted else ""
    return Reason("foreign", f"it is not one of the tenant's routes{hosts}")


def foreign_policy(openings: Sequence[str], pods: str) -> Reason:
    """A NetworkPolicy of somebody else for these pods, and what it allows beyond what the platform does."""
    if openings:
        text = f"a NetworkPolicy that is not tenantkit's, and it opens for {pods}: {'; '.join(openings)}"
        return Reason("foreign-opens", f"{text}. Delete it, unless the platform team agreed to it")
    return Reason("foreign", f"a NetworkPolicy for {pods} that is not tenantkit's; it opens nothing")


def second_of_kind(kind: str) -> Reason:
    """A second quota or limit range beside tenantkit's."""
    return Reason("foreign", f"a second {kind}, which also limits this namespace")


def being_deleted_with(finalizers: Sequence[str]) -> Reason:
    """An object that is not wanted is being deleted already."""
    return Reason("being-deleted", f"it is being deleted{_waiting_for(finalizers)}")


def kept_by_finalizers(finalizers: Sequence[str]) -> Reason:
    """The object is no longer wanted, and remains after its deletion until others are done with it."""
    return Reason("kept-by-finalizers", f"no longer in the spec; it exists{_waiting_for(finalizers)}")


def _waiting_for(finalizers: Sequence[str]) -> str:
    listed = ", ".join(map(repr, finalizers))
    return f" until its finalizers are removed: {listed}" if listed else ""


def newer_version(error: TenantKitError) -> Reason:
    """A newer tenantkit wrote the tenant's grant."""
    return _of_error("newer-version", error)


def owned_by_other(owner: str, kind: str = "") -> Reason:
    """The object exists and belongs to someone else. Nobody is told to delete a namespace in which people may work."""
    advice = "choose another name" if kind == "Namespace" else "choose another name, or delete it first"
    return Reason("owned-by-other", f"it exists and belongs to {owner}: {advice}")


def exists_elsewhere(namespace: str, expected: str) -> Reason:
    """The tenant exists, in a namespace of another name than the platform's settings give it."""
    return Reason(
        "exists-elsewhere",
        f"this tenant exists in namespace {namespace!r}, and not in {expected!r}: "
        f"check the platform's namespace_prefix; no second namespace is made",
    )


def does_not_fit(error: InvalidSpecError) -> Reason:
    """The tenant's spec does not fit the platform."""
    return Reason("does-not-fit", error.what.replace("\n", "; "))


def namespace_not_applied(action: str) -> Reason:
    """The object's namespace is not touched, and so the object is not."""
    return Reason("namespace-not-applied", f"its namespace is {action}")


def not_readable(error: TenantKitError) -> Reason:
    """You may not read the object, so it is not known whether it exists; the server's own words are left out."""
    found = _BY_RBAC.match(str(error.what))
    if found is None or error.hint is None:
        return _of_error("not-readable", error)
    return Reason("not-readable", Message("you {what}; {hint}", {"what": found[1], "hint": error.hint}))


def stay_in_index(tenant: str, team: str) -> Reason:
    """The tenant's objects in the index may not be read by whoever deletes or releases the tenant."""
    return Reason(
        "not-readable",
        f"what tenant {tenant!r} has in namespace tenantkit-index may not be read, and stays if it exists: ask "
        f"{team} to delete the Roles and RoleBindings tenant-{tenant} and owners-{tenant} there",
    )


def unreadable(reason: str) -> Reason:
    """The object exists, and cannot be parsed."""
    return Reason("not-readable", f"it cannot be read, since it {reason}: look at it with kubectl")


def not_served(api_version: str, kind: str, *, is_served: bool) -> Reason:
    """The cluster has no such kind, or not in namespaces, so that no tenant can have an object of it."""
    what = f"{kind} of {api_version}"
    if is_served:
        return Reason("not-served", f"{what} is not in a namespace: take it out of the platform's extra_objects")
    return Reason("not-served", f"the server does not serve {what}: install what defines it, or check its apiVersion")


def source_missing(source: CopySource) -> Reason:
    """What is copied does not exist."""
    return Reason("source-missing", f"{source} does not exist: create it, or take it out of the platform's copies")


def source_not_readable(source: CopySource, why: Reason) -> Reason:
    """You may not read what is copied."""
    text = Message("its source, {source}: {reason}", {"source": source, "reason": why.text})
    return Reason("source-not-readable", text)


def never_copied(source: CopySource, of_type: str) -> Reason:
    """A Secret by which somebody acts as an account of the cluster."""
    return Reason("never-copied", f"{source} is of type {of_type}, by which its holder acts as an account: not copied")


def source_of_tenant(source: CopySource) -> Reason:
    """What is copied belongs to a tenant, and no tenant gets what another one has."""
    return Reason("source-of-tenant", f"{source} is in a tenant's namespace: copy from a namespace of the platform")


def denied(error: TenantKitError) -> Reason:
    """The server would refuse the change."""
    return _of_error("denied", error)


def hosts_not_checked(team: str) -> Reason:
    """Another tenant may have the host: this user cannot see all tenants."""
    return Reason(
        "hosts-not-checked",
        "it is not known whether another tenant has this host, since you may not list namespaces: "
        f"ask {team} to plan this tenant",
    )


def failed(error: TenantKitError) -> Reason:
    """The change failed."""
    codes: dict[type, ReasonCode] = {
        StoredDifferentlyError: "stored-differently",
        StalePlanError: "changed-meanwhile",
        HostTakenError: "host-taken",
    }
    return _of_error(codes.get(type(error), "failed"), error)


def left_alone(reason: Reason | None) -> Reason:
    """A conflict that is not overwritten."""
    kept = reason or Reason("set-by-other", "someone else set it")
    return Reason(kept.code, Message("not changed: {reason}", {"reason": kept.text}))


def _with_force(what: str) -> Message:
    return Message("{what}; to overwrite it, {force_conflicts}", {"what": what})


def joined(texts: Sequence[str | Message]) -> str | Message:
    """Texts in one line, with semicolons between them."""
    return reduce(lambda first, second: Message("{first}; {second}", {"first": first, "second": second}), texts)


def _of_error(code: ReasonCode, error: TenantKitError) -> Reason:
    if error.hint is None:
        return Reason(code, error.what)
    if isinstance(error, ClusterError):
        return Reason(code, Message("{what}; {hint}", {"what": error.what, "hint": error.hint}))
    return Reason(code, Message("{what}: {hint}", {"what": error.what, "hint": error.hint}))
