"""Plays pods that answer HTTP: kwok reports that they run and gives them addresses, and a server here listens on these.

So it needs a network namespace in which every such address is local: `IN_ITS_OWN_NETWORK` starts a command in one.
Rejected alternative: pods on loopback, which endpoint slices refuse.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.controlplane.components import POD_ADDRESSES

if TYPE_CHECKING:
    from typing import Self

POD_PORT = 9090  # not 8080, where Envoy Gateway serves its metrics
IN_ITS_OWN_NETWORK = [
    "unshare",
    "-rn",
    "sh",
    "-euc",
    f'ip link set lo up; ip route add local {POD_ADDRESSES} dev lo; exec "$@"',
    "sh",
]


def workload(namespace: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A Service of port 80, and a Deployment of one pod behind it."""
    metadata, labels = {"name": name, "namespace": namespace}, {"app": name}
    closed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    main = {"name": "main", "image": "registry.example.ai/server:1", "securityContext": closed}
    spec = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [main],
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": POD_PORT}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
    )


class Pods:
    """The servers of all pods. Each answers with the tenant whose pod has the address that was asked."""

    def __init__(self) -> None:
        self._tenants: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("", POD_PORT), _handler(self._tenants))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Start to answer; no component may be started after this, since it is a thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, address: str, tenant: str) -> None:
        """Answer at that address; before, it answers 503."""
        self._tenants[address] = tenant


def _handler(tenants: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # so that an answer is one packet: the second would wait until the first is acknowledged

        def do_GET(self) -> None:
            tenant = tenants.get(self.connection.getsockname()[0])
            body = json.dumps({"tenant": tenant, "host": self.headers["Host"], "path": self.path}).encode()
            self.send_response(503 if tenant is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: standard error is for failures."""

    return Handler
