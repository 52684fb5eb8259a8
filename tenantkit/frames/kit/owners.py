"""From a pod up to what somebody made: the chain of owners, as far as it may be read.

A ReplicaSet of a Deployment is known by its hash, which its pods carry as a label; every other step is a list of that
kind's metadata. Each kind that occurs is listed once, custom ones such as RayCluster or PyTorchJob too; where that is
refused, the chain ends, and says so. Turned down: a get per owner; a table of custom kinds, since whoever owns a pod is
named in it.

Source: pages "Owners and Dependents", "Deployments" (section "Pod-template-hash label").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import TypedDict

from tenantkit.cluster.lists import served_kinds
from tenantkit.cluster.visible import keep_visible
from tenantkit.exceptions import ClusterError, NotFound, PermissionDenied
from tenantkit.frames.kit.creators import CreatorTexts, creator_of
from tenantkit.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

# the label by which the pods of a ReplicaSet carry its hash, and what made such a ReplicaSet
HASH_LABELS: Mapping[str, tuple[str, str]] = {
    "pod-template-hash": ("apps/v1", "Deployment"),
    "rollouts-pod-template-hash": ("argoproj.io/v1alpha1", "Rollout"),
}
_OWNED_BY_NOBODY = frozenset({"Node", "Namespace"})
_DEEPEST = 8


class OwnerReference(TypedDict, total=False):
    """As it stands in metadata."""

    apiVersion: str
    kind: str
    name: str
    controller: bool


class _OwnedMetadata(TypedDict, total=False):
    name: str
    namespace: str
    labels: CreatorTexts
    annotations: CreatorTexts
    ownerReferences: list[OwnerReference]
    creationTimestamp: str


class _OwnedParts(TypedDict, total=False):
    metadata: _OwnedMetadata


class Owner(NamedTuple):
    """Who owns an object in the same namespace: `Deployment/api` in text."""

    api_version: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@lru_cache(maxsize=1 << 14)
def _owner(api_version: str, kind: str, name: str) -> Owner:
    """The same object for the same owner: a thousand pods have one."""
    return Owner(api_version, kind, name)


def owner_of(metadata: Manifest) -> Owner | None:
    """Who controls an object, or else the first of its owners."""
    references = metadata.get("ownerReferences")
    if not references:
        return None
    found = references[0]
    if not found.get("controller"):
        found = next((reference for reference in references if reference.get("controller")), found)
    return _owner(str(found.get("apiVersion") or ""), str(found.get("kind") or ""), str(found.get("name") or ""))


def owner_of_pod(metadata: Manifest) -> Owner | None:
    """The same for a pod: the Deployment rather than its ReplicaSet, where the pod's own labels tell it."""
    found = owner_of(metadata)
    if found is None or found.kind != "ReplicaSet":
        return found
    labels = metadata.get("labels") or {}
    for label, (api_version, kind) in HASH_LABELS.items():
        name = found.name.removesuffix(f"-{labels.get(label)}")
        if name != found.name and name:
            return _owner(api_version, kind, name)
    return found


@dataclass(slots=True)
class Chains:
    """Who owns the owners.

    Args:
        owners: by namespace and object; None: it is owned by nobody.
        creators: by namespace and object, where an object says who made it.
        created: by namespace and object: since when it is there.
        unread: by kind, why its objects' owners are not known.
    """

    owners: dict[tuple[str, Owner], Owner | None] = field(default_factory=dict)
    creators: dict[tuple[str, Owner], str] = field(default_factory=dict)
    created: dict[tuple[str, Owner], str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def above(self, namespace: str, owner: Owner) -> Iterator[Owner]:
        """The owner, its owner and so on, as far as they are known."""
        at: Owner | None = owner
        for _ in range(_DEEPEST):
            if at is None:
                return
            yield at
            at = self.owners.get((namespace, at))

    def root(self, namespace: str, owner: Owner) -> Owner:
        """The last of them."""
        *_, last = self.above(namespace, owner)
        return last

    def creator(self, namespace: str, owner: Owner) -> str | None:
        """Who made one of them: the nearest that says it."""
        return next(
            (found for each in self.above(namespace, owner) if (found := self.creators.get((namespace, each)))), None
        )


def read_chains(
    cluster: Cluster,
    starts: Iterable[tuple[str, Owner]],
    *,
    namespaces: Sequence[str] | None = None,
    known: Chains | None = None,
) -> Chains:
    """Follow owners upwards, a kind at a time.

    Args:
        cluster: where.
        starts: namespaces and owners to begin with.
        namespaces: where to look. Default: wherever may be looked.
        known: what is read already, of whole kinds; it is added to.

    Returns:
        What is known; what is refused, or not served, is in its `unread`.

    Raises:
        ClusterUnavailable: the server gave no answer.

    RBAC: list each of these kinds; what is refused is left out.
    """
    chains = known or Chains()
    served: dict[tuple[str, str], Kind] | None = None
    seen = {(owner.api_version, owner.kind) for _, owner in chains.owners}
    above = [owner for owner in chains.owners.values() if owner is not None]
    todo = {(owner.api_version, owner.kind) for owner in (*(owner for _, owner in starts), *above)}
    todo = {each for each in todo - seen if each[1] not in _OWNED_BY_NOBODY}
    while todo:
        seen |= todo
        found: set[tuple[str, str]] = set()
        for api_version, kind in sorted(todo):
            place = KINDS.get(kind)
            if place is None or place.api_version != api_version:
                served = _served(cluster, chains) if served is None else served
                place = served.get((api_version, kind))
            if place is None:
                chains.unread.setdefault(kind, f"the server has no kind {kind!r} of {api_version}")
                continue
            found |= _read_kind(cluster, place, chains, namespaces)
        todo = {each for each in found - seen if each[1] not in _OWNED_BY_NOBODY}
    return chains


def _served(cluster: Cluster, chains: Chains) -> dict[tuple[str, str], Kind]:
    try:
        kinds = served_kinds(cluster)
    except (PermissionDenied, NotFound) as refusal:
        chains.unread[""] = str(refusal)
        return {}
    return {(each.place.api_version, each.place.kind): each.place for each in kinds if each.can_list}


def _read_kind(cluster: Cluster, kind: Kind, chains: Chains, namespaces: Sequence[str] | None) -> set[tuple[str, str]]:
    """Who owns the objects of a kind; the kinds of their owners."""

    def keep(manifest: Manifest) -> tuple[str, Owner, Owner | None, str | None, str | None]:
        metadata = manifest["metadata"]
        this = _owner(kind.api_version, kind.kind, metadata["name"])
        created = metadata.get("creationTimestamp")
        return metadata.get("namespace") or "", this, owner_of(metadata), creator_of(metadata), created

    try:
        kept, _ = keep_visible(cluster, kind, keep, parts=_OwnedParts, metadata_only=True, namespaces=namespaces)
    except (PermissionDenied, NotFound) as refusal:
        chains.unread[kind.kind] = str(refusal)
        return set()
    except ClusterError as error:
        if error.status is None:
            raise
        chains.unread[kind.kind] = str(error)  # an aggregated API that is down: its objects' owners are unknown
        return set()
    for namespace, this, above, creator, created in kept:
        chains.owners[namespace, this] = above
        if creator:
            chains.creators[namespace, this] = creator
        if created:
            chains.created[namespace, this] = created
    return {(above.api_version, above.kind) for _, _, above, _, _ in kept if above is not None}
