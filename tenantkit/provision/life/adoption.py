"""What an adoption would change, and what lies in the namespace already. Pure: manifests in, changes out.

Only claims of its hosts, and labels and annotations of the Namespace are added, and only where it has no other value,
so that a release can take back exactly these. What the next plan would change, or leave alone, is found by making that
plan: against the Namespace as it will be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import GRANT_ANNOTATION, MANAGED_BY_LABEL
from tenantkit.manifests.namespace import make_namespace
from tenantkit.provision.changes import PlanChange, PlanRow, blocked
from tenantkit.provision.compare import field_text, fields_of
from tenantkit.provision.hosts.claims import with_claims
from tenantkit.provision.hosts.granted import taken_hosts, with_checked_hosts, without_exchanges
from tenantkit.provision.life.reasons import (
    ALREADY_TENANT,
    no_namespace,
    other_value,
    reserved_namespace,
    seen_in_namespace,
)
from tenantkit.provision.lifecycle import terminating
from tenantkit.provision.ownership import owner_of, tenant_of
from tenantkit.provision.plans.tenant_changes import compare_tenants
from tenantkit.provision.plans.unfit import not_fitting, unfit_tenants
from tenantkit.provision.reasons import owned_by_other
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.provision.changes import PlanAction
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_OURS = "tenantkit.dev/"
# Namespaces of Kubernetes, tenantkit and OpenShift, in which no team works.
_RESERVED = ("kube-", "tenantkit-", "openshift-")
_RESERVED_NAMES = ("default", "openshift")
# Of the next plan, what concerns objects that exist.
_SHOWN = ("update", "delete", "conflict", "foreign", "blocked")


def make_adoption(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> list[PlanChange]:
    """The changes that make existing namespaces tenants, and rows `foreign` for what is in them.

    Args:
        tenants: as they are to be; each has the namespace that the platform's settings give it.
        platform: the settings.
        live: the Namespaces and the objects in them.
    """
    unfit = unfit_tenants(tenants, platform)
    fitting = [tenant for tenant in tenants if tenant.name not in unfit]
    taken = taken_hosts(fitting, platform, live)
    found: list[PlanChange] = []
    for tenant in tenants:
        refused = _why_reserved(tenant, platform) or unfit.get(tenant.name)
        if refused is not None:
            found.append(not_fitting(tenant, platform, refused))
            continue
        change = _adoption(tenant, platform, live)
        others, team = taken.get(tenant.name), platform_team(platform)
        [checked] = with_checked_hosts([change], others, team, is_complete=live.has_all_namespaces)
        whole = _with_content(checked, _inside(tenant, platform, live)) if checked.action == "update" else [checked]
        found += with_claims(whole, tenant.name, live)
    return without_exchanges(found)


def adopted_namespace(tenant: Tenant, platform: Platform) -> Manifest:
    """What an adoption applies: tenantkit's labels and annotations, without those that are walls."""
    namespace = make_namespace(tenant, platform)
    metadata = namespace["metadata"]
    labels = {key: value for key, value in metadata["labels"].items() if key.startswith((_OURS, MANAGED_BY_LABEL))}
    return {**namespace, "metadata": {**metadata, "labels": labels}}


def _why_reserved(tenant: Tenant, platform: Platform) -> Reason | None:
    name = platform.namespace(tenant)
    is_reserved = name.startswith(_RESERVED) or name in _RESERVED_NAMES
    if is_reserved or name in platform.network.routing_namespaces:
        return reserved_namespace(name)
    return None


def _adoption(tenant: Tenant, platform: Platform, live: LiveState) -> PlanChange:
    """The change of the Namespace: the labels and annotations that it does not have yet."""
    wanted = adopted_namespace(tenant, platform)
    ref = ref_of(wanted)
    namespace = live.objects.get(ref)
    why = live.why_unknown(ref)
    if namespace is None:
        action: PlanAction = "blocked" if why is None else "unknown"
        row = PlanRow(action, ref, why=why or no_namespace(ref.name))
        return PlanChange(action, ref, (row,), tenant.name, wanted)
    change = PlanChange("unchanged", ref, (PlanRow("unchanged", ref),), tenant.name, wanted, namespace)
    refused = _why_refused(namespace, wanted, tenant)
    if refused is not None:
        return blocked(change, refused)
    present = fields_of(namespace)
    rows = tuple(
        PlanRow("update", ref, path, None, value) for path, value in fields_of(wanted).items() if path not in present
    )
    return replace(change, action="update", rows=rows) if rows else change


def _why_refused(namespace: Manifest, wanted: Manifest, tenant: Tenant) -> Reason | None:
    if namespace["metadata"].get("deletionTimestamp"):
        return terminating(namespace, tenant.name, is_foreign=tenant_of(namespace) != tenant.name)
    owner = tenant_of(namespace)
    if owner is not None and owner != tenant.name:
        return owned_by_other(owner_of(namespace), "Namespace")
    present, asked = fields_of(namespace), fields_of(wanted)
    differing = [path for path, value in asked.items() if path in present and present[path] != value]
    if owner is not None and (differing or GRANT_ANNOTATION not in (namespace["metadata"].get("annotations") or {})):
        return ALREADY_TENANT
    return other_value([(field_text(path), str(present[path])) for path in differing]) if differing else None


def _inside(tenant: Tenant, platform: Platform, live: LiveState) -> Iterator[PlanChange]:
    """What the next plan would say about the objects that exist: as rows `foreign`, with the reason."""
    place = ObjectRef("v1", "Namespace", platform.namespace(tenant))
    adopted = _with_fields(live.objects[place], adopted_namespace(tenant, platform))
    state = replace(live, objects={**live.objects, place: adopted})
    [planned] = compare_tenants([tenant], platform, state)
    for change in planned:
        rows = [
            replace(row, action="foreign", why=seen_in_namespace(row.action, row.why))
            for row in change.rows
            if row.action in _SHOWN and change.live is not None and not _is_added(row)
        ]
        if rows:
            yield PlanChange("foreign", change.ref, tuple(rows), tenant.name, live=change.live)


def _is_added(row: PlanRow) -> bool:
    """Whether the next plan adds a field that nobody has set."""
    return row.action == "update" and bool(row.path) and row.before is None


def _with_content(change: PlanChange, inside: Iterable[PlanChange]) -> list[PlanChange]:
    """The change of a Namespace, with the rows about its other labels, and what is in it."""
    found = list(inside)
    same = [row for other in found if other.ref == change.ref for row in other.rows]
    return [replace(change, rows=(*change.rows, *same)), *(other for other in found if other.ref != change.ref)]


def _with_fields(namespace: Manifest, wanted: Manifest) -> Manifest:
    metadata = dict(namespace["metadata"])
    for name in ("labels", "annotations"):
        metadata[name] = {**(metadata.get(name) or {}), **wanted["metadata"][name]}
    return {**namespace, "metadata": metadata}
