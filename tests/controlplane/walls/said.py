"""What tenantkit says about a connection: the frame of `connectivity`, read as a person reads it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.controlplane.walls.cast import HOST_CONTROLLER, HOSTS, NODE, NODE_DNS, PODS, ROUTING_NAMESPACE, TENANTS

if TYPE_CHECKING:
    import pandas as pd

    from tests.controlplane.walls.cast import Target

NO_ROW = "no row"
_ALWAYS = "from-its-node"
_SHARED = "shared endpoint "
_PEER_OF_HOST = {
    NODE: "nodes",
    HOST_CONTROLLER: "ingress controllers",
    "machine": "private networks",
    "internet": "internet",
    "metadata": "metadata service",
    "private": "private networks",
    "shared": "shared endpoints",
}


class Said:
    """The rows of the frame, by namespace, direction and peer."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
            key = row["namespace"], row["direction"], row["peer"]
            self._rows.setdefault(key, []).append({str(name): value for name, value in row.items()})

    def about(self, source: str, target: Target, address: str) -> bool | str | None:
        """What the frame says: allowed, denied, unknown (None), or that it has no row.

        It has rows about tenants' pods only, and none about a pod and itself.
        """
        home, other = _home(source), _home(target.place)
        if source == target.place:
            return NO_ROW
        if home in TENANTS:
            peer = "DNS" if target.address == NODE_DNS else _peer(home, target.place)
            return self._answer((home, "Egress", peer), "destination", target, _End(target.place, address))
        if other in TENANTS and source == NODE:
            return any(row["code"] == _ALWAYS for row in self._rows[other, "Ingress", "nodes"])
        if other in TENANTS:
            peer = "other namespaces" if source == "dns" else _peer(other, source)
            own_address = HOSTS[source][":" in address] if source in HOSTS else address
            return self._answer((other, "Ingress", peer), "source", target, _End(source, own_address))
        return NO_ROW

    def _answer(self, key: tuple[str, str, str], column: str, target: Target, end: _End) -> bool | str | None:
        family = "IPv6" if ":" in end.address else "IPv4"
        rows = [
            row
            for row in self._rows.get(key, ())
            if row["code"] != _ALWAYS
            and family in row["family"].split(", ")
            and (row["protocol"] == "all" or target.protocol in row["protocol"].split(", "))
            and end.is_in(row[column])
        ]
        exact = [row for row in rows if row["port"] == "all" or str(target.port) in row["port"].split(", ")]
        found = exact or [row for row in rows if row["port"] == "others"]
        if len(found) != 1:
            return f"{len(found)} rows"
        allowed: bool | None = found[0]["allowed"]
        return allowed


class _End(NamedTuple):
    place: str
    address: str

    def is_in(self, text: str) -> bool:
        """Whether a text of the frame includes it: `internet`, `internet: 203.0.113.0/24` or `DNS: a (app=x)`."""
        kind, colon, listed = text.partition(": ")
        if not colon:
            return not kind.startswith(_SHARED) or self._is_called(kind.removeprefix(_SHARED))
        return any(map(self._is_called, listed.split(", ")))

    def _is_called(self, text: str) -> bool:
        try:
            return ip_address(self.address) in ip_network(text)
        except ValueError:
            namespace, _, which = text.partition(" (")
            return namespace == _home(self.place) and which != "host network)"


def _home(place: str) -> str | None:
    return PODS[place][0] if place in PODS else None


def _peer(home: str, place: str) -> str:
    other = _home(place)
    if other is None:
        return _PEER_OF_HOST[place]
    if place == "dns":
        return "DNS"
    if other == ROUTING_NAMESPACE:
        return "ingress controllers"
    if other in TENANTS:
        return "same namespace" if other == home else "other tenants"
    return "other namespaces"
