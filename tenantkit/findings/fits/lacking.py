"""What lacks so that pods fit, and what to do, in a line: `8 GPUs requested, 0 granted: ask the platform team …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import amount_text
from tenantkit.frames.quota import quantity_text, unit_of
from tenantkit.provision.plans.quota_words import entry_words

if TYPE_CHECKING:
    from tenantkit.findings.fits.fits import FitCheck
    from tenantkit.findings.fits.quota_room import QuotaRoom


def lacking(check: FitCheck, wanted: int, team: str) -> str:
    """What a check that blocks lacks, and the next step.

    Args:
        check: its answer is `no`.
        wanted: how many pods the question was about.
        team: whom to ask for more.
    """
    if check.resource is None or check.per_pod is None or check.free is None or check.granted is None:
        return f"{check.object}: {check.next_steps or check.reason}"
    unit, requested = unit_of(check.resource), check.per_pod * wanted
    word = entry_words([check.resource]).get(check.resource, check.resource)
    subject = f"{amount_text(requested, unit)} of {word}" if unit == "bytes" else f"{amount_text(requested, unit)}"
    if unit == "count":
        subject += f" {word}"
    granted = amount_text(check.granted, unit)
    room = "0 granted" if check.granted == 0 else f"{amount_text(check.free, unit)} of {granted} granted is free"
    more = f"ask {team} to grant {amount_text(requested - check.free, unit)} more"
    return f"{subject} requested, {room}: {more if requested > check.granted else check.next_steps}"


def quota_steps(room: QuotaRoom, wanted: int, held: str, team: str) -> str:
    """What to do about an entry that has too little room; nothing can be freed of what was never granted."""
    needed, granted = room.each * wanted, room.hard
    if granted == 0:
        return f"ask {team} to grant {quantity_text(needed, room.resource)} of {room.resource}: none is granted"
    if granted is not None and needed > granted:
        most = quantity_text(granted, room.resource)
        return f"ask {team} for a larger quota: all of it is {most} of {room.resource}, or run fewer pods"
    shortfall = quantity_text(needed - (room.free or 0), room.resource)
    return f"free {shortfall} of {room.resource}" + (f", {held}" if held else f", or ask {team} for a larger quota")
