"""A change that only the platform team can make, as a text to send to it: what, for which tenant, and by whom.

Nothing is sent and nothing is stored. The text holds the differences in words, and the YAML that the platform team
applies; members and routes are left out of it, so that applying it later changes no member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.forms.tenant.quota_words import quota_words
from tenantkit.spec.people import platform_team
from tenantkit.spec.tenant import TEAM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_LABELS = {
    "team": "team",
    "owners": "owners",
    "size": "size",
    "hosts": "additional hosts",
    "protected": "protected from deletion",
    "expires": "expires",
}

_UNCHECKED = " (not checked against tenants that the sender may not read)"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and why.

    Args:
        username: as the server sees them.
        reason: a line; empty to write it by hand.
    """

    username: str
    reason: str = ""


def request_text(wanted: Tenant, current: Tenant | None, platform: Platform, asking: Asking) -> str:
    """The request; empty if the platform's part stays as it is.

    Args:
        wanted: the tenant that the fields describe.
        current: the tenant as it is; None for a new one.
        platform: its sizes, and the people to ask.
        asking: who asks, and why.
    """
    lines = list(_differences(wanted, current, platform))
    if not lines:
        return ""
    is_new = current is None
    granted = wanted if is_new else wanted.with_(**dict.fromkeys(TEAM_FIELDS))
    return "\n".join(
        [
            f"To: {platform_team(platform)}",
            f"From: {asking.username}",
            f"Subject: {'create' if is_new else 'change'} tenant {wanted.name}",
            "",
            "Please create this tenant:" if is_new else "Please make these changes:",
            *(f"- {line}" for line in lines),
            "",
            f"Reason: {asking.reason}",
            "",
            "To do so, save this as tenant.yaml and run `tenantkit apply tenant.yaml`:",
            "",
            granted.to_yaml().rstrip("\n"),
        ]
    )


def _differences(wanted: Tenant, current: Tenant | None, platform: Platform) -> Iterator[str]:
    """A line for each part of the grant that is new or changes, in words."""
    for name, label in _LABELS.items():
        after = _words(wanted, name, platform)
        before = _words(current, name, platform) if current is not None else ""
        if current is None and after not in ("none", "no", "never"):
            yield f"{label}: {after}"
        elif current is not None and before != after:
            is_new_host = name == "hosts" and not {*wanted.hosts} <= {*current.hosts}
            yield f"{label}: {before} → {after}{_UNCHECKED if is_new_host else ''}"


def _words(tenant: Tenant, name: str, platform: Platform) -> str:
    if name == "size":
        quota = tenant.quota if tenant.quota is not None else platform.sizes.get(tenant.size or "")
        amounts = f" ({', '.join(quota_words(quota))})" if quota is not None else ""
        return f"{tenant.size or 'custom quota'}{amounts}"
    value: Any = getattr(tenant, name)
    if name == "expires":
        return "never" if value is None else value.isoformat(sep=" ", timespec="minutes")
    if name == "protected":
        return "yes" if value else "no"
    return _listed(value) if isinstance(value, tuple) else str(value)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "none"
