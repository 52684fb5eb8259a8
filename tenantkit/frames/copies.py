"""Copies: which Secrets and ConfigMaps of the platform each tenant has, and whether they are current.

Contents are compared by digests, and no content is in the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, SpecVersionError, Worded
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.label_selectors import both_selectors
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.manifests.extra_objects import COPY, EXTRA_LABEL, SOURCE_ANNOTATION, sources_of
from tenantkit.provision.changes import changes
from tenantkit.provision.extras.live import with_extras
from tenantkit.provision.extras.wanted import extras_by_namespace, no_longer_wanted, wanted_copies
from tenantkit.provision.live import live_state
from tenantkit.provision.reasons import NO_LONGER_LISTED
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES, stored_tenant
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.provision.changes import PlanAction
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

COPIES: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "kind": "string",
    "name": "string",
    "source": "string",
    "state": "string",
    "reason": "string",
}
_STATES: dict[PlanAction, str] = {
    "create": "missing",
    "update": "stale",
    "conflict": "stale",
    "unchanged": "current",
    "unknown": "unknown",
    "blocked": "blocked",
}


@takes_cluster
def copies(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return the copies of `Platform.copies`, and whether they are current: one row per tenant and copy.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this one, by name. Default: all.
        namespaces: only the tenants in these, in place of `tenant`. Default: those of the connection; if it has none,
            all that you may list, else those of your tenants.
        label_selector: only tenants whose Namespace's labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, team, namespace, kind (`Secret` or `ConfigMap`), name, source (`namespace/name`), state, reason (<NA>:
        none): string. States: `current`; `stale` (it differs from its source) and `missing`, both of which an apply
        of the tenant changes; `unwanted` (the platform no longer lists it); `blocked` (somebody else has an object
        of that name, or its source is missing or never copied); `unknown` (you may not read it, or its source).
        Sorted by namespace, kind and name. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers.
        `attrs["incomplete"]`: by namespace, why its tenant cannot be read.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: namespaces, or the platform's settings, may not be read.
        ClusterUnavailable: the server did not answer.

    RBAC: list namespaces, else get your own; get configmap `platform` in tenantkit-system and each source; list secrets
    and configmaps, for the cluster or in each namespace.
    Source: page "Secrets".

    Example:
        >>> copies(cluster)["state"].tolist()
        []
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    found, scope = list_visible(
        cluster,
        "Namespace",
        namespaces=filters.namespaces,
        label_selector=both_selectors(TENANT_NAMESPACES, filters.label_selector),
    )
    platform = get_platform(cluster)
    incomplete: dict[str, str] = {}
    tenants = list(_tenants(found, incomplete))
    frame = copies_frame(tenants, platform, with_extras(cluster, live_state(found), tenants, platform))
    note_unreadable(incomplete, found)
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "copies", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def copies_frame(tenants: Iterable[Tenant], platform: Platform, live: LiveState) -> pd.DataFrame:
    """The frame of `copies`, from the live state of some tenants."""
    extras = extras_by_namespace(live)
    rows: list[tuple[Any, ...]] = []
    for tenant in tenants:
        of_tenant = _rows(tenant, platform, live, extras.get(platform.namespace(tenant), ()))
        rows += [(tenant.name, tenant.team, platform.namespace(tenant), *row) for row in of_tenant]
    return frame_of_rows(sorted(rows, key=lambda row: tuple(row[2:5])), COPIES)


def _tenants(namespaces: Iterable[Manifest], incomplete: dict[str, str]) -> Iterator[Tenant]:
    for namespace in namespaces:
        try:
            yield stored_tenant(namespace)
        except (InvalidSpecError, SpecVersionError) as error:
            incomplete[namespace["metadata"]["name"]] = Worded.of(error)


def _rows(
    tenant: Tenant, platform: Platform, live: LiveState, extras: Iterable[Manifest]
) -> Iterator[tuple[str | None, ...]]:
    """kind, name, source, state and reason of each copy of a tenant."""
    wanted, refused = wanted_copies(tenant, platform, live)
    sources = {(it.kind, it.name): f"{it.namespace}/{it.name}" for it in sources_of(platform)}
    for change in changes(wanted, live, tenant=tenant.name):
        ref, reason = change.ref, change.rows[0].reason
        yield ref.kind, ref.name, sources[ref.kind, ref.name], _STATES[change.action], reason or None
    for ref, why in refused.items():
        state = "unknown" if why.code == "source-not-readable" else "blocked"
        yield ref.kind, ref.name, sources[ref.kind, ref.name], state, str(why)
    refs = {*map(ref_of, wanted), *refused}
    for manifest in no_longer_wanted(extras, tenant, refs):
        if manifest["metadata"]["labels"][EXTRA_LABEL] == COPY:
            source = (manifest["metadata"].get("annotations") or {}).get(SOURCE_ANNOTATION)
            yield manifest["kind"], manifest["metadata"]["name"], source, "unwanted", str(NO_LONGER_LISTED)
