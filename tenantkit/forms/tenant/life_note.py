"""What a form says about a tenant's life cycle: frozen, boosted, about to expire, or expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.markup import joined
from tenantkit.forms.kit.panel import notice
from tenantkit.provision.stored.life_warnings import life_warnings

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.forms.kit.markup import Html
    from tenantkit.spec.tenant import Tenant

_WORDS = {
    "frozen": "Frozen",
    "boosted": "Boosted",
    "boost-ended": "Boost ended",
    "expires-soon": "Expires soon",
    "expired": "Expired",
}


def life_note(tenant: Tenant, now: datetime) -> Html:
    """A notice for each thing to know; empty if there is none.

    Args:
        tenant: as it is on the cluster.
        now: the time, with its zone.
    """
    notices = [
        notice("info", f"{warning.text[0].upper()}{warning.text[1:]}.", word=_WORDS[warning.code])
        for warning in life_warnings(tenant, now)
    ]
    return joined(*notices)
