"""Where the routes of a plan are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tenantkit.provision.changes import PlanChange
    from tenantkit.rules.manifest import Manifest, ObjectRef


def route_places(changes: Iterable[PlanChange], existing: Collection[ObjectRef]) -> dict[str, list[tuple[str, str]]]:
    """Host and URL of each route of which an object exists, by tenant; once for a route with two objects."""
    places: dict[str, dict[tuple[str, str], None]] = {}
    for change in changes:
        if change.ref.kind in ROUTE_KINDS and change.wanted is not None and change.ref in existing:
            host = served_paths(change.wanted)[0].host or "*"
            places.setdefault(str(change.tenant), {})[host, url_of(change.wanted)] = None
    return {tenant: list(pairs) for tenant, pairs in places.items()}


def reached(
    changes: Iterable[PlanChange], existing: Collection[ObjectRef]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The URLs and the hosts of the routes whose objects exist, by tenant."""
    places = route_places(changes, existing)
    urls = {tenant: [url for _, url in pairs] for tenant, pairs in places.items()}
    return urls, {tenant: list(dict.fromkeys(host for host, _ in pairs)) for tenant, pairs in places.items()}


def url_of(manifest: Manifest) -> str:
    """The URL of a route's object, as `make_routes` makes it."""
    return str(served_paths(manifest)[0].url)
