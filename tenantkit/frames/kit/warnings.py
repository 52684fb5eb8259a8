"""What to know about a tenant, from its Namespace: its life cycle, or what its deletion waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.stored.life_warnings import life_warnings
from tenantkit.provision.stored.tenants import stored_tenant
from tenantkit.rules.deletion.namespaces import namespace_deletion

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.tenant import Tenant

_FIELDS = ('"frozen"', '"boost"', '"expires"')


def warning_of(namespace: Manifest, tenant: Tenant | None, now: datetime) -> str | None:
    """One line about a tenant; None if there is nothing to tell.

    Args:
        namespace: of the tenant.
        tenant: its grant; None if it cannot be read.
        now: the time, with its zone.
    """
    deletion = namespace_deletion(namespace)
    if deletion is not None:
        return f"it is being deleted, and waits for this: {deletion.what}; {deletion.next_steps}"
    texts = [warning.text for warning in life_warnings(tenant, now)] if tenant is not None else []
    return "; ".join(texts) or None


def live_warning(namespace: Manifest, now: datetime) -> str:
    """The same from the Namespace alone, for live views; empty if there is nothing to tell.

    Most grants have none of these fields, and are not parsed.
    """
    grant = str(((namespace.get("metadata") or {}).get("annotations") or {}).get(GRANT_ANNOTATION) or "")
    tenant = None
    if any(field in grant for field in _FIELDS):
        try:
            tenant = stored_tenant(namespace)
        except (InvalidSpecError, SpecVersionError):
            tenant = None
    return warning_of(namespace, tenant, now) or ""
