"""What people are told about a tenant's life cycle: the end of its grant, its boost, and whether it is frozen.

Frames, forms and plans show these texts, so that all say the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tenantkit.spec.tenant import Tenant

# How long before its end a grant is said to end: long enough to ask for another one.
EXPIRES_SOON = timedelta(days=14)

LifeCode: TypeAlias = Literal["expired", "expires-soon", "frozen", "boosted", "boost-ended"]


class LifeWarning(NamedTuple):
    """Something to know about a tenant.

    Args:
        code: for programs.
        text: for people, without the tenant's name.
    """

    code: LifeCode
    text: str


def life_warnings(tenant: Tenant, now: datetime) -> Iterator[LifeWarning]:
    """What to know about a tenant at a time.

    Args:
        tenant: as it is granted.
        now: the time, with its zone.
    """
    if tenant.frozen is not None:
        yield LifeWarning("frozen", frozen_text(tenant.frozen))
    if tenant.expires is not None:
        yield from _expiry(tenant.expires, now)
    if tenant.boost is not None:
        until = tenant.boost.until_text
        if tenant.boost.has_ended(now):
            yield LifeWarning("boost-ended", f"its boost ended at {until}: the next plan takes it back")
        else:
            yield LifeWarning("boosted", f"its quota is boosted until {until}")


def frozen_text(frozen: Literal["pods", "read-only"]) -> str:
    """What it means that a tenant is frozen."""
    people = " and everyone may only read" if frozen == "read-only" else ""
    return f"it is frozen: what runs goes on, but no new pods start{people}, until the platform team thaws it"


def _expiry(expires: datetime, now: datetime) -> Iterator[LifeWarning]:
    moment = expires.isoformat(sep=" ", timespec="minutes")
    advice = "nothing happens by itself, so set another time or delete the tenant"
    if expires < now:
        yield LifeWarning("expired", f"its grant expired at {moment}: {advice}")
    elif expires - now <= EXPIRES_SOON:
        days = (expires - now).days
        left = f"in {days} {'day' if days == 1 else 'days'}" if days else "within a day"
        yield LifeWarning("expires-soon", f"its grant expires {left}, at {moment}: {advice}")
