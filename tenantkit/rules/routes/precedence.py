"""Who gets a request that several routes ask for: only where a controller was tested with real requests.

Envoy Gateway follows the Gateway API: the more specific host, an exact path before a prefix, the longer prefix, the
older route, and then the first by namespace and name. Contour leaves two Ingresses at one host and path to the order of
a map, so there is no winner. Others were not tested.

Source: Gateway API, `HTTPRouteSpec.hostnames` and `HTTPRouteRule.matches`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.routes.entry import Entry

_TESTED = frozenset(("gateway.envoyproxy.io/gatewayclass-controller",))


def winner_of(entry: Entry, others: Iterable[Entry]) -> Entry | None:
    """Who gets all requests that an entry shares with others: itself, or the same other one; None: not known."""
    winners = {_of_two(entry, other) for other in others}
    return winners.pop() if len(winners) == 1 else None


def _of_two(one: Entry, other: Entry) -> Entry | None:
    if one.attachments != other.attachments or not (_is_tested(one) and _is_tested(other)):
        return None
    return min(one, other, key=_rank)


def _is_tested(entry: Entry) -> bool:
    """Whether it is served by tested controllers alone, and looks at host and path only."""
    controllers = {each.controller for each in entry.attachments}
    is_plain = entry.is_certain and not entry.has_conditions and not entry.is_listener
    return bool(controllers) and controllers <= _TESTED and is_plain


def _rank(entry: Entry) -> tuple[Any, ...]:
    host, path = entry.host, entry.path
    return (
        host.is_wildcard,
        -len(host.name),
        path.reach != "exact",
        -len(path.text),
        entry.since,
        f"{entry.namespace}/{entry.name}",
    )
