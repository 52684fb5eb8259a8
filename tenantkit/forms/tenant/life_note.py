"""What a form says about a tenant's life cycle: being deleted, frozen, boosted, about to expire, or expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.markup import joined
from tenantkit.forms.kit.panel import notice
from tenantkit.provision.stored.life_warnings import life_warnings
from tenantkit.rules.deletion.namespaces import namespace_deletion

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.forms.kit.markup import Html
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

_WORDS = {
    "frozen": "Frozen",
    "boosted": "Boosted",
    "boost-ended": "Boost ended",
    "expires-soon": "Expires soon",
    "expired": "Expired",
}


def life_note(tenant: Tenant, namespace: Manifest | None, now: datetime) -> Html:
    """A notice for each thing to know; empty if there is none.

    Args:
        tenant: as it is on the cluster.
        namespace: of the tenant, as it is on the cluster; None if it no longer exists.
        now: the time, with its zone.
    """
    if being_deleted := deletion_note(namespace):
        return being_deleted  # nothing else matters then
    notices = [
        notice("info", f"{warning.text[0].upper()}{warning.text[1:]}.", word=_WORDS[warning.code])
        for warning in life_warnings(tenant, now)
    ]
    return joined(*notices)


def deletion_note(namespace: Manifest | None) -> Html:
    """A notice that the tenant is being deleted, and what the deletion waits for; empty if it is not.

    Args:
        namespace: of the tenant, as it is on the cluster; None if it no longer exists.
    """
    deletion = namespace_deletion(namespace) if namespace is not None else None
    if namespace is None or deletion is None:
        return joined()
    since = namespace["metadata"]["deletionTimestamp"]
    lines = [f"It has been in deletion since {since}. It cannot be changed, and the deletion cannot be undone."]
    if deletion.is_held:
        lines.append(f"Kubernetes waits for it: {deletion.what}. What to do: {deletion.next_steps}.")
    return notice("warning", "\n".join(lines), word="This tenant is being deleted")
