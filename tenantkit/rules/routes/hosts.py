"""Hosts of routes: one host, a wildcard, or every host; and which of them have a request in common.

A wildcard of an Ingress stands for one label: `*.example.ai` is `a.example.ai`, but not `a.b.example.ai`. That of the
Gateway API stands for one or more. Neither stands for `example.ai`.

Sources: page "Ingress", section "Hostname wildcards"; Gateway API, types `Hostname` and `PreciseHostname`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Reach: TypeAlias = Literal["exact", "label", "below"]

_WILDCARD = "*."


class Host(NamedTuple):
    """The hosts that a route asks for.

    Args:
        reach: only this name (`exact`), one label before it (`label`), or one or more (`below`).
        name: in lower case, ASCII form and without a dot at its end; "" with `below` is every host.
    """

    reach: Reach
    name: str

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for several hosts."""
        return self.reach != "exact"

    @property
    def text(self) -> str:
        """As in a manifest; "" for every host."""
        return f"{_WILDCARD}{self.name}" if self.is_wildcard and self.name else self.name


EVERY_HOST = Host("below", "")


def canonical_host(text: str) -> str:
    """The host as DNS compares it: in lower case, ASCII form (IDNA) and without a dot at its end.

    A text that has no ASCII form stays as it is, in lower case: no request can ask for it.

    Example:
        >>> canonical_host("Müller.Example.AI."), canonical_host("*.Example.ai")
        ('xn--mller-kva.example.ai', '*.example.ai')
    """
    lower = text.strip().lower()
    lower = lower.removesuffix(".") if lower != "." else ""
    if lower.isascii():
        return lower
    start = _WILDCARD if lower.startswith(_WILDCARD) else ""
    try:
        return start + lower.removeprefix(start).encode("idna").decode("ascii")
    except UnicodeError:
        return lower


def ingress_host(text: str | None) -> Host:
    """The host of an Ingress's rule.

    Example:
        >>> ingress_host("*.example.ai"), ingress_host(None)
        (Host(reach='label', name='example.ai'), Host(reach='below', name=''))
    """
    return _host(text, "label")


def gateway_host(text: str | None) -> Host:
    """The hostname of an HTTPRoute or a listener.

    Example:
        >>> gateway_host("*.example.ai")
        Host(reach='below', name='example.ai')
    """
    return _host(text, "below")


def alike(host: Host) -> tuple[Host, ...]:
    """The host, and the wildcard of the other API at the same name: neither of the two is more specific.

    Example:
        >>> [it.reach for it in alike(Host("label", "example.ai"))]
        ['label', 'below']
    """
    if not host.is_wildcard or not host.name:
        return (host,)
    return Host("label", host.name), Host("below", host.name)


def wider(host: Host) -> Iterator[Host]:
    """The wildcards with a shorter name that have a host in common with this one, the most specific first.

    Example:
        >>> [it.text for it in wider(Host("exact", "a.example.ai"))]
        ['*.example.ai', '*.example.ai', '*.ai', '']
    """
    name = host.name
    if host.reach == "exact" and "." in name:
        yield Host("label", name.partition(".")[2])
    while name:
        name = name.partition(".")[2]
        yield Host("below", name)


def hosts_overlap(one: Host, other: Host) -> bool:
    """Whether one request can be for both.

    Example:
        >>> [hosts_overlap(Host("exact", "a.b.ai"), it) for it in (Host("label", "ai"), Host("below", "ai"))]
        [False, True]
    """
    return other in alike(one) or other in wider(one) or one in wider(other)


def common_host(route: Host, listener: Host) -> Host | None:
    """The hosts of an HTTPRoute that a listener accepts; None: none of them.

    Source: Gateway API, `HTTPRouteSpec.hostnames`.

    Example:
        >>> common_host(Host("below", "example.ai"), Host("exact", "a.example.ai"))
        Host(reach='exact', name='a.example.ai')
    """
    if route == listener or listener in wider(route):
        return route
    return listener if route in wider(listener) else None


def _host(text: str | None, wildcard: Reach) -> Host:
    name = canonical_host(text or "")
    if not name or name == "*":
        return EVERY_HOST
    return Host(wildcard, name.removeprefix(_WILDCARD)) if name.startswith(_WILDCARD) else Host("exact", name)
