"""The owners of an object: its controller, the controller's owner and so on, up to the top-level one.

The one answer to "who owns this pod" for frames, findings and live views. The pods of a Deployment's ReplicaSet carry
its hash as a label, so the Deployment is known without reading ReplicaSets, and also where these may not be listed.
Every other step is a list of one kind's metadata: each kind that occurs is listed once, also custom ones such as
RayCluster or PyTorchJob. Where a list is refused, the chain ends and `incomplete` says why. Rejected alternatives: a
get per owner; a table of custom kinds.

Source: pages "Owners and Dependents", "Deployments" (section "Pod-template-hash label").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import TypedDict

from tenantkit.cluster.lists import served_kinds
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import ClusterError, NotFound, PermissionDenied, Worded
from tenantkit.frames.kit.coverage import gap_in, note_unreadable
from tenantkit.frames.kit.creators import CREATOR_KEYS, CreatorTexts, creator_of
from tenantkit.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

# The label in which the pods of a ReplicaSet carry its hash, and the kind that created such a ReplicaSet.
HASH_LABELS: Mapping[str, tuple[str, str]] = {
    "pod-template-hash": ("apps/v1", "Deployment"),
    "rollouts-pod-template-hash": ("argoproj.io/v1alpha1", "Rollout"),
}
_WITHOUT_OWNERS = frozenset({"Node", "Namespace"})
_MAX_DEPTH = 8
_DISCOVERY = "APIGroup"  # the key in `incomplete` for "which kinds the server has"


class OwnerReference(TypedDict, total=False):
    """An entry of `metadata.ownerReferences`."""

    apiVersion: str
    kind: str
    name: str
    controller: bool


OwnerLabels = TypedDict(  # type: ignore[misc]  # the keys come from tables
    "OwnerLabels", dict.fromkeys((*HASH_LABELS, *CREATOR_KEYS), str), total=False
)


class _Metadata(TypedDict, total=False):
    name: str
    namespace: str
    labels: OwnerLabels
    annotations: CreatorTexts
    ownerReferences: list[OwnerReference]
    creationTimestamp: str


class _Fields(TypedDict, total=False):
    metadata: _Metadata


class Owner(NamedTuple):
    """The owner of an object in the same namespace; `str()` is `Deployment/api`."""

    api_version: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@lru_cache(maxsize=1 << 14)
def _owner(api_version: str, kind: str, name: str) -> Owner:
    """One instance per owner: a thousand pods may share it."""
    return Owner(api_version, kind, name)


def owners_of(metadata: Manifest) -> tuple[Owner, ...]:
    """The owners that an object names itself, the nearest first; at most two.

    The first is its controller, or the first of its owners where none is the controller. For a pod of a Deployment's
    ReplicaSet, the second is the Deployment.

    Example:
        >>> replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api-7d9f", "controller": True}
        >>> metadata = {"labels": {"pod-template-hash": "7d9f"}, "ownerReferences": [replica_set]}
        >>> [str(owner) for owner in owners_of(metadata)]
        ['ReplicaSet/api-7d9f', 'Deployment/api']
    """
    references = metadata.get("ownerReferences")
    if not references:
        return ()
    reference = references[0]
    if not reference.get("controller"):
        reference = next((each for each in references if each.get("controller")), reference)
    nearest = _owner(
        str(reference.get("apiVersion") or ""), str(reference.get("kind") or ""), str(reference.get("name") or "")
    )
    if nearest.kind == "ReplicaSet":
        labels = metadata.get("labels") or {}
        for label, (api_version, kind) in HASH_LABELS.items():
            name = nearest.name.removesuffix(f"-{labels.get(label)}")
            if name != nearest.name and name:
                return nearest, _owner(api_version, kind, name)
    return (nearest,)


def owner_of(metadata: Manifest) -> Owner | None:
    """The last of `owners_of`: the Deployment rather than its ReplicaSet, where the pod's labels name it."""
    owners = owners_of(metadata)
    return owners[-1] if owners else None


@dataclass(slots=True)
class Chains:
    """The owners of owners.

    Args:
        owners: by namespace and object; None: it has no owner.
        creators: by namespace and object, for objects that say who created them.
        created: by namespace and object: when it was created.
        places: where each kind that was read is served, by API version and kind.
        incomplete: by kind, why the owners of its objects are unknown.
    """

    owners: dict[tuple[str, Owner], Owner | None] = field(default_factory=dict)
    creators: dict[tuple[str, Owner], str] = field(default_factory=dict)
    created: dict[tuple[str, Owner], str] = field(default_factory=dict)
    places: dict[tuple[str, str], Kind] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)

    def above(self, namespace: str, owner: Owner) -> Iterator[Owner]:
        """The owner, its owner and so on, as far as they are known."""
        at: Owner | None = owner
        for _ in range(_MAX_DEPTH):
            if at is None:
                return
            yield at
            at = self.owners.get((namespace, at))

    def root(self, namespace: str, owner: Owner) -> Owner:
        """The top-level owner."""
        *_, last = self.above(namespace, owner)
        return last

    def workload(self, namespace: str, owner: Owner) -> Owner:
        """The workload that `owner` is, or belongs to: a ReplicaSet that has an owner is not a workload of its own."""
        above = self.owners.get((namespace, owner)) if owner.kind == "ReplicaSet" else None
        return owner if above is None else above

    def creator(self, namespace: str, owner: Owner) -> str | None:
        """The creator that the nearest of the owners names."""
        return next(
            (name for each in self.above(namespace, owner) if (name := self.creators.get((namespace, each)))), None
        )


def read_chains(
    cluster: Cluster,
    starts: Iterable[tuple[str, Owner]],
    *,
    namespaces: Sequence[str] | None = None,
    known: Chains | None = None,
) -> Chains:
    """Follow owners upwards, one kind at a time.

    Args:
        cluster: the connection.
        starts: namespaces and owners to start from.
        namespaces: where to look. Default: all that the user may list.
        known: what was read before, of whole kinds; this function adds to it.

    Returns:
        The owners; kinds that may not be listed, or are not served, are in `incomplete`.

    Raises:
        ClusterUnavailable: the server did not answer.

    RBAC: list each of these kinds; kinds that may not be listed are left out.
    """
    chains = known or Chains()
    served: dict[tuple[str, str], Kind] | None = None
    done = {(owner.api_version, owner.kind) for _, owner in chains.owners}
    above = [owner for owner in chains.owners.values() if owner is not None]
    todo = {(owner.api_version, owner.kind) for owner in (*(owner for _, owner in starts), *above)}
    todo = {each for each in todo - done if each[1] not in _WITHOUT_OWNERS}
    while todo:
        done |= todo
        found: set[tuple[str, str]] = set()
        for api_version, kind in sorted(todo):
            place = KINDS.get(kind)
            if place is None or place.api_version != api_version:
                served = _served(cluster, chains) if served is None else served
                place = served.get((api_version, kind))
            if place is None:
                chains.incomplete.setdefault(kind, f"the server has no kind {kind!r} in {api_version}")
                continue
            chains.places[api_version, kind] = place
            found |= _read_kind(cluster, place, chains, namespaces)
        todo = {each for each in found - done if each[1] not in _WITHOUT_OWNERS}
    return chains


def _served(cluster: Cluster, chains: Chains) -> dict[tuple[str, str], Kind]:
    try:
        kinds = served_kinds(cluster)
    except (PermissionDenied, NotFound) as refusal:
        chains.incomplete[_DISCOVERY] = Worded.of(refusal)
        return {}
    return {(each.place.api_version, each.place.kind): each.place for each in kinds if each.can_list}


def _read_kind(cluster: Cluster, kind: Kind, chains: Chains, namespaces: Sequence[str] | None) -> set[tuple[str, str]]:
    """Read the owners of all objects of a kind; returns the kinds of these owners."""
    scope: Scope = "cluster" if namespaces is None else tuple(namespaces)

    def keep(manifest: Manifest) -> tuple[str, Owner, Owner | None, str | None, str | None]:
        metadata = manifest["metadata"]
        this = _owner(kind.api_version, kind.kind, metadata["name"])
        created = metadata.get("creationTimestamp")
        return metadata.get("namespace") or "", this, owner_of(metadata), creator_of(metadata), created

    try:
        kept, covered = project_visible(cluster, kind, keep, fields=_Fields, metadata_only=True, namespaces=namespaces)
    except (PermissionDenied, NotFound) as refusal:
        chains.incomplete[kind.kind] = Worded.of(refusal)
        return set()
    except ClusterError as error:
        if error.status is None:
            raise
        # an aggregated API that is down: its objects' owners are unknown
        chains.incomplete[kind.kind] = Worded.of(error)
        return set()
    if (gap := gap_in(kind.kind, covered, scope)) is not None:
        chains.incomplete[kind.kind] = gap
    note_unreadable(chains.incomplete, kept)
    for namespace, this, above, creator, created in kept:
        chains.owners[namespace, this] = above
        if creator:
            chains.creators[namespace, this] = creator
        if created:
            chains.created[namespace, this] = created
    return {(above.api_version, above.kind) for _, _, above, _, _ in kept if above is not None}
