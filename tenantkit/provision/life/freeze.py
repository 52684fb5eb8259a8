"""Freezing and thawing: no new pods, and if asked no changes by people, while everything that runs goes on.

Both change the field `frozen` of the grant, and with it a quota and, for `read-only`, the roles of the members. Nobody
in the tenant may change either, so only the platform thaws a tenant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.provision.life.grants import carry_out_grants, plan_grants
from tenantkit.provision.running.options import Running

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.report import ApplyOutcome, Report


@takes_cluster
def freeze(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenants: str | Sequence[str],
    *,
    read_only: bool = False,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
) -> Report:
    """Freeze tenants: what runs goes on, but no new pods start.

    A second quota, `tenantkit-frozen`, allows no pods. Pods that exist go on, and their containers are restarted as
    usual. A pod that ends, is evicted or is deleted is not replaced, neither by a Deployment nor by a Job. Nothing else
    of the tenants changes. Freezing again writes nothing. `tk.plan(cluster, tenant.with_(frozen="pods"))` shows the
    changes first. A spec in a file needs the same field, else its next plan thaws the tenant, and says so.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix.
        read_only: whether owners, editors and viewers may only read until the tenant is thawed. They get their own
            roles back then. A binding of the editor role that tenantkit did not make is deleted. Default: no.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.
        max_concurrency: number of tenants frozen at the same time. Default 16: an API server is not faster with more.

    Returns:
        A Report with the Namespace, the quota and, with `read_only`, the bindings of each tenant.

    Raises:
        InvalidSpecError: `tenants` is not a list of names.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan`; patch namespaces; create and patch resourcequotas. With `read_only`, also create, patch and
    delete rolebindings, and bind of the three roles.

    Source: pages "Resource Quotas" and "Using RBAC Authorization".

    Example:
        >>> tk.freeze(cluster, "forecast", progress=False).summary
        '2 applied'
        >>> cluster.get("ResourceQuota", "tenantkit-frozen", "forecast")["spec"]
        {'hard': {'pods': '0'}}
        >>> tk.thaw(cluster, "forecast", progress=False).summary
        '2 applied'
    """
    mode: Literal["pods", "read-only"] = "read-only" if read_only else "pods"
    plan, scope = plan_grants(cluster, tenants, lambda tenant: tenant.with_(frozen=mode), datetime.now(UTC))
    return carry_out_grants(cluster, plan, scope, Running(progress, on_progress, cancelled, max_concurrency))


@takes_cluster
def thaw(  # noqa: PLR0913 (as `freeze`)
    cluster: ClusterApi,
    tenants: str | Sequence[str],
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
) -> Report:
    """Thaw frozen tenants: new pods start again, and everyone has their own role again.

    Controllers replace missing pods by themselves, after a back-off of up to some minutes. Thawing a tenant that is not
    frozen writes nothing.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.
        max_concurrency: number of tenants thawed at the same time. Default 16: an API server is not faster with more.

    Returns:
        A Report with the objects that `freeze` had changed.

    Raises:
        InvalidSpecError: `tenants` is not a list of names.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `freeze`; delete resourcequotas.

    Source: page "Resource Quotas".

    Example:
        >>> tk.thaw(cluster, "forecast", progress=False).summary
        '1 unchanged'
    """
    plan, scope = plan_grants(cluster, tenants, lambda tenant: tenant.with_(frozen=None), datetime.now(UTC))
    return carry_out_grants(cluster, plan, scope, Running(progress, on_progress, cancelled, max_concurrency))
