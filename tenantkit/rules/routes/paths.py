"""Paths of routes: one path, or all below it; and which of them have a request in common.

A Prefix matches by segments: `/ai` is `/ai` and `/ai/service`, but not `/ai-service`. A slash at its end makes no
difference. An Exact path matches itself only, so `/ai` and `/ai/` are two.

Sources: page "Ingress", section "Path types"; Gateway API, type `HTTPPathMatch`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

PathReach: TypeAlias = Literal["exact", "prefix"]

# controllers read these in an ImplementationSpecific path as a pattern
_PATTERN = re.compile(r"[\\^$*+?()\[\]{}|]")


class RoutePath(NamedTuple):
    """The paths that a route asks for.

    Args:
        reach: only this path, or all below it, too.
        text: a prefix is without a slash at its end, so that "" is every path.
    """

    reach: PathReach
    text: str


EVERY_PATH = RoutePath("prefix", "")


def route_path(text: str | None, path_type: str | None) -> tuple[RoutePath, bool]:
    """The paths of a route, and whether that is certain.

    Where the controller decides what a path means, it is read as a Prefix; a pattern is read as every path, and is not
    certain.

    Args:
        text: as in the manifest; None or "": every path.
        path_type: of an Ingress or HTTPRoute.

    Example:
        >>> route_path("/ai/", "Prefix")
        (RoutePath(reach='prefix', text='/ai'), True)
        >>> route_path("/ai(/|$)(.*)", "ImplementationSpecific")
        (RoutePath(reach='prefix', text=''), False)
    """
    if not text:
        return EVERY_PATH, True
    if path_type == "RegularExpression" or (path_type == "ImplementationSpecific" and _PATTERN.search(text)):
        return EVERY_PATH, False
    absolute = text if text.startswith("/") else f"/{text}"
    if path_type == "Exact":
        return RoutePath("exact", absolute), True
    return RoutePath("prefix", absolute.rstrip("/")), True


def prefixes_of(text: str) -> Iterator[str]:
    """The prefixes that match a path, the shortest first; the path itself is the last.

    Example:
        >>> list(prefixes_of("/ai/service"))
        ['', '/ai', '/ai/service']
    """
    place = text.find("/")
    while place >= 0:
        yield text[:place]
        place = text.find("/", place + 1)
    yield text


def paths_overlap(one: RoutePath, other: RoutePath) -> bool:
    """Whether one request can be for both.

    Example:
        >>> ai, longer, nested = RoutePath("prefix", "/ai"), RoutePath("prefix", "/ai-x"), RoutePath("exact", "/ai/x")
        >>> paths_overlap(ai, longer), paths_overlap(ai, nested)
        (False, True)
    """
    return one == other or _encloses(one, other) or _encloses(other, one)


def _encloses(outer: RoutePath, inner: RoutePath) -> bool:
    return outer.reach == "prefix" and (inner.text == outer.text or inner.text.startswith(f"{outer.text}/"))
