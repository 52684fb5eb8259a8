"""What lacks so that pods fit, and what to do, in words: `8 GPUs requested, 0 granted: ask the platform team …`."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import amount_text, used_text
from tenantkit.frames.quota import quantity_text, unit_of
from tenantkit.hints import Call
from tenantkit.manifests.labels import QUOTA_NAME
from tenantkit.provision.plans.quota_words import entry_words
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR, is_accelerator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.findings.fits.fit import FitCheck
    from tenantkit.findings.fits.quota_room import QuotaRoom

_REQUESTS = "requests."
_ARGUMENTS = {"requests.cpu": "cpu", "requests.memory": "memory", "pods": "pods"}  # of `request_quota`
_MILLI = 1000


def lacking(check: FitCheck, wanted: int) -> str:
    """What a check that blocks lacks, and the next step.

    Args:
        check: its answer is `no`.
        wanted: how many pods the question was about.
    """
    if check.resource is None or check.per_pod is None or check.free is None or check.granted is None:
        return f"{check.object}: {check.next_steps or check.reason}"
    unit = unit_of(check.resource)
    requested = amount_words(check.per_pod * wanted, check.resource)
    room = "0 granted" if check.granted == 0 else f"{used_text(check.free, check.granted, unit)} granted are free"
    return f"{requested} requested, {room}: {check.next_steps}"


def quota_steps(room: QuotaRoom, wanted: int, held: str, team: str) -> str:
    """What to do about an entry that has too little room; nothing can be freed of what was never granted.

    Args:
        room: its `free` is known.
        wanted: how many pods the question was about.
        held: by which workloads, in words; "" where that is not known.
        team: whom to ask.
    """
    needed, granted = float(room.each * wanted), room.hard
    if granted is not None and needed > granted:
        more = amount_words(needed - float(room.free or 0), room.resource)
        fewer = ", or run fewer pods" if granted else ""
        return f"ask {team} to grant {more} more{fewer}"
    shortfall = amount_words(needed - float(room.free or 0), room.resource)
    return f"free {shortfall}" + (f", {held}" if held else f", or ask {team} for a larger quota")


def request_call(tenant: str | None, checks: Iterable[FitCheck], wanted: int) -> Call | None:
    """The call that asks for a quota with room for the pods: what is in use now and what they take.

    Args:
        tenant: its name; None where unknown.
        checks: of all gates; those of tenantkit's own quota that block count.
        wanted: how many pods the question was about.

    Returns:
        None if no entry that blocks is one of `request_quota`.
    """
    amounts: dict[str, object] = {}
    for check in checks:
        if check.answer == "no" and check.object == f"ResourceQuota/{QUOTA_NAME}":
            for name, value in _arguments(check, wanted):
                amounts.setdefault(name, value)
    return Call("request_quota", {"tenant": tenant, **amounts}) if tenant is not None and amounts else None


def _arguments(check: FitCheck, wanted: int) -> Iterator[tuple[str, object]]:
    """The argument of `request_quota` for one entry, with its total amount."""
    if check.resource is None or check.per_pod is None or check.free is None or check.granted is None:
        return
    total = check.granted - check.free + check.per_pod * wanted
    accelerator = check.resource.removeprefix(_REQUESTS)
    if is_accelerator(accelerator):
        yield "gpus", ceil(total)
        if accelerator != DEFAULT_ACCELERATOR:
            yield "accelerator", accelerator
    elif (name := _ARGUMENTS.get(check.resource)) == "memory":
        yield name, quantity_text(Fraction(ceil(total)), check.resource)
    elif name == "cpu":
        milli = Fraction(ceil(round(total * _MILLI, 3)), _MILLI)  # a float may end in …0001
        yield name, int(milli) if milli.denominator == 1 else float(milli)
    elif name is not None:
        yield name, ceil(total)


def amount_words(amount: float, resource: str) -> str:
    """An amount with what it is of: `8 GPUs`, `16 cores`, `64 GiB of memory`."""
    unit, word = unit_of(resource), entry_words([resource]).get(resource, resource)
    shown = amount_text(amount, unit)
    if unit == "cores":
        return shown
    if unit == "bytes":
        return f"{shown} of {word}"
    return f"{shown} {word.removesuffix('s') if amount == 1 else word}"
