"""The live state of a cluster, as far as it could be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.extra_objects import CopySource


@dataclass(frozen=True, slots=True)
class LiveState:
    """The live objects, as far as they could be read.

    Args:
        objects: by ref.
        unknown: why a kind could not be read, by kind and namespace (for a Namespace: by its own name).
        unreadable: why an object that exists could not be parsed.
        sources: what is copied, with digests in place of the content, or why it is not known.
        has_all_namespaces: whether every Namespace is among them, and with them the hosts of all tenants.
        indexed: the tenants of which the objects in the index were read.
        not_served: the kinds that the cluster does not have.
        claims: the claims of hosts by their names; None if they may not be read, or were not.
    """

    objects: Mapping[ObjectRef, Manifest]
    unknown: Mapping[tuple[str, str], Reason] = field(default_factory=dict)
    has_all_namespaces: bool = True
    unreadable: Mapping[ObjectRef, Reason] = field(default_factory=dict)
    sources: Mapping[CopySource, Manifest | Reason] = field(default_factory=dict)
    indexed: frozenset[str] = frozenset()
    not_served: frozenset[str] = frozenset()
    claims: Mapping[str, Manifest] | None = None

    def why_unknown(self, ref: ObjectRef) -> Reason | None:
        """Why it is not known whether an object exists; None when it is known."""
        return self.unreadable.get(ref) or self.unknown.get((ref.kind, ref.namespace or ref.name))

    def by_namespace(self, kinds: Collection[str]) -> dict[str, list[Manifest]]:
        """The objects of these kinds, by namespace."""
        found: dict[str, list[Manifest]] = {}
        for ref, manifest in self.objects.items():
            if ref.namespace is not None and ref.kind in kinds:
                found.setdefault(ref.namespace, []).append(manifest)
        return found


def live_state(
    manifests: Iterable[Manifest],
    *,
    unknown: Mapping[tuple[str, str], Reason] | None = None,
    unreadable: Mapping[ObjectRef, Reason] | None = None,
    has_all_namespaces: bool = True,
    not_served: Iterable[str] = (),
) -> LiveState:
    """The live state from objects as the server sent them."""
    return LiveState(
        {ref_of(manifest): manifest for manifest in manifests},
        unknown or {},
        has_all_namespaces,
        unreadable or {},
        not_served=frozenset(not_served),
    )
