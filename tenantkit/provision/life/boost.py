"""Boosts: another quota for tenants until a date. The first plan after that takes it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.life.grants import carry_out_grants, plan_grants
from tenantkit.provision.running.options import Running
from tenantkit.spec.boost import Boost

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.spec.quota import Quota


@takes_cluster
def boost(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenants: str | Sequence[str],
    *,
    until: datetime | str,
    size: str | None = None,
    quota: Quota | None = None,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
) -> Report:
    """Give tenants another quota until a date, in place of their own.

    Nothing happens at that date by itself: the first plan after it takes the quota back, and says so. What uses more
    than the tenant's own quota then goes on, and nothing more is admitted until less is in use. Another boost replaces
    the first. To end one early, apply `tenant.with_(boost=None)`. A spec in a file needs the same field, else its next
    plan ends the boost, and says so.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix.
        until: when it ends, with time zone, such as `2027-03-31T18:00:00Z`; it must be in the future.
        size: one of the platform's sizes. Give either `size` or `quota`.
        quota: the exact amounts. Give either `size` or `quota`.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.
        max_concurrency: number of tenants changed at the same time. Default 16: an API server is not faster with more.

    Returns:
        A Report with the Namespace, the quota and the limits of each tenant.

    Raises:
        InvalidSpecError: an argument is wrong, or `until` is in the past.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PartialApplyError: something failed, or a tenant does not fit the platform with this boost; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan`; patch namespaces, resourcequotas and limitranges.

    Source: page "Resource Quotas".

    Example:
        >>> tk.boost(cluster, "forecast", size="large", until="2099-01-01T00:00:00Z", progress=False).is_complete
        True
        >>> cluster.get("ResourceQuota", "tenantkit-quota", "forecast")["spec"]["hard"]["pods"]
        '200'
        >>> forecast = tk.get_tenant(cluster, "forecast").with_(boost=None)
        >>> tk.apply(cluster, tk.plan(cluster, forecast), progress=False).is_complete
        True
    """
    now = datetime.now(UTC)
    given = Boost(until=until, size=size, quota=quota)
    if given.has_ended(now):
        raise InvalidSpecError([Problem("until", until, "is in the past: use a time in the future")])
    plan, scope = plan_grants(cluster, tenants, lambda tenant: tenant.with_(boost=given), now)
    return carry_out_grants(cluster, plan, scope, Running(progress, on_progress, cancelled, max_concurrency))
