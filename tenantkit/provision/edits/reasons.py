"""Reasons of the changes of an edit: why an object goes, why it stays, and why it is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.hints import Message
from tenantkit.provision.reasons import Reason

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

MEMBER_REMOVED = Reason("removed", "this member is removed")
ROLE_CHANGED = Reason("removed", "this member gets another role")
ROUTE_REMOVED = Reason("removed", "this route is removed")
ROUTE_MOVED = Reason("removed", "the platform exposes this route by an object of another kind")


def still_bound(person: str, binding: Manifest) -> Reason:
    """A RoleBinding that tenantkit does not delete, and that still gives a person a role."""
    ref, name = binding.get("roleRef") or {}, binding["metadata"]["name"]
    text = f"RoleBinding {name!r} still gives {person!r} the {ref.get('kind')} {ref.get('name')!r}"
    return Reason("foreign", f"{text}: tenantkit did not make it, so delete it with kubectl if nobody needs it")


def added_meanwhile(place: tuple[str, str]) -> Reason:
    """Another owner's route has the host and path of a new one, which was deleted again."""
    host, path = place
    return Reason("changed-meanwhile", f"someone else added {host}{path} at the same time, so this was taken back")


def host_not_granted(host: str, team: str) -> Reason:
    """The host is the tenant's by the platform's settings, but not by its grant yet."""
    return Reason(
        "not-granted",
        Message(
            "the tenant's grant does not have the host {host!r} yet: ask {team} to apply this tenant again with {plan}",
            {"host": host, "team": team},
        ),
    )
