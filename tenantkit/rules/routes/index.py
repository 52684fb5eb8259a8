"""Who else asks for the same requests: found by the names of hosts and the segments of paths, never pair by pair.

Each entry is kept under its host and path and under all that enclose them, so that a question costs as many look-ups as
a host has labels and a path has segments. Under each only the first few parties are kept, since a list of all would
grow with the square of the routes.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from tenantkit.rules.routes.hosts import alike, wider
from tenantkit.rules.routes.paths import prefixes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tenantkit.rules.routes.entry import Entry
    from tenantkit.rules.routes.hosts import Host
    from tenantkit.rules.routes.paths import RoutePath

MOST = 5  # so many others are named


class RouteIndex:
    """Some entries, to be asked which of them have a request in common with another one.

    Args:
        entries: in any order.
        party: who owns an entry; those of the same party are not told of each other.
    """

    def __init__(self, entries: Iterable[Entry], party: Callable[[Entry], object]) -> None:
        self._party = party
        self._same: dict[Host, _Paths] = defaultdict(_Paths)
        self._wildcards: dict[Host, _Paths] = defaultdict(_Paths)
        self._enclosed: dict[Host, _Paths] = defaultdict(_Paths)
        for entry in sorted(entries, key=lambda each: each.order):
            self._add(entry)

    def others(self, entry: Entry) -> tuple[list[Entry], bool]:
        """The entries of other parties that have a request in common with this one.

        The platform's wildcards are left out where the other one is more specific: that one gets the requests, and the
        platform answers those that nobody asks for.

        Returns:
            At most `MOST`, in their order; and whether these are all.
        """
        host, party = entry.host, self._party(entry)
        places = [*(self._same.get(it) for it in alike(host)), *(self._wildcards.get(it) for it in wider(host))]
        if host.is_wildcard and not entry.is_fallback:
            places.append(self._enclosed.get(host))
        found: dict[Entry, None] = {}
        is_whole = True
        for askers in chain.from_iterable(place.overlapping(entry.path) for place in places if place is not None):
            more, is_all = askers.others(party)
            found.update(dict.fromkeys(more))
            is_whole = is_whole and is_all
        ordered = sorted(found, key=lambda each: each.order)
        return ordered[:MOST], is_whole and len(ordered) <= MOST

    def _add(self, entry: Entry) -> None:
        party = self._party(entry)
        self._same[entry.host].add(entry, party)
        if entry.host.is_wildcard and not entry.is_fallback:
            self._wildcards[entry.host].add(entry, party)
        for host in wider(entry.host):
            self._enclosed[host].add(entry, party)


class _Paths:
    """The entries of some hosts, by path."""

    __slots__ = ("_below", "_exact", "_prefix")

    def __init__(self) -> None:
        self._exact: dict[str, _Askers] = {}
        self._prefix: dict[str, _Askers] = {}
        self._below: dict[str, _Askers] = {}

    def add(self, entry: Entry, party: object) -> None:
        path = entry.path
        own = self._exact if path.reach == "exact" else self._prefix
        own.setdefault(path.text, _Askers()).add(entry, party)
        for prefix in prefixes_of(path.text):
            self._below.setdefault(prefix, _Askers()).add(entry, party)

    def overlapping(self, path: RoutePath) -> Iterator[_Askers]:
        """Those with a request in common with a path."""
        found = [self._prefix.get(prefix) for prefix in prefixes_of(path.text)]
        found.append(self._exact.get(path.text) if path.reach == "exact" else self._below.get(path.text))
        yield from (each for each in found if each is not None)


class _Askers:
    """The first few entries of the first few parties at one place."""

    __slots__ = ("_by_party", "_has_more")

    def __init__(self) -> None:
        self._by_party: dict[object, list[Entry]] = {}
        self._has_more = False

    def add(self, entry: Entry, party: object) -> None:
        own = self._by_party.get(party)
        if own is None:
            # one more than are named, since the one who asks is left out
            if len(self._by_party) > MOST:
                self._has_more = True
                return
            own = self._by_party[party] = []
        if len(own) <= MOST:
            own.append(entry)

    def others(self, party: object) -> tuple[list[Entry], bool]:
        found = [entry for other, own in self._by_party.items() if other != party for entry in own]
        return found[: MOST + 1], not self._has_more
