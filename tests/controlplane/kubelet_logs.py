"""Plays the part of a kubelet that kwok does not: it serves the logs of a node's pods to kube-apiserver.

What it answers is what the sandbox's stand-in answers, from the same annotations, so that the tests compare what the
API server makes of a kubelet's answer: its errors, its limits and its streams. It asks for a pod at each request, and
again and again while a log is followed.

Source: the kubelet's pkg/kubelet/server/server.go (getContainerLogs), 1.37.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import trustme

from tenantkit.exceptions import NotFound
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.endpoints.pod_log import PodLog
from tenantkit.sandbox.storage.container_logs import ContainerLogs
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

_HOST = "127.0.0.1"
_LOOK_S = 0.05
_FOLLOWED_FOR_S = 60.0


@contextmanager
def kubelet_with_logs(cluster: Cluster, node: str) -> Iterator[None]:
    """Serve the logs of a node's pods, and write where into its status."""
    with _server(cluster) as port:
        address = [{"type": "InternalIP", "address": _HOST}]
        endpoints = {"kubeletEndpoint": {"Port": port}}
        changes = [
            {"op": "add", "path": f"/status/{field}", "value": value}
            for field, value in (("addresses", address), ("daemonEndpoints", endpoints))
        ]
        cluster.patch_json(ObjectRef("v1", "Node", node), changes, subresource="status")
        yield


@contextmanager
def _server(cluster: Cluster) -> Iterator[int]:
    """The port of a server that is ready; its certificate is its own, since kube-apiserver does not check it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder, _Server((_HOST, 0), _Handler) as server:
        certificate = trustme.CA().issue_cert(_HOST)
        path = Path(folder, "kubelet.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(path))
        context.load_cert_chain(path)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.cluster = cluster
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK_S,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    cluster: Cluster
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ended = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """`/containerLogs/NAMESPACE/POD/CONTAINER`."""
        parts = urlsplit(self.path)
        _, _, namespace, pod, container = parts.path.split("/")
        query = dict(parse_qsl(parts.query))
        try:
            text = self._log(namespace, pod, container, query)
        except ApiError as error:
            self._answer(error.code, error.message.encode())
            return
        except NotFound:
            self._answer(404, f'pod "{pod}" does not exist\n'.encode())
            return
        if "follow" not in query:
            self._answer(200, text)
            return
        with suppress(ConnectionError, ssl.SSLError):
            self._follow(text, namespace, pod, container, query)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _log(self, namespace: str, pod: str, container: str, query: dict[str, str]) -> bytes:
        return _log_of(self.server.cluster.get("Pod", pod, namespace), container, query).whole()

    def _follow(self, text: bytes, namespace: str, pod: str, container: str, query: dict[str, str]) -> None:
        """Send the log, and what is added to it, until the pod is deleted."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        known = self._log(namespace, pod, container, query | {"tailLines": str(2**31)})
        while not self.server.ended.wait(_LOOK_S):
            if text:
                self.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
            if len(text) == int(query.get("limitBytes", -1)):
                break
            try:
                now = self._log(namespace, pod, container, {**query, "tailLines": str(2**31)})
            except NotFound:
                break
            text, known = now[len(known) :], now
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _log_of(pod: Manifest, container: str, query: dict[str, str]) -> PodLog:
    written = pod["metadata"]["creationTimestamp"]
    store = Store(lambda: datetime.fromisoformat(written).astimezone(UTC))
    logs = ContainerLogs(store)
    store.put(find("", "v1", "pods"), pod)
    return PodLog(logs, store, pod, container, query)
