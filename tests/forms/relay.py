"""A way to a server that can be cut, or that swallows what it is given."""

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
    """A TCP way to a port.

    Cut, what is open is closed, and nobody answers. Or it swallows: all stays open, and every byte is taken and none
    passed on; what was open then stays so when the way is mended, as behind a router that has forgotten it.
    """

    def __init__(self, port: int) -> None:
        self._port, self._is_cut, self._ends = port, False, set[socket.socket]()
        self._is_swallowing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._ways: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(WAIT_S)
        for way in self._ways:
            way.join(WAIT_S)

    def connect(self, kubeconfig: Path, context: str) -> Cluster:
        """A connection that goes this way, as that context's user."""
        here = self._listener.getsockname()[1]
        file = kubeconfig.with_name("relayed")
        file.write_text(kubeconfig.read_text().replace(f":{self._port}", f":{here}"))
        file.chmod(0o600)
        return connect(kubeconfig=file, context=context)

    def cut(self) -> None:
        self._is_cut = True
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def swallow(self) -> None:
        self._is_swallowing.set()

    def mend(self) -> None:
        self._is_cut = False
        self._is_swallowing = threading.Event()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._port))
            self._ends |= {near, far}
            is_swallowing = self._is_swallowing  # mended, those to come have another
            for pair in ((near, far), (far, near)):
                self._ways.append(threading.Thread(target=self._pass_on, args=(*pair, is_swallowing), daemon=True))
                self._ways[-1].start()

    def _pass_on(self, near: socket.socket, far: socket.socket, is_swallowing: threading.Event) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                if not is_swallowing.is_set():
                    far.sendall(data)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        near.close()  # the other way's thread closes the other end
