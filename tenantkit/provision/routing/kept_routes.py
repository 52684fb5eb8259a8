"""Routes that stay: the object of a route is deleted only once the one that takes its place is written.

An Ingress is deleted only once its HTTPRoute is written, so a denied HTTPRoute loses no route. The controller may still
need some seconds (see `both`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.reasons import Reason
from tenantkit.rules.routing import path_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.report import ApplyOutcome
    from tenantkit.rules.manifest import Manifest, ObjectRef

ROUTE_KEPT = Reason("stays", "it stays until the object that takes its place is written, so that its URL still answers")


@dataclass(frozen=True, slots=True)
class RouteCheck:
    """Which hosts and paths the desired objects of routes serve.

    Args:
        served: host, path, and whether only that path matches, by object.
    """

    served: Mapping[ObjectRef, frozenset[tuple[str | None, str, bool]]]

    @classmethod
    def of(cls, changes: Iterable[PlanChange]) -> Self:
        """Of the changes of a plan."""
        return cls({it.ref: _places(it.wanted) for it in changes if it.ref.kind in ROUTE_KINDS})

    def is_still_needed(self, change: PlanChange, undone: Iterable[ApplyOutcome]) -> bool:
        """Whether a change would delete what serves a path that an object which was not written shall serve.

        Args:
            change: any.
            undone: the outcomes so far that are not done.
        """
        if change.action != "delete" or change.ref.kind not in ROUTE_KINDS:
            return False
        mine = _places(change.live)
        return any(not mine.isdisjoint(self.served.get(outcome.ref, ())) for outcome in undone)


def _places(manifest: Manifest | None) -> frozenset[tuple[str | None, str, bool]]:
    return frozenset(
        (it.host, *path_key(it.path, "Exact" if it.path_type == "Exact" else "Prefix"))
        for it in served_paths(manifest)
        if it.path is not None
    )
