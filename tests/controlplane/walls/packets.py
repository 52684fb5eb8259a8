"""Packets: servers that answer with the name of their place, and probes that tell who answered."""

from __future__ import annotations

import errno
import selectors
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.controlplane.walls.wires import NetworkNamespace

REFUSED, SILENT = "refused", "silent"
_AT_ONCE, _PAUSE_S = 32, 0.02  # more at once than the queue of an engine in user space holds are lost
_MOST_BYTES = 2000
_OWN_PORTS = cycle(range(10_000, 60_000))


class Probe(NamedTuple):
    """A packet from a place to an address, where the server of `target` should answer."""

    source: str
    target: str
    protocol: str
    address: str
    port: int


class Servers:
    """One thread that answers on every socket of every network with the name of the place."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, wake = socket.socketpair()
        self._selector.register(wake, selectors.EVENT_READ, None)
        threading.Thread(target=self._serve, daemon=True).start()

    def listen(
        self, place: NetworkNamespace, address: str, *, tcp: Sequence[int] = (), udp: Sequence[int] = ()
    ) -> None:
        """Answer on these ports of an address."""

        def bind() -> None:
            for kind, ports in ((socket.SOCK_STREAM, tcp), (socket.SOCK_DGRAM, udp)):
                for port in ports:
                    server = socket.socket(_family(address), kind)
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    server.bind((address, port))
                    if kind == socket.SOCK_STREAM:
                        server.listen(128)
                    server.settimeout(0)
                    self._selector.register(server, selectors.EVENT_READ, place.name.encode())

        place.run(bind)
        self._wake.send(b"x")

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                with suppress(OSError):  # the client may have closed the connection
                    self._answer(key.fileobj, key.data)

    def _answer(self, server: Any, answer: bytes | None) -> None:
        if answer is None:
            server.recv(100)
        elif server.type == socket.SOCK_STREAM:
            client, _ = server.accept()
            client.send(answer)
            client.close()
        else:
            _, whence = server.recvfrom(_MOST_BYTES)
            server.sendto(answer, whence)


def answers(
    places: Mapping[str, NetworkNamespace], probes: Sequence[Probe], *, timeout_s: float = 0.5
) -> dict[Probe, str]:
    """Who answered each probe: a place's name, `refused` (by an engine, or a port without a server) or `silent`.

    Those that are silent are asked again, since one lost packet is not a wall.
    """
    found = _Round(places).ask(probes, timeout_s)
    again = [probe for probe, answer in found.items() if answer == SILENT]
    return found | (_Round(places).ask(again, timeout_s) if again else {})


class _Round:
    """Probes that are sent once."""

    def __init__(self, places: Mapping[str, NetworkNamespace]) -> None:
        self._places = places
        self._selector = selectors.DefaultSelector()
        self._found: dict[Probe, str] = {}

    def ask(self, probes: Sequence[Probe], timeout_s: float) -> dict[Probe, str]:
        for start in range(0, len(probes), _AT_ONCE):
            some = probes[start : start + _AT_ONCE]
            for source in dict.fromkeys(probe.source for probe in some):
                of_source = [probe for probe in some if probe.source == source]
                self._places[source].run(partial(self._send_all, of_source))
            self._receive(time.monotonic() + _PAUSE_S)
        self._receive(time.monotonic() + timeout_s)
        for key in list(self._selector.get_map().values()):
            self._found[key.data] = SILENT
            _close(key.fileobj)
        self._selector.close()
        return self._found

    def _send_all(self, probes: Sequence[Probe]) -> None:
        for probe in probes:
            self._send(probe)

    def _send(self, probe: Probe) -> None:
        client = socket.socket(
            _family(probe.address), socket.SOCK_STREAM if probe.protocol == "TCP" else socket.SOCK_DGRAM
        )
        client.settimeout(0)
        _bind(client)
        try:
            with suppress(BlockingIOError):  # the answer of TCP is to come
                client.connect((probe.address, probe.port))
            if probe.protocol == "UDP":
                client.send(b"?")
        except OSError as error:
            self._found[probe] = _word(error.errno)
            client.close()
        else:
            self._selector.register(client, selectors.EVENT_READ, probe)

    def _receive(self, until: float) -> None:
        while self._selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                self._found[key.data] = _answer_of(key.fileobj)
                self._selector.unregister(key.fileobj)
                _close(key.fileobj)


def _answer_of(client: Any) -> str:
    """A refused TCP connection is a soft error: only SO_ERROR tells it, `recv` would ask to try again."""
    try:
        code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return _word(code) if code else client.recv(100).decode() or "closed"
    except OSError as error:
        return _word(error.errno)


def _bind(client: socket.socket) -> None:
    """Send from a port of its own: the kernel lets a packet through that looks like one of an older connection."""
    while True:
        try:
            client.bind(("", next(_OWN_PORTS)))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return


def _close(client: Any) -> None:
    client.close()


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _word(code: int | None) -> str:
    return REFUSED if code == errno.ECONNREFUSED else errno.errorcode.get(code or 0, str(code))
