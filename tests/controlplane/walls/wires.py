"""Networks without containers: each pod is a network namespace, joined to the node's by a routed pair of interfaces.

A network namespace is held by an open file of this process alone, so all of them end with it, however it ends. There is
no bridge: packets between pods are routed by the node, where the policy engine sees them.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

_CLONE_NEWNET = 0x40000000
_GATEWAY, _GATEWAY_IPV6 = "169.254.1.1", "fe80::1"  # the node's end of each pair
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkNamespace:
    """A new network namespace, or with `here` the one that this process is in."""

    def __init__(self, name: str, *, here: bool = False) -> None:
        self.name = name

        def make() -> int:
            if not here:
                _check(_libc.unshare(_CLONE_NEWNET))
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        self._file = _in_thread(make)
        self.path = f"/proc/{os.getpid()}/fd/{self._file}"

    def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of a function that runs in this network; its sockets stay in it."""

        def inside() -> _Result:
            _check(_libc.setns(self._file, _CLONE_NEWNET))
            return work()

        return _in_thread(inside)

    def ip(self, *lines: str) -> None:
        """Run `ip -batch` in it."""
        command = ["nsenter", f"--net={self.path}", "ip", "-batch", "-"]
        subprocess.run(command, input="\n".join(lines) + "\n", text=True, check=True)


@dataclass
class Wires:
    """Everything that is connected to one node.

    Args:
        node: its network.
        sources: the node's own addresses, from which it reaches what is connected.
    """

    node: NetworkNamespace
    sources: tuple[str, ...]
    places: dict[str, NetworkNamespace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places[self.node.name] = self.node

    def attach(self, name: str, *addresses: str) -> NetworkNamespace:
        """A new network with these addresses, connected to the node."""
        place = NetworkNamespace(name)
        wire = f"w{len(self.places)}"
        has_ipv6 = any(map(_is_ipv6, addresses))
        self.node.ip(
            f"link add {wire} type veth peer name eth0 netns {place.path}",
            f"link set {wire} up",
            f"address add {_GATEWAY}/32 dev {wire}",
            *([f"address add {_GATEWAY_IPV6}/64 dev {wire} nodad"] if has_ipv6 else []),
            *(f"route add {_alone(address)} dev {wire} src {self._source(address)}" for address in addresses),
        )
        place.ip(
            "link set lo up",
            "link set eth0 up",
            *(f"address add {_alone(each)} dev eth0{' nodad' if _is_ipv6(each) else ''}" for each in addresses),
            f"route add {_GATEWAY} dev eth0 scope link",
            f"route add default via {_GATEWAY}",
            *([f"route add default via {_GATEWAY_IPV6} dev eth0"] if has_ipv6 else []),
        )
        self.places[name] = place
        return place

    def _source(self, address: str) -> str:
        return next(source for source in self.sources if _is_ipv6(source) == _is_ipv6(address))


def _is_ipv6(address: str) -> bool:
    return ":" in address


def _alone(address: str) -> str:
    return f"{address}/{128 if _is_ipv6(address) else 32}"


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Run in a thread of its own, so that a change of network concerns no other."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
