"""A request for a change of the platform's part of tenants, in words and as YAML.

Members and routes are left out of the YAML unless they are asked for, so that applying it later changes no member.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from tenantkit.manifests.quota import make_quota
from tenantkit.provision.hosts.visible import NOT_VISIBLE
from tenantkit.provision.plans.differences import CUSTOM_QUOTA
from tenantkit.provision.plans.quota_words import changed_phrases, entry_words, granted_phrases
from tenantkit.provision.plans.requests.letter import Letter, Request
from tenantkit.rules.quantities import parse_quantity
from tenantkit.spec.people import platform_team
from tenantkit.spec.tenant import TEAM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tenantkit.provision.plan import Plan
    from tenantkit.spec.boost import Boost
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_LABELS = {
    "team": "team",
    "owners": "owners",
    "size": "size",
    "boost": "boost",
    "frozen": "frozen",
    "hosts": "additional hosts",
    "protected": "protected from deletion",
    "expires": "expires",
}
_FROZEN = {None: "no", "pods": "no new pods", "read-only": "no new pods, and everyone may only read"}
_KEPT = "Members and routes stay as they are."
_LISTED = (
    "The file lists all editors, viewers and routes (only those fields that are in it): who or what is not in it is "
    "removed. Compare with `tenantkit plan` first."
)

_ALL_HOSTS = "The file lists all additional hosts: if others were added since, ask for a new request instead."
_SINGLE = "the limits of single containers and volumes"

HostNote: TypeAlias = "Callable[[str], str]"  # what is known of a host that is asked for, as a sentence


def _not_checked(_: str) -> str:
    return NOT_VISIBLE


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and why.

    Args:
        sender: as the server sees them; empty if that is not known.
        reason: a line; empty to write it by hand.
        host_note: what is known of a new host. Default: that it is not checked.
        plan: of the change. Default: none was made.
        may_look: whether the sender may see all tenants, and so knows whether a new one exists. Default: no.
        first: what the sender must see before they send it. Default: nothing.
    """

    sender: str = ""
    reason: str = ""
    host_note: HostNote = _not_checked
    plan: Plan | None = None
    may_look: bool = False
    first: tuple[str, ...] = ()


def tenant_request(
    wanted: Tenant, current: Tenant | None, platform: Platform, asking: Asking, *, is_yours: bool = False
) -> Request:
    """The request for what changes in the platform's part of one tenant; empty if that stays as it is.

    Args:
        wanted: the tenant to ask for.
        current: the tenant as it is; None for a new one.
        platform: its sizes, and the people to ask.
        asking: who asks, and why.
        is_yours: whether the user may make the change. Default: no.
    """
    lines = list(differences(wanted, current, platform))
    asked = wanted if current is None else wanted.with_(**dict.fromkeys(TEAM_FIELDS))
    is_new = current is None
    letter = letter_of({wanted.name: lines}, [asked], platform, is_new=is_new, is_unsure=is_new and not asking.may_look)
    if letter is None:
        return Request()
    notes = tuple(new_hosts(wanted, current, asking.host_note))
    reason = " ".join(asking.reason.split())
    signed = replace(letter, sender=asking.sender, reason=reason, notes=notes, first=asking.first)
    return Request(signed.to_yourself if is_yours else signed, asking.plan)


def letter_of(
    lines: Mapping[str, Sequence[str]],
    asked: Sequence[Tenant],
    platform: Platform,
    *,
    is_new: bool,
    is_unsure: bool = False,
) -> Letter | None:
    """The letter for changes of tenants, by name; None without a change.

    Args:
        lines: the changes in words, by tenant.
        asked: the tenants as they are to be.
        platform: the people to ask.
        is_new: whether none of them exists, as far as the sender may see.
        is_unsure: whether one may exist that the sender may not see. Default: no.
    """
    changed = {name: its for name, its in lines.items() if its}
    if not changed:
        return None
    names, verb = list(changed), "create" if is_new else "change"
    plural = "s" * (len(names) > 1)
    listed = [line if not plural else f"{name}: {line}" for name, its in changed.items() for line in its]
    documents = "---\n".join(tenant.to_yaml() for tenant in asked if tenant.name in changed)
    file = f"tenant{plural}.yaml"
    absent = f"no tenant of {'these names' if plural else 'this name'} exists"
    unsure = f", if {absent} (the sender may not look)" * is_unsure
    create = f"Please create {'these' if plural else 'this'} tenant{plural}{unsure}:"
    # somebody may have made a tenant of this name since, and applying the file would give it to others
    checked = f" that {absent}" if is_new else ", since the sender may not see whether all of them exist"
    check = f", check with `tenantkit plan {file}`{checked}," * (is_new or is_unsure)
    kept = _LISTED if any(getattr(it, field) is not None for it in asked for field in TEAM_FIELDS) else _KEPT
    if any(line.startswith(f"{_LABELS['hosts']}: ") for its in changed.values() for line in its):
        kept = f"{kept} {_ALL_HOSTS}"
    return Letter(
        platform_team(platform),
        f"{verb} tenant{plural} {', '.join(names)}",
        create if is_new else "Please make these changes:",
        tuple(listed),
        (
            f"To do so, save this as {file}{check} and run `tenantkit apply {file}`:",
            "",
            documents.rstrip("\n"),
            *(() if is_new else ("", kept)),
        ),
    )


def differences(wanted: Tenant, current: Tenant | None, platform: Platform) -> Iterator[str]:
    """A line for each part of the grant that is new or changes, in words."""
    for name, label in _LABELS.items():
        after = _words(wanted, name, platform)
        before = _words(current, name, platform) if current is not None else ""
        if current is None and after not in ("none", "no", "never"):
            amounts = granted_phrases(_hard(wanted, platform)) if name == "size" else []
            yield f"{label}: {after}{_in_brackets(amounts)}"
        elif current is not None and name == "size":
            yield from _size_change(wanted, current, platform)
        elif current is not None and before != after:
            yield f"{label}: {before} → {after}"


def _size_change(wanted: Tenant, current: Tenant, platform: Platform) -> Iterator[str]:
    """How size and quota change, with the amounts that differ: `size: small → medium (GPUs 0 → 2, CPU 4 → 16)`."""
    before, after = _hard(current, platform), _hard(wanted, platform)
    changed = [entry for entry in {**before, **after} if before.get(entry) != after.get(entry)]
    amounts = changed_phrases(*({entry: hard.get(entry) for entry in changed} for hard in (before, after)))
    if _limits(current, platform) != _limits(wanted, platform):
        amounts = [*amounts, _SINGLE]
    sizes = [_words(tenant, "size", platform) for tenant in (current, wanted)]
    if sizes[0] != sizes[1]:
        yield f"size: {sizes[0]} → {sizes[1]}{_in_brackets(amounts)}"
    elif amounts:
        yield f"quota: {', '.join(amounts)}"
    elif (current.size, current.quota) != (wanted.size, wanted.quota):
        yield "quota: named otherwise, with the same amounts"


def less_than_now(wanted: Tenant, current: Tenant, platform: Platform) -> Iterator[str]:
    """A sentence about the amounts that become less, if there are any: more was meant, perhaps."""
    before, after = _hard(current, platform), _hard(wanted, platform)
    less = [it for it in before if it in after and parse_quantity(after[it]) < parse_quantity(before[it])]
    if less:
        less = list(entry_words(less)) or less  # others follow from these
        amounts = changed_phrases(*({entry: hard[entry] for entry in less} for hard in (before, after)))
        yield f"this asks for less than now: {', '.join(amounts)}; amounts are the new totals"


def _hard(tenant: Tenant, platform: Platform) -> dict[str, Any]:
    """The amounts that a tenant is granted without its boost; none for a size that the platform does not have."""
    if tenant.quota is None and tenant.size not in platform.sizes:
        return {}
    return dict(make_quota(tenant.with_(boost=None), platform)["spec"]["hard"])


def _limits(tenant: Tenant, platform: Platform) -> tuple[object, ...]:
    """The limits of single containers and volumes without its boost; none for a size that the platform lacks."""
    if tenant.quota is None and tenant.size not in platform.sizes:
        return ()
    quota = platform.quota(tenant.with_(boost=None))
    return quota.containers, quota.max_volume


def new_hosts(wanted: Tenant, current: Tenant | None, note: HostNote) -> Iterator[str]:
    """A sentence about each host that is asked for, if anything is known of it."""
    known = current.hosts if current is not None else ()
    for host in wanted.hosts:
        if host not in known and (text := note(host)):
            yield f"{host}: {text}"


def _words(tenant: Tenant, name: str, platform: Platform) -> str:
    value: Any = getattr(tenant, name)
    match name:
        case "size":
            return tenant.size or CUSTOM_QUOTA
        case "boost":
            return "none" if value is None else _boost_words(value, tenant, platform)
        case "frozen":
            return _FROZEN[value]
        case "expires":
            return "never" if value is None else str(value.isoformat(sep=" ", timespec="minutes"))
        case "protected":
            return "yes" if value else "no"
    return (", ".join(value) or "none") if isinstance(value, tuple) else str(value)


def _boost_words(boost: Boost, tenant: Tenant, platform: Platform) -> str:
    boosted = tenant.with_(size=boost.size, quota=boost.quota)
    amounts = granted_phrases(_hard(boosted, platform))
    if boost.quota is not None and _limits(boosted, platform) != _limits(tenant, platform):
        amounts = [*amounts, _SINGLE]
    return f"{boost.size or CUSTOM_QUOTA} until {boost.until_text}{_in_brackets(amounts)}"


def _in_brackets(amounts: Sequence[str]) -> str:
    return f" ({', '.join(amounts)})" if amounts else ""
