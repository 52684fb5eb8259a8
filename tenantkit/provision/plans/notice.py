"""Notices: what to know about a plan before it is applied, besides its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.hints import Surface

NoticeCode: TypeAlias = Literal[
    # about tenants
    "quota-below-use",
    "accelerator-not-offered",
    "expired",
    "expires-soon",
    "frozen",
    "thawed",
    "boosted",
    "boost-ended",
    "boost-dropped",
    "host-outside-domain",
    "host-claimed",
    "service-missing",
    "port-missing",
    "route-not-moved",
    "tenant-in-no-file",
    "default-class-refused",
    "still-has-access",
    "index-not-changed",
    "unlike-members",
    "clean-up",
    "ask-owners-first",
    # about a change of the platform, by tenant
    "size-removed",
    "accelerator-removed",
    "does-not-fit",
    "quota-changed",
    "host-changed",
    "host-shared",
    "settings-changed",
    "isolated",
    "no-longer-isolated",
    "grant-not-readable",
    "tenants-not-listed",
    # about the network of the cluster
    "network-not-read",
    "range-not-covered",
    "dns-not-found",
    "dns-not-open",
    "controller-not-named",
    "api-server-closed",
    "no-such-tenant",
    # about the platform itself
    "not-limited",
    "gateway-not-found",
    "gateway-differs",
    "routes-move",
    "guardrails-missing",
    "guardrail-open",
]


@dataclass(frozen=True, slots=True)
class PlanNotice:
    """Something to know about a plan before it is applied.

    Args:
        code: for programs.
        text: for people, without the tenant's name; a Message if the words depend on the surface that shows it.
        tenant: whom it concerns; None if it concerns no single tenant.

    Example:
        >>> late = tk.get_tenant(cluster, "forecast").with_(expires="2020-01-01T00:00:00Z")
        >>> [(notice.code, notice.tenant) for notice in tk.plan(cluster, late).notices]
        [('expired', 'forecast')]
    """

    code: NoticeCode
    text: str | Message
    tenant: str | None = None

    def words(self, surface: Surface = "python") -> str:
        """The notice in the words of Python, the command line or a form."""
        return self.text.words(surface) if isinstance(self.text, Message) else self.text

    def __str__(self) -> str:
        return self.words("python")


def notice_lines(notices: Iterable[PlanNotice], surface: Surface) -> list[str]:
    """One line for each text, with the names of all tenants that it concerns: `vision, speech: …`."""
    tenants: dict[str, list[str]] = {}
    for notice in notices:
        named = tenants.setdefault(notice.words(surface), [])
        if notice.tenant is not None:
            named.append(notice.tenant)
    return [f"{', '.join(named)}: {text}" if named else text for text, named in tenants.items()]
