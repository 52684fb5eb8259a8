"""Where the routes of a plan are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tenantkit.provision.changes import PlanChange
    from tenantkit.rules.manifest import ObjectRef


def route_places(changes: Iterable[PlanChange], existing: Collection[ObjectRef]) -> dict[str, list[tuple[str, str]]]:
    """Host and URL of each route whose object exists, by tenant."""
    places: dict[str, list[tuple[str, str]]] = {}
    for change in changes:
        if change.ref.kind == "Ingress" and change.wanted is not None and change.ref in existing:
            spec = change.wanted["spec"]
            host, path = spec["rules"][0]["host"], spec["rules"][0]["http"]["paths"][0]["path"]
            scheme = "https" if "tls" in spec else "http"
            places.setdefault(str(change.tenant), []).append((host, f"{scheme}://{host}{path}"))
    return places
