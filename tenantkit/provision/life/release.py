"""Release: a tenant becomes a plain namespace again. What tenantkit put on its Namespace is taken back, and no more.

An apply without these fields gives them up, and the server then removes those that nobody else has set. What `apply`
made in the namespace stays, so that nobody loses access in the middle of their work; the plan lists it. Only what made
the tenant findable, in the index, is deleted, and so are the claims of its hosts that no route there serves.
Source: page "Server-Side Apply", section "Field management".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError
from tenantkit.hints import Hint
from tenantkit.manifests.claims import claim_name, claimed_host
from tenantkit.manifests.labels import FROZEN_QUOTA_NAME, GRANT_ANNOTATION, TENANT_LABEL
from tenantkit.manifests.order import RANK
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.apply import carry_out_plan
from tenantkit.provision.changes import PlanChange, PlanRow, blocked, changes
from tenantkit.provision.dry_run import check_on_server
from tenantkit.provision.hosts.claims import claims_of, is_unlisted, released, unlisted
from tenantkit.provision.hosts.reasons import still_served
from tenantkit.provision.index.read import read_index
from tenantkit.provision.index.remove import entries_by_tenant, stays_in_index
from tenantkit.provision.life.reasons import (
    FROZEN_STILL,
    LEFT_BY_RELEASE,
    NOT_YOURS_TO_RELEASE,
    stays_after_release,
)
from tenantkit.provision.live import live_state
from tenantkit.provision.managed_fields import owners_of
from tenantkit.provision.not_yours import with_others_marked
from tenantkit.provision.ownership import is_applied_by_us, is_ours
from tenantkit.provision.plan import Plan
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.plans.requests.sender import signed
from tenantkit.provision.read import TENANT_KINDS, read_claims, read_contents
from tenantkit.provision.reasons import ALL_NAMES, IN_THE_INDEX, PROTECTED, REFUSED, newer_version, stay_in_index
from tenantkit.provision.running.options import Running
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenant_namespaces import namespaces_by_name
from tenantkit.provision.stored.tenants import is_protected, stored_tenant
from tenantkit.provision.writes import MARKS
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.rules.pod_security.levels import LABEL_PREFIX
from tenantkit.spec.arguments import checked_names
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanAction
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


@takes_cluster
def plan_release(cluster: ClusterApi, tenants: str | Sequence[str]) -> Plan:
    """What releasing tenants would take back, and what would stay in their namespaces. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix.

    Returns:
        A Plan. Its rows `update` are the labels and annotations that are taken from the Namespace; one that somebody
        else has set as well stays, and the row says so. Pod Security levels that `apply` has set stay: members keep
        their roles, and their pods must not gain rights. Rows `foreign` are tenantkit's objects in the namespace, which
        stay: quota, limits, bindings, policies and routes, with the command that deletes each; and the claims of hosts
        that a route there still serves. Rows `delete` are the tenant's objects in the index and other claims. Objects
        in the index that you may not read are `not yours`, and stay. Rows `unknown`, with the name `*`, are kinds that
        you may not list. A Namespace is `blocked` if its tenant is
        protected or frozen, or is being deleted, and `not yours` if only others may release it: then `request` is the
        text to send to them.

    Raises:
        InvalidSpecError: `tenants` is not a list of names.
        NotFound: there is no such tenant.
        OwnershipError: the namespace does not belong to this tenant.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PermissionDenied: you may not read a namespace, or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, or get them; get configmap `platform` in tenantkit-system; list of each kind, for the cluster
    or in each namespace, where a refusal is a row; list roles and rolebindings in tenantkit-index, or get those of
    each tenant; list configmaps in tenantkit-system, if that is allowed; create selfsubjectaccessreviews,
    selfsubjectrulesreviews and selfsubjectreviews, which any signed-in user may.

    Example:
        >>> plan = tk.plan_release(cluster, "forecast")
        >>> "tenantkit-quota" in plan.frame.query("action == 'foreign'")["name"].tolist()
        True
    """
    made = _make(cluster, checked_names(tenants), get_platform(cluster))
    marked = with_others_marked(cluster, made.changes, made.platform)
    return signed(cluster, replace(made, changes=tuple(check_on_server(cluster, _as_marked(marked)))))


@takes_cluster
def release(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenants: str | Sequence[str] | Plan,
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
    max_concurrency: int = 16,
) -> Report:
    """Make tenants plain namespaces again: labels and annotations of tenantkit are taken from their Namespaces.

    Right after `adopt`, each Namespace is then as it was before. What `apply` has made in a namespace stays, and
    `plan_release` lists it. No object is deleted but the tenant's in the index, and the claims of its hosts that no
    route in the namespace serves: another tenant can be granted these.

    Args:
        cluster: the connection, from `connect`.
        tenants: one name or several, without the platform's prefix; or the plan from `plan_release`.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each namespace; once set, no new one is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.
        max_concurrency: number of namespaces changed at the same time. Default 16: an API server is not faster with
            more.

    Returns:
        A Report with one outcome per namespace, object in the index and claim: applied, or pending if only somebody
        with more permissions may change it. A warning says that claims stay, since you may not list them.

    Raises:
        InvalidSpecError: `tenants` is not a list of names, or the plan is of another subject.
        NotFound: there is no such tenant.
        OwnershipError: a namespace does not belong to its tenant.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        StalePlanError: the plan was made on another cluster, or a Namespace has changed since; nothing was written.
        PartialApplyError: a namespace was blocked or failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan_release`; patch namespaces; delete roles and rolebindings in tenantkit-index, and configmaps in
    tenantkit-system.

    Source: page "Server-Side Apply".

    Example:
        >>> _ = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "notes"}})
        >>> notes = tk.Tenant(name="notes", team="ml-papers", owners=["dana@example.com"], size="small")
        >>> tk.adopt(cluster, notes, progress=False).summary
        '2 applied'
        >>> tk.release(cluster, "notes", progress=False).summary
        '2 applied'
        >>> list(cluster.get("Namespace", "notes")["metadata"]["labels"])
        ['kubernetes.io/metadata.name']
    """
    plan = tenants if isinstance(tenants, Plan) else plan_release(cluster, tenants)
    if plan.subject != "release":
        hint = Hint("pass a name, or the result of {plan_release}")
        raise InvalidSpecError([Problem("tenants", plan, "is not the plan of a release", hint=hint)])
    running = Running(progress, on_progress, cancelled, max_concurrency, timeout_s=0)
    report = carry_out_plan(cluster, _listed(plan), _remake, running)
    stay = tuple(row.why for change in plan.changes if is_unlisted(change) for row in change.rows if row.why)
    return replace(report, warnings=(*report.warnings, *stay))


def _remake(cluster: ClusterApi, earlier: Plan) -> Plan:
    """The same plan from the current state; a Namespace that is released already needs no change."""
    names = [str(change.tenant) for change in earlier.changes if change.ref.kind == "Namespace"]
    return _listed(_make(cluster, names, earlier.platform))


def _make(cluster: ClusterApi, names: Sequence[str], platform: Platform) -> Plan:
    namespaces = namespaces_by_name(cluster, names, platform, done="released")
    places = [namespace["metadata"]["name"] for namespace in namespaces]
    ours = read_contents(cluster, list(TENANT_KINDS), places)
    others = [kind.kind for kind in KINDS.values() if kind.namespaced and kind.kind not in TENANT_KINDS]
    labelled = read_contents(cluster, others, places, label_selector=f"{TENANT_LABEL} in ({','.join(names)})")
    index = read_index(cluster, names)
    indexed, claims = entries_by_tenant(index), read_claims(cluster)
    planned: list[PlanChange] = []
    team = platform_team(platform)
    for name, namespace in zip(names, namespaces, strict=True):
        changed = _release(name, namespace, ours)
        planned += changed
        if changed[0].action not in REFUSED:
            planned += [_out_of_index(manifest, name) for manifest in indexed.get(name, ())]
            planned += [
                PlanChange("not yours", ref, (PlanRow("not yours", ref, why=stay_in_index(name, team)),), name)
                for ref, _ in stays_in_index(index, name)
            ]
            where = namespace["metadata"]["name"]
            planned += [unlisted(name, team)] if claims is None else _claims(claims, name, where, ours)
        planned += _stays(name, namespace, (ours, labelled))
    stored = [tenant for namespace in namespaces if (tenant := _stored(namespace)) is not None]
    return Plan(platform, tuple(stored), tuple(planned), "release", cluster_id(cluster))


def _release(name: str, namespace: Manifest, contents: LiveState) -> list[PlanChange]:
    """The change of the Namespace: the fields that tenantkit owns, without a value."""
    ref = ref_of(namespace)
    levels = _levels(namespace)
    metadata = {"name": ref.name} | ({"labels": levels} if levels else {})
    bare = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
    [change] = changes([bare], live_state([namespace]), tenant=name)
    if change.action in REFUSED:
        return [change]
    refused = _why_refused(namespace, contents)
    if refused is not None:
        return [blocked(change, refused)]
    rows = [replace(row, action="update") if row.path in MARKS else row for row in change.rows]
    taken = tuple(row for row in rows if row.action == "update")
    return [replace(change, action="update", rows=taken)]


def _out_of_index(manifest: Manifest, tenant: str) -> PlanChange:
    ref = ref_of(manifest)
    return PlanChange("delete", ref, (PlanRow("delete", ref, why=IN_THE_INDEX),), tenant, live=manifest)


def _claims(claims: Mapping[str, Manifest], tenant: str, place: str, contents: LiveState) -> list[PlanChange]:
    """The changes of a tenant's claims: that of a host which a route in its namespace may still serve stays."""
    is_listed = not any(kind in ROUTE_KINDS and where == place for kind, where in contents.unknown)
    routes = {ref: it for ref, it in contents.objects.items() if ref.namespace == place and ref.kind in ROUTE_KINDS}
    serving: dict[str, set[str]] = {}
    for ref, manifest in routes.items():
        for host in filter(None, (it.host for it in served_paths(manifest))):
            serving.setdefault(claim_name(host), set()).add(f"{ref.kind} {ref.name}")
    own = [(ref_of(it), claimed_host(it)) for it in claims_of(claims, tenant)]
    kept = [(ref, host) for ref, host in own if ref.name in serving or not is_listed]
    reasons = [still_served(host, place, sorted(serving.get(ref.name, ()))) for ref, host in kept]
    stay = [_row("foreign", ref, tenant, why) for (ref, _), why in zip(kept, reasons, strict=True)]
    return [*stay, *released(claims, tenant, kept=[host for _, host in kept])]


def _levels(namespace: Manifest) -> dict[str, str]:
    """The Pod Security levels that `apply` has set: members keep their roles, so their pods must not gain rights."""
    owned, labels = owners_of(namespace).ours, namespace["metadata"].get("labels") or {}
    return {
        key: value
        for key, value in labels.items()
        if key.startswith(LABEL_PREFIX) and ("metadata", "labels", key) in owned
    }


def _why_refused(namespace: Manifest, contents: LiveState) -> Reason | None:
    frozen = ObjectRef("v1", "ResourceQuota", FROZEN_QUOTA_NAME, namespace["metadata"]["name"])
    if frozen in contents.objects:
        return FROZEN_STILL
    try:
        return PROTECTED if is_protected(namespace) else None
    except SpecVersionError as error:
        return newer_version(error)
    except InvalidSpecError:
        return None  # whose grant cannot be read is released, too


def _stays(name: str, namespace: Manifest, contents: Sequence[LiveState]) -> Iterator[PlanChange]:
    """Tenantkit's objects in a namespace, which a release leaves there."""
    place = namespace["metadata"]["name"]
    for found in contents:
        present = [it for ref, it in found.objects.items() if ref.namespace == place]
        made = [it for it in present if is_ours(it, name) or is_applied_by_us(it)]
        for manifest in sorted(made, key=lambda it: (RANK.get(it["kind"], len(RANK)), ref_of(it))):
            ref = ref_of(manifest)
            yield _row("foreign", ref, name, stays_after_release(ref.kind, ref.name, place))
        for (kind, where), reason in found.unknown.items():
            if where == place:
                yield _row("unknown", ObjectRef(KINDS[kind].api_version, kind, ALL_NAMES, place), name, reason)


def _row(action: PlanAction, ref: ObjectRef, tenant: str, why: Reason) -> PlanChange:
    return PlanChange(action, ref, (PlanRow(action, ref, why=why),), tenant)


def _as_marked(changes: Sequence[PlanChange]) -> list[PlanChange]:
    """The changes; where a tenant is not the user's to release, no row says what they should do with it."""
    others = {change.tenant for change in changes if change.ref.kind == "Namespace" and change.action == "not yours"}
    shown = [change for change in changes if change.tenant not in others or not is_unlisted(change)]
    return [_of_others(change) if change.tenant in others else change for change in shown]


def _of_others(change: PlanChange) -> PlanChange:
    if change.action == "foreign":
        return replace(change, rows=tuple(replace(row, why=LEFT_BY_RELEASE) for row in change.rows))
    rows = [replace(row, why=NOT_YOURS_TO_RELEASE) if row.code == "not-yours" else row for row in change.rows]
    return replace(change, rows=tuple(rows))


def _listed(plan: Plan) -> Plan:
    """The plan without the kinds that may not be listed: a release does nothing to their objects."""
    return replace(plan, changes=tuple(change for change in plan.changes if change.ref.name != ALL_NAMES))


def _stored(namespace: Manifest) -> Tenant | None:
    """The stored tenant; None without a grant that can be read."""
    has_grant = GRANT_ANNOTATION in (namespace["metadata"].get("annotations") or {})
    try:
        return stored_tenant(namespace) if has_grant else None
    except InvalidSpecError:
        return None
