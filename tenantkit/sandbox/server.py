"""The sandbox: a Kubernetes API server in a thread of this process, on this machine's loopback address only.

It serves HTTPS with its own certificate, so that any client can connect to it as to a cluster. All state is in memory
and is lost when it stops. It is for trying out, teaching and testing: no containers run in it.
Rejected alternatives: plain HTTP, over which client-go sends no token; a separate process, which could outlive the
notebook that started it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import socket
import ssl
import tempfile
import threading
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from tenantkit.exceptions import ConnectionConfigError, MissingExtraError

try:
    import trustme
    from aiohttp import web

    from tenantkit.sandbox.endpoints.handlers import BODY_LIMIT_BYTES, Handlers
except ImportError as error:
    raise MissingExtraError(f'the sandbox needs {error.name}: pip install "tenantkit[sandbox]"') from error

from tenantkit.sandbox.apimachinery.apiextensions import GROUP
from tenantkit.sandbox.apimachinery.resources import of_kind
from tenantkit.sandbox.apimachinery.schema import load
from tenantkit.sandbox.auth.tokens import Tokens
from tenantkit.sandbox.auth.users import USERS, sandbox_user
from tenantkit.sandbox.bootstrap import put_initial_objects
from tenantkit.sandbox.control_loops import Controllers
from tenantkit.sandbox.endpoints.connections import HEADER_LIMIT_BYTES, HEADERS_WITHIN_S, Connections
from tenantkit.sandbox.kubeconfig import remove_kubeconfig, write_kubeconfig
from tenantkit.sandbox.registry.system_writes import API_SERVER, put_as
from tenantkit.sandbox.storage.container_logs import ContainerLogs
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

_HOST = "127.0.0.1"
_START_S = 30  # for a busy machine; if the thread fails, the error is raised at once
_STOP_S = 5
_SHUTDOWN_S = 0.5  # open watches end by themselves; other connections are closed after this time
_HANDSHAKE_S = 0.1  # longer than the few iterations of the event loop in which a handshake starts
_TICK_S = 0.1  # deadlines are whole seconds
_KEEPALIVE_S = 3600  # clients reuse idle connections: closing one would fail their next request


class Sandbox:
    """A small Kubernetes API server, ready once it is created.

    Use it in a `with` block, or call `close`. It also stops when the interpreter exits. Its users are `admin`,
    `provisioner`, `owner`, `editor`, `viewer` and `stranger`. Each has a context `sandbox-NAME` in the kubeconfig; the
    server knows them as `NAME@example.com`. `admin` may do everything, the others only what roles and bindings allow.

    Args:
        port: the port to listen on. Default: 0, a free port, so that two sandboxes can run side by side.
        kubeconfig: the file to write, readable by its owner only. A file that no sandbox wrote is never replaced.
            Default: a file in a new temporary folder. `close` removes it, because its tokens are no longer valid.
        clock: returns the current time, with time zone. Timestamps, the Date header and all deadlines use it.
            Default: the machine's clock. Pass a fixed clock for output that is the same in each run.
        gateway_api: whether the server has the Gateway API's kinds: GatewayClass, Gateway, HTTPRoute, ListenerSet and
            ReferenceGrant. Default: True. If False, their paths answer 404, as on a cluster without the Gateway API.
        runs_pods: whether pods are scheduled and run once a Node exists; containers are never started.
            Default: True. If False, pods stay Pending, as on a control plane without a scheduler.

    Raises:
        ConnectionConfigError: the port is in use, or the kubeconfig can't be written.
        MissingExtraError: aiohttp or trustme is not installed.

    Example:
        >>> import tenantkit as tk
        >>> with tk.Sandbox() as box, tk.connect(kubeconfig=box.kubeconfig) as cluster:
        ...     cluster.is_sandbox
        True
    """

    def __init__(
        self,
        *,
        port: int = 0,
        kubeconfig: str | Path | None = None,
        clock: Callable[[], datetime] | None = None,
        gateway_api: bool = True,
        runs_pods: bool = True,
    ) -> None:
        self._process = os.getpid()
        listener = _listen(port)
        self._port: int = listener.getsockname()[1]
        self._folder: Path | None = None
        self.kubeconfig = Path(kubeconfig or "kubeconfig").absolute()
        authority = trustme.CA(organization_name="tenantkit sandbox")
        ca_pem, tokens = authority.cert_pem.bytes(), Tokens()
        self._store = Store(clock or _now)
        logs = ContainerLogs(self._store) if runs_pods else None
        self._controllers = Controllers(self._store, root_ca=ca_pem.decode(), runs_pods=runs_pods)
        self._add_initial_objects()
        without, address = "" if gateway_api else GROUP, f"{_HOST}:{self._port}"
        self._handlers = Handlers(self._store, tokens, self._controllers, address=address, without=without, logs=logs)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        started: Future[None] = Future()
        serve = self._serve(listener, _tls(authority), started)
        self._thread = threading.Thread(target=self._run, args=(serve, started), name="tenantkit-sandbox", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        try:
            started.result(timeout=_START_S)
            if kubeconfig is None:
                self._folder = Path(tempfile.mkdtemp(prefix="tenantkit-sandbox-"))
                self.kubeconfig = self._folder / "kubeconfig"
            issued = {name: tokens.issue(sandbox_user(name)) for name in USERS}
            write_kubeconfig(self.kubeconfig, url=self.url, ca_pem=ca_pem, tokens=issued)
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The server's address: `https://127.0.0.1:PORT`."""
        return f"https://{_HOST}:{self._port}"

    def close(self) -> None:
        """Stop the server and remove its kubeconfig. Can be called more than once, and from any thread."""
        if self._loop.is_closed() or os.getpid() != self._process:  # a forked process: the server runs in its parent
            return
        atexit.unregister(self.close)
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=_STOP_S)
        self._remove_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url}, kubeconfig {self.kubeconfig}>"

    def _remove_files(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            remove_kubeconfig(self.kubeconfig, url=self.url)

    def _add_initial_objects(self) -> None:
        """Store the built-in roles and the initial objects, and let the controllers add theirs."""
        for item in load("bootstrap_rbac.json")["items"]:
            put_as(API_SERVER, self._store, of_kind(item["apiVersion"], item["kind"]), item)
        put_initial_objects(self._store, port=self._port)
        self._controllers.start()
        self._controllers.run_pending()

    def _run(self, serve: Coroutine[None, None, None], started: Future[None]) -> None:
        """Serve until `close` is called; runs in the thread."""
        try:
            self._loop.run_until_complete(serve)
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
        finally:
            self._loop.run_until_complete(_cancel_remaining_tasks())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self, listener: socket.socket, tls: ssl.SSLContext, started: Future[None]) -> None:
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            handler_cancellation=True,
            auto_decompress=False,
            max_line_size=HEADER_LIMIT_BYTES,
            max_field_size=HEADER_LIMIT_BYTES,
            max_headers=HEADER_LIMIT_BYTES,
            keepalive_timeout=_KEEPALIVE_S,
            shutdown_timeout=_SHUTDOWN_S,
        )
        await runner.setup()
        connections = self._connections = Connections(cast("web.Server", runner.server))
        accepting = await self._loop.create_server(
            connections.new, sock=listener, ssl=tls, ssl_handshake_timeout=HEADERS_WITHIN_S
        )
        try:
            started.set_result(None)
            self._tick()
            await self._stop.wait()
            self._handlers.end_watches()
        finally:
            await _stop_accepting(accepting, listener)
            await runner.cleanup()
            # Give clients in a TLS handshake a moment to finish; `_cancel_remaining_tasks` ends the rest.
            if handshakes := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(handshakes, timeout=_HANDSHAKE_S)
            await connections.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        answer = await self._handlers.handle(request)
        if request.content.is_eof():
            self._connections.answered(request.transport)
        else:  # refused before its body had arrived: what comes next is not a request
            answer.force_close()
        return answer

    def _tick(self) -> None:
        """Run what is due by the clock; with a fixed clock nothing becomes due."""
        self._loop.call_later(_TICK_S, self._tick)
        if self._controllers.pending:
            self._controllers.run_soon()


async def _stop_accepting(accepting: asyncio.Server, listener: socket.socket) -> None:
    """Stop accepting connections without leaking a socket that was accepted in the same iteration of the event loop."""
    with suppress(NotImplementedError):  # Windows' default event loop has no readers
        asyncio.get_running_loop().remove_reader(listener)
    await asyncio.sleep(0)  # let accepted connections reach their server first
    accepting.close()


async def _cancel_remaining_tasks() -> None:
    """Cancel unfinished handshakes, whose sockets would stay open after the event loop has closed."""
    remaining = asyncio.all_tasks() - {asyncio.current_task()}
    for task in remaining:
        task.cancel()
    await asyncio.gather(*remaining, return_exceptions=True)
    await asyncio.sleep(0)  # let aborted connections close their sockets


def _now() -> datetime:
    return datetime.now(UTC)


def _listen(port: int) -> socket.socket:
    """A listening socket on the loopback address, bound before the address is published."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        message = f"can't listen on {_HOST}:{port}: {error.strerror}; choose another port, or 0 for a free one"
        raise ConnectionConfigError(message) from error
    return listener


def _tls(authority: trustme.CA) -> ssl.SSLContext:
    """The server's TLS context, with a certificate for this machine only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(_HOST, "localhost").configure_cert(context)
    return context
