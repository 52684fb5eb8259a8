"""Which volumes were asked for, whether they are there, and who uses them.

A claim that is Pending may wait for its first pod and be in order, or for a provisioner that is not there: its phase,
class and users stand side by side. Who uses a claim is found among the pods; a pod's own (ephemeral) volumes are claims
named after both.

Source: pages "Persistent Volumes", "Ephemeral Volumes".
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible, list_visible
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.kit.namespace_owners import NOBODYS, read_owned
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.namespace_owners import Owned
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

    Users: TypeAlias = "Mapping[tuple[str, str], list[str]]"

VOLUMES: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "name": "string",
    "phase": "string",
    "requested_bytes": "Int64",
    "capacity_bytes": "Int64",
    "class": "string",
    "access_modes": "string",
    "volume": "string",
    "used_by": "string",
    "created": TIME,
}


class _Claim(TypedDict, total=False):
    claimName: str


class _Ephemeral(TypedDict, total=False):
    """That it is one is all that counts."""


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


class VolumeParts(TypedDict, total=False):
    """What is looked at of a Pod."""

    metadata: _Metadata
    spec: _Spec
    status: _Status


@takes_cluster
def volumes(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """Claims of persistent volumes: one row per claim.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team: string, <NA> for a namespace that is no tenant's or may not be read; namespace, name; phase
        (`Pending`, `Bound`, `Lost`; `Terminating` while it is being deleted): string; requested_bytes, capacity_bytes
        (<NA>: none yet): Int64; class (<NA>: the cluster's default, or none), access_modes (joined by `, `), volume
        (<NA>: not bound), used_by (pods that mount it and are not finished, joined by `, `; empty: none, <NA>: not
        known): string; created: datetime64[ns, UTC]. Sorted by namespace and name. `attrs["scope"]` is `cluster`, or
        the tuple of namespaces that it covers; `attrs["unread"]` says why the users are not known.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list persistentvolumeclaims and pods, for the whole cluster or in each namespace; for tenant and team, list or
    get namespaces.
    Source: page "Persistent Volumes".

    Example:
        >>> volumes(cluster).query("used_by == ''")  # doctest: +SKIP
    """
    claims, scope = list_visible(cluster, "PersistentVolumeClaim", namespaces=namespaces)
    unread: dict[str, str] = {}
    users: Users | None = None
    try:
        users = _read_users(cluster, scope)
    except PermissionDenied as refusal:
        unread["Pod"] = str(refusal)
    frame = _frame(claims, users, read_owned(cluster, scope, unread))
    frame.attrs |= {"scope": scope, "unread": unread}
    return frame


def volumes_frame(
    claims: Iterable[Manifest], *, pods: Iterable[Manifest] | None = None, owned: Owned | None = None
) -> pd.DataFrame:
    """The frame of `volumes`, of PersistentVolumeClaims and Pods as the server answered them; no pods: not known."""
    return _frame(claims, None if pods is None else users_of(map(claims_of, pods)), owned or {})


def claims_of(pod: Manifest) -> tuple[str, str, list[str]]:
    """A pod's namespace and name, and the claims that it mounts; none once it is finished."""
    metadata = pod["metadata"]
    place = metadata["namespace"], metadata["name"]
    if (pod.get("status") or {}).get("phase") in ENDED:
        return (*place, [])
    claims = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            claims.append(volume["persistentVolumeClaim"].get("claimName") or "")
        elif volume.get("ephemeral") is not None:
            claims.append(f"{place[1]}-{volume.get('name')}")
    return (*place, claims)


def users_of(found: Iterable[tuple[str, str, list[str]]]) -> dict[tuple[str, str], list[str]]:
    """By namespace and claim: which pods mount it, sorted."""
    users: dict[tuple[str, str], list[str]] = {}
    for namespace, pod, claims in sorted(found):
        for claim in dict.fromkeys(claims):
            users.setdefault((namespace, claim), []).append(pod)
    return users


def _read_users(cluster: Cluster, scope: Scope) -> Users:
    if not scope:
        return {}
    namespaces = None if scope == "cluster" else scope
    found, covered = keep_visible(cluster, "Pod", claims_of, parts=VolumeParts, namespaces=namespaces)
    if covered != scope:
        raise PermissionDenied(f"may list Pods in {', '.join(covered)} only", status=403, kind="Pod")
    return users_of(found)


def _frame(claims: Iterable[Manifest], users: Users | None, owned: Owned) -> pd.DataFrame:
    ordered = sorted(claims, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))
    return frame_of_rows((_row(claim, users, owned) for claim in ordered), VOLUMES)


def _row(claim: Manifest, users: Users | None, owned: Owned) -> tuple[Any, ...]:
    metadata, spec, status = claim["metadata"], claim.get("spec") or {}, claim.get("status") or {}
    place = metadata["namespace"], metadata["name"]
    requested = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    capacity = (status.get("capacity") or {}).get("storage")
    return (
        *owned.get(place[0], NOBODYS),
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


def _bytes(text: str | None) -> int | None:
    return None if text is None else ceil(parse_quantity(text))
