"""Changes of one field of the grant, for many tenants: planned, and narrowed to the objects that the field is about.

Whatever else differs from the spec stays as it is: freezing a tenant must not wait until its drift is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.manifests.claims import claimed_host
from tenantkit.manifests.labels import FROZEN_QUOTA_NAME
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.apply import carry_out_plan
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.hosts.claims import takes_host
from tenantkit.provision.left_out import replaces_role
from tenantkit.provision.plan import Plan, plan_at, replan
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.plans.unfit import unfit_tenants
from tenantkit.provision.reasons import does_not_fit, newer_version
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenant_namespaces import namespaces_by_name
from tenantkit.provision.stored.tenants import stored_tenant
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.arguments import checked_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.report import Report
    from tenantkit.provision.running.options import Running
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Scope:
    """The objects that a change of a grant is about.

    Args:
        refs: by name.
        bindings_of: the tenants of which everyone's role changes.
    """

    refs: set[ObjectRef] = field(default_factory=set)
    bindings_of: set[str] = field(default_factory=set)

    def narrow(self, plan: Plan) -> Plan:
        """The plan with the changes of these objects only, and without what it only shows."""
        # an interrupted freeze or thaw leaves some bindings in place of others
        unfinished = {change.tenant for change in plan.changes if replaces_role(change)}
        bindings_of = unfinished | self.bindings_of
        granted = {(it.tenant, host) for it in plan.changes if it.ref.kind == "Namespace" for host in hosts_of(it.live)}
        kept = [
            change
            for change in plan.changes
            if change.action != "foreign"
            if change.ref in self.refs
            or (takes_host(change) and (change.tenant, claimed_host(change.wanted or {})) not in granted)
            or (change.ref.kind == "RoleBinding" and change.tenant in bindings_of)
        ]
        return replace(plan, changes=tuple(kept))


def plan_grants(
    cluster: ClusterApi, tenants: str | Sequence[str], change: Callable[[Tenant], Tenant], now: datetime
) -> tuple[Plan, Scope]:
    """The plan that changes the stored grants of tenants, and what it is about.

    A grant that cannot be read blocks its own tenant, and no other.

    Args:
        cluster: the cluster.
        tenants: one name or several.
        change: makes the wanted tenant from the stored one; its members and routes stay as they are.
        now: the time, with its zone.

    Raises:
        InvalidSpecError: `tenants` is not a list of names, or the change is refused.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant.
    """
    names = checked_names(tenants)
    platform = get_platform(cluster)
    namespaces = namespaces_by_name(cluster, names, platform, done="changed")
    wanted: list[Tenant] = []
    refused: list[PlanChange] = []
    scope = Scope()
    for name, namespace in zip(names, namespaces, strict=True):
        try:
            stored = stored_tenant(namespace)
        except (InvalidSpecError, SpecVersionError) as error:
            refused.append(_refused(name, namespace, error))
            continue
        wanted.append(change(stored))
        _add(scope, stored, wanted[-1].at(now), platform)
    if not wanted:
        return Plan(platform, (), tuple(refused), cluster_id=cluster_id(cluster)), scope
    made = scope.narrow(plan_at(cluster, wanted, now, platform=platform))
    return replace(made, changes=(*made.changes, *refused)), scope


def carry_out_grants(cluster: ClusterApi, plan: Plan, scope: Scope, running: Running) -> Report:
    """Carry out the plan of `plan_grants`; raises and returns the same as `apply`."""
    return carry_out_plan(cluster, plan, lambda server, earlier: scope.narrow(replan(server, earlier)), running)


def _add(scope: Scope, before: Tenant, after: Tenant, platform: Platform) -> None:
    """The objects that depend on a freeze or a boost, now or after the change."""
    place = platform.namespace(after)
    scope.refs.update({ObjectRef("v1", "Namespace", place), ObjectRef("v1", "ResourceQuota", FROZEN_QUOTA_NAME, place)})
    if "read-only" in (before.frozen, after.frozen):
        scope.bindings_of.add(after.name)
    plain = before.with_(frozen=None, boost=None)
    if unfit_tenants([plain], platform):
        return  # its plan is one blocked row
    usual = {ref_of(it): it for it in make_tenant(plain, platform)}
    for tenant in (before, after):
        if not unfit_tenants([tenant], platform):
            made = {ref_of(it): it for it in make_tenant(tenant, platform)}
            scope.refs.update(ref for ref, manifest in made.items() if usual.get(ref) != manifest)


def _refused(name: str, namespace: Manifest, error: InvalidSpecError | SpecVersionError) -> PlanChange:
    why = does_not_fit(error) if isinstance(error, InvalidSpecError) else newer_version(error)
    ref = ref_of(namespace)
    return PlanChange("blocked", ref, (PlanRow("blocked", ref, why=why),), name)
