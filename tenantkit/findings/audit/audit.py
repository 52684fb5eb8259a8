"""Audit a cluster: one row per tenant and check, the failures first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.display.shown import PARTIAL
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.findings.audit.check import SEVERITIES, STATES
from tenantkit.findings.audit.read import read_audit
from tenantkit.findings.audit.registry import results
from tenantkit.findings.audit.view import ClusterView
from tenantkit.frames.kit.coverage import which_part
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.label_selectors import both_selectors
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.provision.extras.live import with_extras
from tenantkit.provision.index.read import read_index
from tenantkit.provision.read import with_index
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.findings.audit.check import Result
    from tenantkit.findings.audit.snapshot import AuditSnapshot
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.hints import Surface
    from tenantkit.rules.manifest import Manifest

AUDIT: Schema = {
    "tenant": "string",
    "namespace": "string",
    "check": "string",
    "wall": "string",
    "state": "string",
    "severity": "string",
    "evidence": "string",
    "what_to_do": "string",
}


@takes_cluster
def audit(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    specs: Sequence[Tenant] | None = None,
) -> pd.DataFrame:
    """Return what holds of the isolation of tenants, and what does not: one row per tenant and check.

    Nothing is written. A check is `unknown` where you may not read what it needs. It never passes because something is
    missing or cannot be read.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant, by name. Default: all tenants.
        namespaces: only the tenants in these, in place of `tenant`. Default: those of the connection; if it has none,
            all that you may list, else those of your tenants.
        label_selector: only tenants whose Namespace's labels match, in the API server's syntax. Default: all.
        specs: tenants that there should be, such as those of `read_specs`: one without a namespace, or with another
            grant, fails. Default: the grants on the cluster are taken as right.

    Returns:
        tenant (<NA> in the rows about the cluster itself, which are always there), namespace, check (a stable code,
        see docs/audit.md), wall (what the check is a part of), state (`fail`, `unknown` or `pass`), severity (of a
        failure: `critical`, `high`, `medium` or `low`), evidence (object, field and what is there; of an unknown check
        the missing permission; <NA> if it passes), what_to_do (<NA> if it passes): string. Failures come first, the
        worst of them before the others. `attrs["scope"]`: the tuple of namespaces that it covers.
        `attrs["incomplete"]`: by kind, what could not be read.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: you may read no namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, resourcequotas, limitranges, networkpolicies, roles, rolebindings, clusterroles,
    clusterrolebindings, serviceaccounts, secrets (only metadata of those with tokens is read), configmaps, pods,
    deployments, replicasets, replicationcontrollers, statefulsets, daemonsets, jobs, cronjobs, services,
    endpointslices, persistentvolumeclaims, poddisruptionbudgets, ingresses, httproutes, priorityclasses,
    validatingadmissionpolicies and validatingadmissionpolicybindings, each as far as you may. What the platform copies
    into namespaces is read, too, and the index, as by `plan`.
    Source: pages "Multi-tenancy" and "Role Based Access Control Good Practices".

    Example:
        >>> found = audit(cluster, tenant="speech")
        >>> found.query("check == 'quota-compute'")["state"].tolist()
        ['pass']
    """
    return audit_frame(
        *audit_results(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector, specs=specs)
    )


def audit_results(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    specs: Sequence[Tenant] | None = None,
) -> tuple[list[Result], AuditSnapshot]:
    """The results of `audit`, in the same order, and the snapshot; the arguments and errors are those of `audit`."""
    given = _checked_specs(specs)
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    selector = both_selectors(TENANT_NAMESPACES, filters.label_selector)
    found, scope = list_visible(cluster, "Namespace", namespaces=filters.namespaces, label_selector=selector)
    if filters.tenant is not None and given is not None:
        given = tuple(spec for spec in given if spec.name == filters.tenant)
    snapshot = _with_extras(cluster, read_audit(cluster, found, is_whole=_is_whole(found, scope), specs=given))
    snapshot = replace(snapshot, partial=which_part(cluster, scope, filters.namespaces))
    return in_order(results(snapshot)), snapshot


def _with_extras(cluster: Cluster, snapshot: AuditSnapshot) -> AuditSnapshot:
    """The snapshot with the extra objects and copies that the platform gives its tenants, and with the index."""
    if snapshot.platform is None:
        return snapshot
    fitting = ClusterView(snapshot).fitting
    live = with_extras(cluster, snapshot.live, fitting, snapshot.platform)
    unread = [tenant.name for tenant in fitting if tenant.name not in live.indexed]
    return replace(snapshot, live=with_index(live, read_index(cluster, unread)) if unread else live)


def _is_whole(found: Sequence[Manifest], scope: Scope) -> bool:
    """Whether kinds are listed for the whole cluster: one tenant in its own namespace transfers less."""
    return scope == "cluster" or len(found) > 1


def in_order(found: Iterable[Result]) -> list[Result]:
    """Failures first, the worst before the others; then what is unknown; each by namespace and in the checks' order."""
    return sorted(
        found,
        key=lambda it: (STATES.index(it.state), SEVERITIES.index(it.check.severity), it.namespace or ""),
    )


def audit_frame(found: Sequence[Result], snapshot: AuditSnapshot) -> pd.DataFrame:
    """The frame of `audit`, from results and the snapshot that they are of."""
    frame = frame_of_rows([_row(result, "python") for result in found], AUDIT)
    frame.attrs["scope"] = snapshot.audited
    if snapshot.partial is not None:
        frame.attrs[PARTIAL] = snapshot.partial
    note_empty(frame, "tenants to audit", snapshot.audited)
    incomplete: dict[str, list[str]] = {}
    for (kind, _), doubts in snapshot.gaps.items():
        for doubt in doubts:
            texts = incomplete.setdefault(kind, [])
            if str(doubt) not in texts:
                texts.append(str(doubt))
    frame.attrs["incomplete"] = {kind: "; ".join(texts) for kind, texts in incomplete.items()}
    return frame


def _row(result: Result, surface: Surface) -> tuple[str | None, ...]:
    check = result.check
    step = result.next_step(surface)
    cells = (result.tenant, result.namespace, check.code, check.wall, result.state, check.severity)
    return (*cells, result.evidence or None, step or None)


def result_json(result: Result, surface: Surface) -> dict[str, str | None]:
    """A result as plain data, with the columns of `audit`."""
    return dict(zip(AUDIT, _row(result, surface), strict=True))


def _checked_specs(specs: object) -> tuple[Tenant, ...] | None:
    if specs is None:
        return None
    given = tuple(specs) if isinstance(specs, list | tuple) else (specs,)
    problems = [Problem("specs", it, "pass a list of Tenants") for it in given if not isinstance(it, Tenant)]
    if problems:
        raise InvalidSpecError(problems)
    return tuple(it for it in given if isinstance(it, Tenant))
