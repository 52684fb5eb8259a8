"""What tenantkit says about a connection: the frame of `connectivity`, read as a person reads it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from tests.controlplane.walls.cast import HOST_CONTROLLER, HOSTS, NODE, NODE_DNS, PODS, ROUTING_NAMESPACE, TENANTS

if TYPE_CHECKING:
    import pandas as pd

    from tests.controlplane.walls.cast import Target

NO_ROW = "no row"
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
            peer = "DNS" if NODE_DNS in (target.address, address) else _peer(home, target.place)
            return self._answer((home, "Egress", peer), "destination", target, address)
        if other in TENANTS:
            if source == NODE:
                return self._own_node(other)
            own_address = HOSTS[source][":" in address] if source in HOSTS else ""
            peer = "other namespaces" if source in ("dns", "system") else _peer(other, source)
            return self._answer((other, "Ingress", peer), "source", target, own_address)
        return NO_ROW

    def _own_node(self, namespace: str) -> bool:
        return any(row["code"] == "from-its-node" for row in self._rows[namespace, "Ingress", "nodes"])

    def _answer(self, key: tuple[str, str, str], end: str, target: Target, address: str) -> bool | str | None:
        family = "IPv6" if ":" in address else "IPv4"
        rows = [
            row
            for row in self._rows.get(key, ())
            if family in row["family"].split(", ")
            and row["code"] != "from-its-node"
            and (row["protocol"] == "all" or target.protocol in row["protocol"].split(", "))
            and _includes(row[end], address, target.place if end == "destination" else "")
        ]
        exact = [row for row in rows if row["port"] == "all" or str(target.port) in row["port"].split(", ")]
        found = exact or [row for row in rows if row["port"] == "others"]
        if len(found) != 1:
            return f"{len(found)} rows"
        allowed: bool | None = found[0]["allowed"]
        return allowed


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


def _includes(text: str, address: str, place: str) -> bool:
    """Whether the text of an end includes an address or a pod: `internet`, or `internet: 203.0.113.0/24, …`."""
    kind, colon, listed = text.partition(": ")
    if not colon:
        return not kind.startswith("shared endpoint ") or _has(kind.removeprefix("shared endpoint "), address)
    return any(_has(part, address) or part == _home(place) for part in listed.split(", "))


def _has(text: str, address: str) -> bool:
    try:
        return bool(address) and ip_address(address) in ip_network(text)
    except ValueError:
        return False
