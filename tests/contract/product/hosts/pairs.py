"""Pairs of routes with the verdict on each, written by hand.

The first route is tenant a's, the second tenant b's, where nothing else is said. A verdict is the state of both, or of
each. `wins` is which of them gets the requests of both, where that is known: 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.contract.product.hosts.routes import Wanted

if TYPE_CHECKING:
    from tests.contract.product.hosts.routes import Where

COLLIDES, APART, SHARED, UNKNOWN = "collides", "owned", "shared within tenant", "unknown"
OUTSIDE, NO_CLASS, LOST = "outside grant", "no such class", "not attached"


@dataclass(frozen=True)
class Pair:
    """Two routes, the states of both, where they are, and which of them wins."""

    one: Wanted
    other: Wanted
    states: str | tuple[str, str]
    where: tuple[Where, Where] = ("a", "b")
    wins: int | None = None

    @property
    def expected(self) -> tuple[str, str]:
        return (self.states, self.states) if isinstance(self.states, str) else self.states


def ing(host: str | None, path: str | None = "/", path_type: str = "Prefix", *, at: str = "") -> Wanted:
    return Wanted("Ingress", host, path, path_type, at)


def http(host: str | None, path: str | None = "/", path_type: str = "PathPrefix", *, at: str = "edge/web") -> Wanted:
    return Wanted("HTTPRoute", host, path, path_type, at)


DEFAULT = Wanted("Ingress", None, is_default=True)
GET = {"method": "GET"}
ANY = "ImplementationSpecific"
REGEX = "RegularExpression"


def _of_paths() -> dict[str, Pair]:
    """One host, with two paths of two Ingresses, of two HTTPRoutes, and of one of each."""
    paths = [
        # one path and its type, the other's, whether they meet, and which of two HTTPRoutes wins
        ("/", "Prefix", "/", "Prefix", True, 0),
        ("/ai", "Prefix", "/ai", "Prefix", True, 0),
        ("/ai", "Prefix", "/ai/", "Prefix", True, 0),
        ("/", "Prefix", "/ai", "Prefix", True, 1),
        ("/ai/service", "Prefix", "/ai", "Prefix", True, 0),
        ("/ai", "Prefix", "/ai-service", "Prefix", False, None),
        ("/ai", "Prefix", "/aiservice", "Prefix", False, None),
        ("/ai", "Prefix", "/AI", "Prefix", False, None),
        ("/ai/v1", "Prefix", "/ai/v2", "Prefix", False, None),
        ("/ai", "Exact", "/ai", "Exact", True, 0),
        ("/ai", "Exact", "/ai/", "Exact", False, None),
        ("/ai", "Exact", "/ai/v1", "Exact", False, None),
        ("/", "Exact", "/ai", "Exact", False, None),
        ("/ai", "Exact", "/ai", "Prefix", True, 0),
        ("/ai/", "Exact", "/ai", "Prefix", True, 0),
        ("/ai", "Exact", "/ai/", "Prefix", True, 0),
        ("/ai/v1", "Exact", "/ai", "Prefix", True, 0),
        ("/ai", "Exact", "/ai/v1", "Prefix", False, None),
        ("/ai-service", "Exact", "/ai", "Prefix", False, None),
        ("/", "Exact", "/", "Prefix", True, 0),
        ("/", "Exact", "/ai", "Prefix", False, None),
    ]
    kinds = {"Ingresses": (ing, ing), "HTTPRoutes": (http, http), "one of each": (ing, http)}
    found = {}
    for words, (make, make_other) in kinds.items():
        for path, path_type, other, other_type, is_met, wins in paths:
            one = make("shop", path, _typed(make, path_type))
            two = make_other("shop", other, _typed(make_other, other_type))
            state = COLLIDES if is_met else APART
            found[f"{words}: {path_type} {path}, {other_type} {other}"] = Pair(
                one, two, state, wins=wins if words == "HTTPRoutes" else None
            )
    return found


def _typed(make: object, path_type: str) -> str:
    return "PathPrefix" if make is http and path_type == "Prefix" else path_type


_HOSTS: dict[str, Pair] = {
    "two hosts": Pair(ing("shop"), ing("news"), APART),
    "a host and one below it": Pair(ing("shop"), ing("a.shop"), APART),
    "a host and the domain": Pair(ing("shop"), ing("@"), APART),
    "two hosts with one end": Pair(ing("shop"), ing("my-shop"), APART),
    "names in ASCII form": Pair(ing("xn--mller-kva"), ing("xn--mller-kva"), COLLIDES),
    "two names in ASCII form": Pair(ing("xn--mller-kva"), ing("muller"), APART),
    "a wildcard and a host below it": Pair(ing("*.shop"), ing("a.shop"), COLLIDES),
    "a wildcard and two labels below it": Pair(ing("*.shop"), ing("a.b.shop"), APART),
    "a wildcard and its own name": Pair(ing("*.shop"), ing("shop"), APART),
    "a wildcard and its sibling": Pair(ing("*.shop"), ing("*.news"), APART),
    "the same wildcard": Pair(ing("*.shop"), ing("*.shop"), COLLIDES),
    "nested wildcards": Pair(ing("*.b.shop"), ing("*.shop"), APART),
    "a wildcard and a host with another path": Pair(ing("*.shop", "/ai"), ing("a.shop", "/v1"), APART),
    "a wildcard with a nested path": Pair(ing("*.shop", "/ai/v1"), ing("a.shop", "/ai"), COLLIDES),
    "HTTPRoutes: a wildcard and a host below it": Pair(http("*.shop"), http("a.shop"), COLLIDES, wins=1),
    "HTTPRoutes: a wildcard and two labels below it": Pair(http("*.shop"), http("a.b.shop"), COLLIDES, wins=1),
    "HTTPRoutes: a wildcard and its own name": Pair(http("*.shop"), http("shop"), APART),
    "HTTPRoutes: nested wildcards": Pair(http("*.b.shop"), http("*.shop"), COLLIDES, wins=0),
    "HTTPRoutes: the same wildcard": Pair(http("*.shop"), http("*.shop"), COLLIDES, wins=0),
    "HTTPRoutes: a host wins with a shorter path": Pair(http("*.shop", "/ai"), http("a.shop"), COLLIDES, wins=1),
    "an Ingress's wildcard and an HTTPRoute's host": Pair(ing("*.shop"), http("a.shop"), COLLIDES),
    "an Ingress's wildcard and two labels of an HTTPRoute": Pair(ing("*.shop"), http("a.b.shop"), APART),
    "an HTTPRoute's wildcard and two labels of an Ingress": Pair(http("*.shop"), ing("a.b.shop"), COLLIDES),
    "wildcards of both kinds": Pair(ing("*.shop"), http("*.shop"), COLLIDES),
    "an Ingress's wildcard below an HTTPRoute's": Pair(ing("*.b.shop"), http("*.shop"), COLLIDES),
    "an HTTPRoute's wildcard below an Ingress's": Pair(http("*.b.shop"), ing("*.shop"), APART),
    "every host and a host": Pair(ing(None), ing("shop"), COLLIDES),
    "every host twice": Pair(ing(None), ing(None), COLLIDES),
    "every host and a wildcard": Pair(ing(None), ing("*.shop"), COLLIDES),
    "every host with another path": Pair(ing(None, "/only-one"), ing("shop", "/only-two"), (OUTSIDE, APART)),
    "HTTPRoutes: every host and a host": Pair(http(None), http("shop"), COLLIDES, wins=1),
    "HTTPRoutes: every host of a listener": Pair(http(None, at="edge/own"), http("shop"), (OUTSIDE, APART)),
    "HTTPRoutes: every host of a listener and its host": Pair(
        http(None, at="edge/own"), http("a.gw", at="edge/own"), COLLIDES, wins=1
    ),
    "a default backend and a host": Pair(DEFAULT, ing("shop"), (OUTSIDE, APART)),
    "a default backend and every host": Pair(DEFAULT, ing(None), OUTSIDE),
    "two default backends": Pair(DEFAULT, DEFAULT, COLLIDES),
    "a rule without paths": Pair(ing("shop", None), ing("shop", "/ai"), COLLIDES),
    "an HTTPRoute without rules": Pair(http("shop", None), http("shop", "/ai"), COLLIDES, wins=1),
}
_PLACES: dict[str, Pair] = {
    "one class": Pair(ing("shop", at="shared"), ing("shop", at="shared"), COLLIDES),
    "a class and none": Pair(ing("shop", at="shared"), ing("shop"), COLLIDES),
    "a class that does not exist": Pair(ing("shop", at="lost"), ing("news"), (NO_CLASS, APART)),
    "a class that does not exist, at one host": Pair(ing("shop", at="lost"), ing("shop"), COLLIDES),
    "two classes that do not exist": Pair(ing("shop", at="lost"), ing("shop", at="gone"), COLLIDES),
    "two Gateways": Pair(http("shop"), http("shop", at="far/web"), COLLIDES),
    "two listeners": Pair(http("shop"), http("shop", at="edge/other"), COLLIDES),
    "a listener and all of the Gateway": Pair(http("shop"), http("shop", at="edge"), COLLIDES),
    "another controller": Pair(http("shop", at="far/web"), http("shop", at="far/web"), COLLIDES),
    "a Gateway that does not exist": Pair(http("shop", at="lost"), http("shop"), (LOST, APART)),
    "a section that does not exist": Pair(http("shop", at="edge/lost"), ing("shop"), (LOST, APART)),
    "a Gateway that takes no routes": Pair(http("shop", at="closed"), http("shop"), (LOST, APART)),
    "a listener of other hosts": Pair(http("shop", at="edge/own"), http("shop"), (LOST, APART)),
    "both not attached": Pair(http("shop", at="lost"), http("shop", at="closed"), LOST),
    "not attached, and not granted": Pair(http("taken", at="lost"), ing("shop"), (OUTSIDE, APART)),
    "a host that was not granted": Pair(ing("taken"), ing("shop"), (OUTSIDE, APART)),
    "an HTTPRoute's host that was not granted": Pair(http("taken"), ing("shop"), (OUTSIDE, APART)),
    "a host that neither was granted": Pair(ing("taken"), ing("taken"), COLLIDES),
    "a wildcard that was not granted": Pair(ing("*.taken"), ing("shop"), (OUTSIDE, APART)),
}
_OWNERS: dict[str, Pair] = {
    "one tenant: the same": Pair(ing("shop"), ing("shop"), SHARED, ("a", "a")),
    "one tenant: an Ingress and an HTTPRoute": Pair(ing("shop"), http("shop"), SHARED, ("a", "a")),
    "one tenant: nested paths": Pair(ing("shop"), ing("shop", "/ai"), SHARED, ("a", "a")),
    "one tenant: two paths": Pair(ing("shop", "/ai"), ing("shop", "/ai-service"), APART, ("a", "a")),
    "one tenant: a wildcard and a host": Pair(ing("*.shop"), ing("a.shop"), SHARED, ("a", "a")),
    "one tenant: two hosts": Pair(ing("shop"), ing("news"), APART, ("a", "a")),
    "one tenant: not granted": Pair(ing("taken"), ing("taken"), OUTSIDE, ("a", "a")),
    "no tenant: at a tenant's host": Pair(ing("shop"), ing("shop"), COLLIDES, ("a", "ops")),
    "no tenant: below a tenant's host": Pair(ing("shop"), ing("shop", "/oauth2"), COLLIDES, ("a", "ops")),
    "no tenant: every host": Pair(ing("shop"), ing(None), APART, ("a", "ops")),
    "no tenant: a wildcard above a tenant's host": Pair(ing("a.shop"), ing("*.shop"), APART, ("a", "ops")),
    "no tenant: HTTPRoute with every host": Pair(http("shop"), http(None), APART, ("a", "ops")),
    "no tenant: a host below a tenant's wildcard": Pair(ing("*.shop"), ing("a.shop"), COLLIDES, ("a", "ops")),
    "no tenant: the same wildcard": Pair(ing("*.shop"), ing("*.shop"), COLLIDES, ("a", "ops")),
    "no tenant: another host": Pair(ing("shop"), ing("elsewhere"), APART, ("a", "ops")),
    "no tenant: its default backend": Pair(ing("shop"), DEFAULT, APART, ("a", "ops")),
    "no tenant: both default backends": Pair(DEFAULT, DEFAULT, COLLIDES, ("a", "ops")),
    "no tenant: two routes of one namespace": Pair(ing("shop"), ing("shop"), APART, ("ops", "ops")),
}
_UNCERTAIN: dict[str, Pair] = {
    "a pattern": Pair(ing("shop", "/ai(/|$)(.*)", ANY), ing("shop", "/v1"), UNKNOWN),
    "a pattern at another host": Pair(ing("shop", "/ai(/|$)(.*)", ANY), ing("news"), APART),
    "ImplementationSpecific at one path": Pair(ing("shop", "/ai", ANY), ing("shop", "/ai"), COLLIDES),
    "ImplementationSpecific at two paths": Pair(ing("shop", "/ai", ANY), ing("shop", "/v1", ANY), APART),
    "ImplementationSpecific, nested": Pair(ing("shop", "/ai/v1", ANY), ing("shop", "/ai", ANY), COLLIDES),
    "a regular expression": Pair(http("shop", "/ai/[a-z]+", REGEX), http("shop", "/v1"), UNKNOWN),
    "two patterns": Pair(ing("shop", "/a.*", ANY), http("shop", "/b.*", REGEX), UNKNOWN),
    "a condition on the method": Pair(
        Wanted("HTTPRoute", "shop", "/", "PathPrefix", "edge/web", match=GET), http("shop"), COLLIDES
    ),
}

PAIRS = {**_of_paths(), **_HOSTS, **_PLACES, **_OWNERS, **_UNCERTAIN}
GRANTED = (
    *("shop", "*.shop", "a.shop", "b.shop", "a.b.shop", "*.b.shop", "news", "*.news", "my-shop", "@", "a.gw"),
    *("xn--mller-kva", "muller"),
)
