"""Adding and removing routes: each has an object of its own, so only those of the named ones change.

A route is named as people see it: by its URL, its path at the tenant's own host, or the name of its object. Rejected
alternative: `plan` with the whole list of routes, which removes what another owner has just added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast
from urllib.parse import urlsplit

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem
from tenantkit.hints import Hint
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.content.routes import all_routes_of
from tenantkit.provision.edits.edit import TeamEdit, check_places, place_of
from tenantkit.provision.edits.remake import read_state
from tenantkit.provision.plans.requests.hosts import with_next_steps
from tenantkit.provision.running.options import Running
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.team.arguments import NAMED, checked_many, checked_tenant
from tenantkit.provision.team.carry_out import carry_out, check_fits, plan_edit
from tenantkit.rules.listing import first_of
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TenantState
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.rules.manifest import ObjectRef
    from tenantkit.spec.platform import Platform


# host, path, and whether the path is exact
_Place: TypeAlias = tuple[str, str, bool]


@takes_cluster
def plan_add_route(cluster: ClusterApi, tenant: str, route: Route | Sequence[Route], *, replace: bool = False) -> Plan:
    """What `add_route` would change. Nothing is written.

    A service receives the whole path: behind a route at `/v2`, a request for `/v2/models` arrives as `/v2/models`.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        route: one or several.
        replace: whether a route at the same host and path is changed. Default: no, it is an error.

    Returns:
        A Plan for `apply`, with a row for the object of each of these routes and no other: `create`, `update`,
        `unchanged`, or `not yours` if you may not change routes. It is `blocked` if an object of that name is not a
        route of the tenant, or if the host is the tenant's own by the platform's settings, which changed after the
        tenant was last applied, so that its Namespace does not have the host yet. `notices` names the services and
        ports that do not exist, and those that do, if you may read services.

    Raises:
        InvalidSpecError: something is not a Route, another route has its host and path or its name, or its host is
            neither the tenant's own nor one of `hosts` of its spec. The message then names the tenant that has the
            host, if you may see it, or ends with the text to send to the platform team, who grants hosts.
        NotFound: there is no such tenant.
        PermissionDenied: you may not read the tenant's routes.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: get the tenant's namespace and configmap `platform` in tenantkit-system; list ingresses, httproutes if the
    platform makes them, and, if that is allowed, services in the namespace; create selfsubjectaccessreviews,
    selfsubjectrulesreviews and selfsubjectreviews, which any signed-in user may.

    Source: pages "Ingress" and "Gateway API".

    Example:
        >>> tk.plan_add_route(cluster, "speech", tk.Route(service="transcribe", port=80, path="/v2")).summary
        '1 to create'
    """
    advice = "pass a Route, or a list of Routes, for example Route(service='ai', port=80, path='/ai')"
    routes = cast("tuple[Route, ...]", checked_many("route", route, Route, advice))
    name, platform = checked_tenant(tenant), get_platform(cluster)
    edit = TeamEdit(name, routes=routes, replaces=replace)
    state = read_state(cluster, name, platform, ROUTE_KINDS)
    try:
        check_fits(state.tenant.with_(editors=(), viewers=(), routes=routes), platform)
    except InvalidSpecError as error:
        raise with_next_steps(cluster, error, state.tenant, platform) from None
    check_places(edit, state, platform, replaces=replace)
    return plan_edit(cluster, edit, state, platform, ())


@takes_cluster
def add_route(  # noqa: PLR0913 (each is a separate decision, with a default that suits most)
    cluster: ClusterApi,
    tenant: str,
    route: Route | Sequence[Route],
    *,
    replace: bool = False,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Report:
    """Expose services of a tenant at its hosts, at once. Its other routes stay as they are.

    Owners may do this. Two who add at the same moment do not undo each other's change: of two routes at one host and
    path, the later one is an error. Adding a route again writes nothing. `plan_add_route` shows the changes first. A
    service receives the whole path, as in `plan_add_route`.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        route: one or several.
        replace: whether a route at the same host and path is changed. Default: no, it is an error.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.

    Returns:
        A Report; `urls` has the URLs of these routes, and `warnings` names the services and ports that do not exist.

    Raises:
        InvalidSpecError: as `plan_add_route`: for a host that is not granted, it ends with the text to send.
        NotFound: there is no such tenant.
        PermissionDenied: you are neither an owner nor the platform; nothing was written.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        StalePlanError: others changed the same objects again and again; nothing was written.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan_add_route`; create, patch and delete ingresses or httproutes in the namespace.

    Source: pages "Ingress" and "Gateway API".

    Example:
        >>> tk.add_route(cluster, "forecast", tk.Route(service="api", port=80, path="/api"), progress=False).urls
        {'forecast': ['http://forecast.example.ai/api']}
        >>> tk.remove_route(cluster, "forecast", "/api", progress=False).summary
        '1 applied'
    """
    running = Running(progress, on_progress, cancelled, max_concurrency=1, timeout_s=0)
    return carry_out(cluster, lambda: plan_add_route(cluster, tenant, route, replace=replace), running)


@takes_cluster
def plan_remove_route(cluster: ClusterApi, tenant: str, route: str | Route | Sequence[str | Route]) -> Plan:
    """What `remove_route` would change. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        route: one or several: a URL such as `http://vision.example.ai/ai`, a path at the tenant's own host such as
            `/ai`, the name of its object as in `routes`, or a Route as in `get_tenant(…).routes`.

    Returns:
        A Plan for `apply`, with a row for each object of these routes: `delete`, or `not yours` if you may not
        change routes.

    Raises:
        InvalidSpecError: something is neither text nor a Route.
        NotFound: there is no such tenant, or no such route of it: the error names its routes.
        PermissionDenied: you may not read the tenant's routes.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: that of `plan_add_route`.

    Source: pages "Ingress" and "Gateway API".

    Example:
        >>> tk.plan_remove_route(cluster, "speech", "http://speech.example.ai/transcribe").summary
        '1 to delete'
    """
    return _plan_removal(cluster, tenant, route)


@takes_cluster
def remove_route(  # noqa: PLR0913 (as `add_route`)
    cluster: ClusterApi,
    tenant: str,
    route: str | Route | Sequence[str | Route],
    *,
    progress: bool = True,
    on_progress: Callable[[ApplyOutcome], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Report:
    """Take routes of a tenant away, at once. Its other routes, and the services, stay as they are.

    Owners may do this. `plan_remove_route` shows the changes first.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        route: one or several: a URL such as `http://vision.example.ai/ai`, a path at the tenant's own host such as
            `/ai`, the name of its object as in `routes`, or a Route as in `get_tenant(…).routes`.
        progress: show a progress line in a terminal or notebook. Default: yes.
        on_progress: called with each outcome, one at a time, on a worker thread. Default: not called.
        cancelled: checked before each object; once set, no new object is started. Ctrl-C sets it, too. Default: only
            Ctrl-C cancels.

    Returns:
        A Report with one outcome per object.

    Raises:
        InvalidSpecError: something is neither text nor a Route.
        NotFound: there is no such tenant, or no such route of it: the error names its routes.
        PermissionDenied: you are neither an owner nor the platform; nothing was written.
        OwnershipError: the tenant exists in a namespace of another name.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        StalePlanError: others changed the same objects again and again; nothing was written.
        PartialApplyError: something failed, or it was interrupted; see its `report`.
        ClusterError: the live objects could not be read; nothing was written.

    RBAC: that of `plan_remove_route`; delete ingresses or httproutes in the namespace.

    Source: pages "Ingress" and "Gateway API".

    Example:
        >>> tk.add_route(cluster, "forecast", tk.Route(service="api", port=80), progress=False).summary
        '1 applied'
        >>> tk.remove_route(cluster, "forecast", "http://forecast.example.ai/", progress=False).summary
        '1 applied'
    """
    running = Running(progress, on_progress, cancelled, max_concurrency=1, timeout_s=0)
    return carry_out(
        cluster,
        lambda: plan_remove_route(cluster, tenant, route),
        running,
        again=lambda: _plan_removal(cluster, tenant, route, skips_unknown=True),
    )


def _plan_removal(
    cluster: ClusterApi, tenant: str, route: str | Route | Sequence[str | Route], *, skips_unknown: bool = False
) -> Plan:
    """The plan that removes routes.

    Args:
        cluster: the cluster.
        tenant: its name.
        route: one or several.
        skips_unknown: whether it is no error that one does not exist, since another owner was faster.
    """
    advice = "pass a URL, a path, the name of a route's object or a Route, or a list of these"
    given = cast("tuple[str | Route, ...]", checked_many("route", route, (str, Route), advice))
    name, platform = checked_tenant(tenant), get_platform(cluster)
    state = read_state(cluster, name, platform, ROUTE_KINDS)
    edit = TeamEdit(name, without=_found(given, state, platform, skips_unknown=skips_unknown))
    return plan_edit(cluster, edit, state, platform, ())


def _found(
    given: Sequence[str | Route], state: TenantState, platform: Platform, *, skips_unknown: bool
) -> tuple[ObjectRef, ...]:
    """The objects of these routes."""
    objects = _objects_by_place(state, platform)
    found: dict[ObjectRef, None] = {}
    missing: list[str | Route] = []
    for one in given:
        matching = list(_matching(one, objects, state, platform))
        if len(matching) > 1:
            listed = " and ".join(map(repr, sorted({ref.name for each in matching for ref in each})))
            raise InvalidSpecError([Problem("route", one, f"means the objects {listed}: pass the name of one of them")])
        if not matching:
            missing.append(one)
        found.update(dict.fromkeys(ref for each in matching for ref in each))
    if missing and not skips_unknown:
        raise _missing(missing, [(host, path) for host, path, _ in objects], state, platform.routing.kinds[-1])
    return tuple(found)


def _objects_by_place(state: TenantState, platform: Platform) -> dict[_Place, list[ObjectRef]]:
    """The objects by host and path: several during a migration, or if others made one with kubectl."""
    tenant, content = state.tenant, state.content
    objects: dict[_Place, list[ObjectRef]] = {}
    for ref, route in all_routes_of(content.routes, tenant, platform, content.namespace).items():
        objects.setdefault(place_of(route, tenant, platform), []).append(ref)
    return objects


def _matching(
    one: str | Route, objects: dict[_Place, list[ObjectRef]], state: TenantState, platform: Platform
) -> Iterator[list[ObjectRef]]:
    """The objects of each route that a text or a Route may mean."""
    if isinstance(one, Route):
        place = place_of(one, state.tenant, platform)
        yield from (found for known, found in objects.items() if known == place)
        return
    named = [ref for found in objects.values() for ref in found if ref.name == one]
    if named:
        yield named
        return
    own = platform.own_host(state.tenant)
    host, path = (own, one) if one.startswith("/") else _split(one)
    for (known, at, is_exact), found in objects.items():
        same = at == path if is_exact else at == (path.rstrip("/") or "/")
        if known == host and same:
            yield found


def _split(text: str) -> tuple[str, str]:
    """Host and path of a URL, with or without its scheme."""
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:  # such as an unfinished IPv6 address
        return "", ""
    return url.hostname or "", url.path or "/"


def _missing(
    missing: Sequence[str | Route], places: Sequence[tuple[str, str]], state: TenantState, kind: str
) -> NotFound:
    known = [f"{host}{path}" for host, path in places]
    listed = ", ".join(repr(one) for one in missing)
    return NotFound(
        f"tenant {state.tenant.name!r} has no route {listed}; nothing was written",
        status=404,
        kind=kind,
        namespace=(state.content.namespace or {}).get("metadata", {}).get("name"),
        operation="remove a route",
        hint=Hint("its routes are {known}", {"known": first_of(known, NAMED)}) if known else Hint("it has no route"),
    )
