"""Which routes ask for the same requests, and who gets them: the verdict on each host and path.

Two entries collide if some request, a host and a path, is for both, and they are not of one owner. The class, Gateway
and port do not matter: which proxy gets a request depends on DNS, and people take one host for one owner. Neither do
conditions on headers. A default backend answers only what no rule matches, so it collides with other default backends
alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.rules.routes.hosts import hosts_overlap, wider
from tenantkit.rules.routes.index import RouteIndex
from tenantkit.rules.routes.paths import paths_overlap
from tenantkit.rules.routes.precedence import winner_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tenantkit.rules.routes.entry import Entry

RouteState: TypeAlias = Literal[
    "collides", "outside grant", "no such class", "not attached", "unknown", "shared within tenant", "owned"
]
STATES: tuple[RouteState, ...] = (
    *("collides", "outside grant", "no such class", "not attached"),
    *("unknown", "shared within tenant", "owned"),
)

_NOT_GRANTED = "this host was not granted to the tenant"
_EVERY_HOST = "it asks for every host, which no tenant is granted"
_UNCERTAIN = "only the controller decides whether they ask for the same requests"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one host and path.

    Args:
        state: the first of `STATES` that is true.
        others: who else asks for the same requests: of other owners, or of the same tenant if it is shared.
        has_more: whether `others` are only the first few.
        winner: who gets the requests today; None: not known.
        reason: of the state, where others do not say it; else "".
    """

    state: RouteState
    others: tuple[Entry, ...] = ()
    has_more: bool = False
    winner: Entry | None = None
    reason: str = ""


def collide(one: Entry, other: Entry) -> bool:
    """Whether two entries ask for the same requests and are of different owners.

    The same as `verdicts` finds for two. An entry that is not attached serves nothing and collides with nothing.
    """
    if one.party == other.party or one.is_default != other.is_default or not (_serves(one) and _serves(other)):
        return False
    if any(wide.is_fallback and wide.host in wider(narrow.host) for wide, narrow in ((one, other), (other, one))):
        return False  # the more specific one gets the requests
    return hosts_overlap(one.host, other.host) and paths_overlap(one.path, other.path)


def verdicts(
    entries: Iterable[Entry], granted: Mapping[str, Collection[str]], *, is_complete: bool = True
) -> dict[Entry, Verdict]:
    """The verdict on each entry, in time that grows with their number.

    Args:
        entries: all that are known, each once.
        granted: the hosts of each tenant, as DNS compares them; of one that is missing, they are not known.
        is_complete: whether these are all; if not, others may ask for the same requests.
    """
    listed = list(entries)
    serving = [entry for entry in listed if _serves(entry)]
    pools = {
        (is_default, is_certain): RouteIndex(
            (it for it in serving if (it.is_default, it.is_certain) == (is_default, is_certain)),
            lambda entry: entry.party,
        )
        for is_default in (False, True)
        for is_certain in (False, True)
    }
    of_tenant: dict[str, list[Entry]] = defaultdict(list)
    for entry in serving:
        if entry.owner.tenant is not None and not entry.is_default and not entry.is_listener:
            of_tenant[entry.owner.tenant].append(entry)
    within = {tenant: RouteIndex(own, lambda entry: entry.object) for tenant, own in of_tenant.items()}
    return {entry: _verdict(entry, pools, within, granted, is_complete=is_complete) for entry in listed}


def _verdict(
    entry: Entry,
    pools: Mapping[tuple[bool, bool], RouteIndex],
    within: Mapping[str, RouteIndex],
    granted: Mapping[str, Collection[str]],
    *,
    is_complete: bool,
) -> Verdict:
    if _serves(entry) and entry.is_certain:
        others, is_whole = pools[entry.is_default, True].others(entry)
        if others:
            winner = winner_of(entry, others) if is_whole else None
            return Verdict("collides", tuple(others), not is_whole, winner)
    problem = _problem(entry, granted)
    return problem if problem is not None else _harmless(entry, pools, within, granted, is_complete=is_complete)


def _problem(entry: Entry, granted: Mapping[str, Collection[str]]) -> Verdict | None:
    tenant = entry.owner.tenant
    if tenant is not None and not entry.asked:
        return Verdict("outside grant", reason=_EVERY_HOST)
    if tenant is not None and entry.asked not in granted.get(tenant, (entry.asked,)):
        return Verdict("outside grant", reason=_NOT_GRANTED)
    return None if entry.problem is None else Verdict(entry.problem, reason=entry.reason)


def _harmless(
    entry: Entry,
    pools: Mapping[tuple[bool, bool], RouteIndex],
    within: Mapping[str, RouteIndex],
    granted: Mapping[str, Collection[str]],
    *,
    is_complete: bool,
) -> Verdict:
    """The verdict on an entry that is in nobody's way, as far as known."""
    possible, is_whole = pools[entry.is_default, False].others(entry)
    if not entry.is_certain:
        others, is_all = pools[entry.is_default, True].others(entry)
        possible, is_whole = _joined(possible, others), is_whole and is_all
    if possible:
        return Verdict("unknown", tuple(possible), not is_whole, reason=_UNCERTAIN)
    tenant = entry.owner.tenant
    if not entry.owner.is_known:
        return Verdict("unknown", reason="its Namespace may not be read")
    if not is_complete:
        return Verdict("unknown")
    if tenant is not None and tenant not in granted:
        return Verdict("unknown", reason="the tenant's grant cannot be read")
    if tenant is not None and tenant in within and not (entry.is_default or entry.is_listener):
        others, is_whole = within[tenant].others(entry)
        if others:
            return Verdict("shared within tenant", tuple(others), not is_whole)
    return Verdict("owned")


def _joined(one: Sequence[Entry], other: Sequence[Entry]) -> list[Entry]:
    return sorted({*one, *other}, key=lambda each: each.order)


def _serves(entry: Entry) -> bool:
    """Whether requests may reach it; some controllers also serve a class that does not exist as an object."""
    return entry.problem != "not attached"
