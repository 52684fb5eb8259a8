"""The objects in one tenant's namespace, as far as they could be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest

# The kinds that are looked at beyond the objects that the spec wants.
CONTENT_KINDS = ("ConfigMap", "ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding", *ROUTE_KINDS)


@dataclass(frozen=True, slots=True)
class Content:
    """What lies in a namespace.

    Args:
        namespace: None if it does not exist, or could not be read.
        objects: in it, of `CONTENT_KINDS`.
        unknown: the kinds that could not be read.
    """

    namespace: Manifest | None
    objects: tuple[Manifest, ...]
    unknown: frozenset[str]

    def of_kind(self, kind: str) -> list[Manifest]:
        """The objects of one kind."""
        return [manifest for manifest in self.objects if manifest["kind"] == kind]

    @property
    def routes(self) -> list[Manifest]:
        """The Ingresses and HTTPRoutes, of whomever."""
        return [manifest for manifest in self.objects if manifest["kind"] in ROUTE_KINDS]


def contents_of(live: LiveState, namespaces: Iterable[str]) -> dict[str, Content]:
    """What lies in each of these namespaces."""
    present = live.by_namespace(CONTENT_KINDS)
    unknown: dict[str, set[str]] = {}
    for kind, place in live.unknown:
        unknown.setdefault(place, set()).add(kind)
    return {
        name: Content(
            live.objects.get(ObjectRef("v1", "Namespace", name)),
            tuple(present.get(name, ())),
            frozenset(unknown.get(name, ())),
        )
        for name in namespaces
    }
