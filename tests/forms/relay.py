"""A TCP relay that can close its connections, or silently drop all data."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tenantkit.cluster.connection.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster

WAIT_S = 30


class Relay:
    """Relays TCP connections to a port.

    `cut` closes all connections and every new one. `drop` keeps connections open, but forwards no data; such a
    connection stays dead after `restore`, as behind a router that has forgotten it.

    Attributes:
        attempts: how many connections were opened while the relay was cut or dropped data.
    """

    def __init__(self, port: int) -> None:
        self._port, self._is_cut, self._sockets = port, False, set[socket.socket]()
        self._is_dropping = threading.Event()
        self.attempts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(WAIT_S)
        for thread in self._threads:
            thread.join(WAIT_S)

    def connect(self, kubeconfig: Path, context: str) -> Cluster:
        """Connect through this relay, as the user of a context."""
        port = self._listener.getsockname()[1]
        file = kubeconfig.with_name("relayed")
        file.write_text(kubeconfig.read_text().replace(f":{self._port}", f":{port}"))
        file.chmod(0o600)
        return connect(kubeconfig=file, context=context)

    def cut(self) -> None:
        self._is_cut = True
        for end in list(self._sockets):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        self._is_dropping.set()

    def restore(self) -> None:
        self._is_cut = False
        self._is_dropping = threading.Event()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut or self._is_dropping.is_set():
                self.attempts += 1
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._port))
            self._sockets |= {near, far}
            is_dropping = self._is_dropping  # connections opened after `restore` have another one
            for pair in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._forward, args=(*pair, is_dropping), daemon=True))
                self._threads[-1].start()

    def _forward(self, near: socket.socket, far: socket.socket, is_dropping: threading.Event) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                if not is_dropping.is_set():
                    far.sendall(data)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        near.close()  # the thread of the other direction closes the other socket
