"""Boosts: another quota for a tenant until a date, in place of its own.

A boost is part of the grant. Planning compares its end with the clock and leaves out a boost that has ended, so that
the next plan gives the tenant its own quota back. Nothing happens by itself: tenantkit does not run in the cluster.
Rejected alternative: a second, larger quota beside the first. All quotas of a namespace hold at once, so a larger one
adds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from tenantkit.spec.base import Spec
from tenantkit.spec.fields import Moment
from tenantkit.spec.quota import Quota

if TYPE_CHECKING:
    from datetime import datetime


class Boost(Spec):
    """Another quota for a tenant until a date, in place of its own size or quota.

    Args:
        until: when it ends, with time zone. The first plan after that takes the quota back.
        size: one of the platform's sizes. Give either `size` or `quota`.
        quota: the exact amounts. Give either `size` or `quota`.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Boost(size="large", until="2027-03-31T18:00:00Z").size
        'large'
    """

    until: Moment
    size: str | None = None
    quota: Quota | None = None

    @model_validator(mode="after")
    def _size_or_quota(self) -> Self:
        if (self.size is None) == (self.quota is None):
            given = "both are" if self.size is not None else "neither is"
            raise ValueError(f"set either size or quota ({given} set), for example size='large'")
        return self

    def has_ended(self, now: datetime) -> bool:
        """Whether it has ended at a time, given with its zone."""
        return self.until <= now

    @property
    def until_text(self) -> str:
        """When it ends, to the minute: `2027-03-31 18:00+00:00`."""
        return self.until.isoformat(sep=" ", timespec="minutes")
