"""Volumes: the PersistentVolumeClaims, whether they are bound, and which pods use them.

A Pending claim may be waiting for its first pod, which is normal, or for a provisioner that does not exist: its phase,
class and pods are shown side by side.

Source: page "Persistent Volumes".
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible, project_visible
from tenantkit.exceptions import PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in, note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import NO_OWNER, read_namespace_owners
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.pod_volumes import claim_names
from tenantkit.rules.quantities import readable_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.namespace_owners import NamespaceOwners
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

    # by namespace and claim: the pods that use it
    Users: TypeAlias = "Mapping[tuple[str, str], list[str]]"

VOLUMES: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "name": "string",
    "phase": "string",
    "requested_bytes": "Int64",
    "capacity_bytes": "Int64",
    "storage_class": "string",
    "access_modes": "string",
    "volume": "string",
    "used_by": "string",
    "created": TIME,
}


class _Claim(TypedDict, total=False):
    claimName: str


class _Ephemeral(TypedDict, total=False):
    """No field is read."""


class _Volume(TypedDict, total=False):
    name: str
    persistentVolumeClaim: _Claim
    ephemeral: _Ephemeral


class _Metadata(TypedDict, total=False):
    name: str
    namespace: str


class _Spec(TypedDict, total=False):
    volumes: list[_Volume]


class _Status(TypedDict, total=False):
    phase: str


class _PodFields(TypedDict, total=False):
    """The fields of a Pod that are read."""

    metadata: _Metadata
    spec: _Spec
    status: _Status


@takes_cluster
def volumes(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return the persistent volume claims: one row per claim.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants', and those of namespaces without a tenant.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only claims whose labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, team (<NA>: not a tenant's namespace, or not readable), namespace, name, phase (`Pending`, `Bound`,
        `Lost`; `Terminating` while it is being deleted): string; requested_bytes, capacity_bytes (<NA>: none yet):
        Int64; storage_class (<NA>: none is named), access_modes (joined by `, `), volume (<NA>: not bound), used_by
        (unfinished pods that use it, joined by `, `; empty: none, <NA>: unknown): string; created: datetime64[us, UTC].
        Sorted by namespace and name. `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers.
        `attrs["incomplete"]`: by kind, why the columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: claims may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list persistentvolumeclaims and pods, for the whole cluster or in each namespace; for tenant and team, list or
    get namespaces.
    Source: pages "Persistent Volumes", "Ephemeral Volumes".

    Example:
        >>> unused = volumes(cluster, tenant="speech").query("used_by == ''")
        >>> list(unused.columns[:5])
        ['tenant', 'team', 'namespace', 'name', 'phase']
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    claims, scope = list_visible(
        cluster, "PersistentVolumeClaim", namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    incomplete: dict[str, str] = {}
    users: Users | None = None
    try:
        users = _read_users(cluster, scope, incomplete)
    except PermissionDenied as refusal:
        incomplete["Pod"] = Worded.of(refusal)
    note_unreadable(incomplete, claims)
    frame = _frame(claims, users, read_namespace_owners(cluster, scope, incomplete))
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "volume claims", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def volumes_frame(
    claims: Iterable[Manifest], *, pods: Iterable[Manifest] | None = None, owned: NamespaceOwners | None = None
) -> pd.DataFrame:
    """The frame of `volumes`, from PersistentVolumeClaims and Pods as the server returns them; None: unknown."""
    return _frame(claims, None if pods is None else users_of(map(claims_of, as_read("Pod", pods))), owned or {})


def claims_of(pod: Manifest) -> tuple[str, str, tuple[str, ...]]:
    """A pod's namespace and name, and the claims that it uses; none once it is finished."""
    metadata = pod["metadata"]
    is_finished = (pod.get("status") or {}).get("phase") in ENDED
    return metadata["namespace"], metadata["name"], () if is_finished else claim_names(pod)


def users_of(pods: Iterable[tuple[str, str, tuple[str, ...]]]) -> dict[tuple[str, str], list[str]]:
    """By namespace and claim: the pods that use it, sorted."""
    users: dict[tuple[str, str], list[str]] = {}
    for namespace, pod, claims in sorted(pods):
        for claim in claims:
            users.setdefault((namespace, claim), []).append(pod)
    return users


def _read_users(cluster: Cluster, scope: Scope, incomplete: dict[str, str]) -> Users:
    if not scope:
        return {}
    namespaces = None if scope == "cluster" else scope
    found, covered = project_visible(cluster, "Pod", claims_of, fields=_PodFields, namespaces=namespaces)
    if (gap := gap_in("Pod", covered, scope)) is not None:
        raise PermissionDenied(gap, status=403, kind="Pod")
    note_unreadable(incomplete, found)
    return users_of(found)


def _frame(claims: Iterable[Manifest], users: Users | None, owned: NamespaceOwners) -> pd.DataFrame:
    found = as_read("PersistentVolumeClaim", claims)
    ordered = sorted(found, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))
    return frame_of_rows((_row(claim, users, owned) for claim in ordered), VOLUMES)


def _row(claim: Manifest, users: Users | None, owned: NamespaceOwners) -> tuple[Any, ...]:
    metadata, spec, status = claim["metadata"], claim.get("spec") or {}, claim.get("status") or {}
    place = metadata["namespace"], metadata["name"]
    requested = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    capacity = (status.get("capacity") or {}).get("storage")
    return (
        *owned.get(place[0], NO_OWNER),
        *place,
        "Terminating" if metadata.get("deletionTimestamp") else status.get("phase"),
        _bytes(requested),
        _bytes(capacity),
        spec.get("storageClassName") or None,
        ", ".join(status.get("accessModes") or spec.get("accessModes") or ()) or None,
        spec.get("volumeName") or None,
        None if users is None else ", ".join(users.get(place, ())),
        metadata.get("creationTimestamp"),
    )


def _bytes(text: object) -> int | None:
    amount = readable_quantity(text)
    return None if amount is None else ceil(amount)
