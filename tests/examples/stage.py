"""Where the examples run: a sandbox with the sample platform, restored as soon as an example has changed it.

So an example that writes needs no cleaning up, and none depends on the order. Where restoring fails, another starts.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from ipywidgets import Widget

import tenantkit as tk
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.sample.fill import fill_sample
from tests.examples.restore import restore, state_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.examples.restore import State


class Stage:
    """The sandbox, and a connection to it as its admin; both start when they are first used."""

    def __init__(self) -> None:
        self._stack, self._connection = ExitStack(), ExitStack()
        self._box: tk.Sandbox | None = None
        self._filled: State | None = None
        self._cluster: tk.Cluster | None = None
        self._revision = ""

    def open(self) -> tuple[tk.Cluster, Path]:
        """The connection and the sandbox's kubeconfig."""
        if self._box is None:
            self._box = self._stack.enter_context(tk.Sandbox())
        if self._cluster is None:
            connected = tk.connect(kubeconfig=self._box.kubeconfig, context="sandbox-admin")
            self._cluster = self._connection.enter_context(connected)
        if self._filled is None:
            fill_sample(self._cluster)
            self._filled = state_of(self._box)
        self._revision = _revision(self._cluster)
        return self._cluster, self._box.kubeconfig

    def tidy(self) -> None:
        """Close the example's widgets; restore the sandbox, with another connection, if the example has changed it."""
        Widget.close_all()
        if self._box is None or self._filled is None or self._cluster is None:
            return
        if _revision(self._cluster) != self._revision:
            self._disconnect()
            if not restore(self._box, self._filled):
                self.close()

    def close(self) -> None:
        """End the sandbox; the next `open` starts another."""
        self._disconnect()
        self._box = self._filled = None
        self._stack.close()

    def _disconnect(self) -> None:
        self._cluster = None
        self._connection.close()


def _revision(cluster: tk.Cluster) -> str:
    """The number of the last write to the server."""
    listed = cluster._session.ask(Call("GET", "/api/v1/namespaces?limit=1", Operation("list", "Namespace")))
    return str(listed["metadata"]["resourceVersion"])
