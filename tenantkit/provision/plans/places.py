"""Where the routes of a plan are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tenantkit.provision.changes import PlanChange
    from tenantkit.rules.manifest import Manifest, ObjectRef


def route_places(changes: Iterable[PlanChange], existing: Collection[ObjectRef]) -> dict[str, list[tuple[str, str]]]:
    """Host and URL of each route whose object exists, by tenant."""
    places: dict[str, list[tuple[str, str]]] = {}
    for change in changes:
        if change.ref.kind == "Ingress" and change.wanted is not None and change.ref in existing:
            host = change.wanted["spec"]["rules"][0]["host"]
            places.setdefault(str(change.tenant), []).append((host, url_of(change.wanted)))
    return places


def reached(
    changes: Iterable[PlanChange], existing: Collection[ObjectRef]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The URLs and the hosts of the routes whose objects exist, by tenant."""
    places = route_places(changes, existing)
    urls = {tenant: [url for _, url in pairs] for tenant, pairs in places.items()}
    return urls, {tenant: list(dict.fromkeys(host for host, _ in pairs)) for tenant, pairs in places.items()}


def url_of(ingress: Manifest) -> str:
    """The URL of a route's object, as `make_ingress` makes it."""
    spec = ingress["spec"]
    [rule] = spec["rules"]
    return f"{'https' if 'tls' in spec else 'http'}://{rule['host']}{rule['http']['paths'][0]['path']}"
