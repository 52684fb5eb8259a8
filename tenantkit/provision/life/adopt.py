"""Adoption: an existing namespace becomes a tenant. A plan first, then labels and the grant, and nothing else.

What makes a tenant safe comes with the tenant's first `plan` and `apply` after that, so that a team's running work
gets quotas and roles only once somebody has read what they change. Rejected alternative: adopting and applying in one
step, after which a namespace with more pods than its quota can start no more pods, without a warning.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.provision.apply import carry_out_plan
from tenantkit.provision.dry_run import check_on_server
from tenantkit.provision.life.adoption import make_adoption
from tenantkit.provision.not_yours import with_others_marked
from tenantkit.provision.plan import Plan
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.plans.requests.sender import signed
from tenantkit.provision.read import read_tenants
from tenantkit.provision.running.options import Running
from tenantkit.provision.stored.platform import get_platform
from tenantkit.spec.arguments import checked_tenants

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


@takes_cluster
def plan_adopt(cluster: ClusterApi, tenants: Tenant | Sequence[Tenant]) -> Plan:
    """What adopting existing namespaces would change. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenants: one or several. The namespace of each is the platform's prefix and the tenant's name, so name a tenant
            after the namespace that it is to have: a namespace cannot be renamed.

    Returns:
        A Plan. Its rows `create` are the claims of the tenants' hosts, and its rows `update` the labels and annotations
        that the Namespaces get, among them the grant. Rows `foreign` are what is in the namespace already and differs
        from the spec, such as bindings, quotas, policies, Ingresses and Pod Security levels: an adoption does not
        change them, and their reasons say what the next plan does. A namespace is `blocked` if it does not exist, is
        the system's, belongs to another tenant, is being deleted, has other values in these labels, if its tenant does
        not fit the platform, or if the server refuses the change, which it checks by a dry run. It is `not yours` if
        you may not change it, and `unchanged` if it is adopted already.

    Raises:
        InvalidSpecError: something is not a Tenant, or two tenants have the same name.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PermissionDenied: you may not read the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: that of `plan`.

    Source: page "Server-Side Apply".

    Example:
        >>> _ = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "papers"}})
        >>> papers = tk.Tenant(name="papers", team="ml-papers", owners=["dana@example.com"], size="small")
        >>> plan = tk.plan_adopt(cluster, papers)
        >>> plan.frame.query("action == 'update'")["field"].tolist()[:2]
        ['metadata.labels[app.kubernetes.io/managed-by]', 'metadata.labels[tenantkit.dev/tenant]']
    """
    made = _make(cluster, checked_tenants(tenants), get_platform(cluster))
    marked = with_others_marked(cluster, made.changes, made.platform)
    return signed(cluster, replace(made, changes=tuple(check_on_server(cluster, marked))))


@takes_cluster
def adopt(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenants: Tenant | Sequence[Tenant] | Plan,
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
) -> Report:
    """Make existing namespaces tenants: their hosts are claimed, and their Namespaces get labels and the grant.

    After that, `plan` and `apply` bring them to their specs. `release` takes back what was added.

    Args:
        cluster: the connection, from `connect`.
        tenants: one or several; or the plan from `plan_adopt`.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each namespace; once set, no new one is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.
        max_concurrency: number of namespaces changed at the same time. Default 16: an API server is not faster with
            more.

    Returns:
        A Report with one outcome per namespace and claim of a host: applied, unchanged if it was adopted already, or
        pending if only somebody with more permissions may change it.

    Raises:
        InvalidSpecError: something is not a Tenant, two tenants have the same name, or the plan is of another subject.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        StalePlanError: the plan was made on another cluster or for another platform, or a Namespace has changed since;
            nothing was written.
        PartialApplyError: a namespace was blocked or failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan`; patch namespaces; create and get configmaps in tenantkit-system.

    Source: page "Server-Side Apply".

    Example:
        >>> _ = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "essays"}})
        >>> essays = tk.Tenant(name="essays", team="ml-papers", owners=["dana@example.com"], size="small")
        >>> tk.adopt(cluster, essays, progress=False).summary
        '2 applied'
        >>> tk.apply(cluster, tk.plan(cluster, essays), progress=False).is_complete
        True
    """
    plan = tenants if isinstance(tenants, Plan) else plan_adopt(cluster, tenants)
    if plan.subject != "adoption":
        hint = Hint("pass Tenants, or the result of {plan_adopt}")
        raise InvalidSpecError([Problem("tenants", plan, "is not the plan of an adoption", hint=hint)])
    running = Running(progress, on_progress, cancelled, max_concurrency, timeout_s=0)
    return carry_out_plan(
        cluster, plan, lambda server, earlier: _make(server, earlier.tenants, earlier.platform), running
    )


def _make(cluster: ClusterApi, tenants: Sequence[Tenant], platform: Platform) -> Plan:
    names = [tenant.name for tenant in tenants]
    live = read_tenants(cluster, [platform.namespace(tenant) for tenant in tenants], names)
    namespaces = [manifest for ref, manifest in live.objects.items() if ref.kind == "Namespace"]
    changes = make_adoption(tenants, platform, live)
    return Plan(platform, tuple(tenants), tuple(changes), "adoption", cluster_id(cluster, namespaces))
