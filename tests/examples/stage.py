"""Where the examples run: a sandbox with the sample platform, replaced as soon as an example has changed it.

So an example that writes needs no cleaning up, and none depends on the order. Each of those costs two seconds.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from ipywidgets import Widget

import tenantkit as tk
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.sample.fill import fill_sample

if TYPE_CHECKING:
    from pathlib import Path


class Stage:
    """The sandbox, and a connection to it as its admin; both start when they are first used."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._cluster: tk.Cluster | None = None
        self._kubeconfig: Path | None = None
        self._revision = ""

    def open(self) -> tuple[tk.Cluster, Path]:
        """The connection and the sandbox's kubeconfig."""
        if self._cluster is None or self._kubeconfig is None:
            box = self._stack.enter_context(tk.Sandbox())
            self._cluster = self._stack.enter_context(tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin"))
            self._kubeconfig = box.kubeconfig
            fill_sample(self._cluster)
        self._revision = _revision(self._cluster)
        return self._cluster, self._kubeconfig

    def tidy(self) -> None:
        """Close the example's widgets; forget the sandbox if the example has changed it."""
        Widget.close_all()
        if self._cluster is not None and _revision(self._cluster) != self._revision:
            self.close()

    def close(self) -> None:
        """End the sandbox; the next `open` starts another."""
        self._cluster = self._kubeconfig = None
        self._stack.close()


def _revision(cluster: tk.Cluster) -> str:
    """The number of the last write to the server."""
    listed = cluster._session.ask(Call("GET", "/api/v1/namespaces?limit=1", Operation("list", "Namespace")))
    return str(listed["metadata"]["resourceVersion"])
