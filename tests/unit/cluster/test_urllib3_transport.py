"""Bytes over a real socket: truncated, slow, unreadable, with a wrong certificate; no other server is contacted."""

from __future__ import annotations

import gc
import gzip
import json
import socket
import ssl
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tenantkit import __version__
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.http import parsing
from tenantkit.cluster.http.pools import CONNECTIONS
from tenantkit.cluster.http.transport import Endpoint, Request, TransportError
from tenantkit.cluster.http.urllib3_transport import Urllib3Transport
from tenantkit.exceptions import ClusterError, ClusterUnavailable, ConnectionConfigError
from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tenantkit.cluster.http.transport import ConnectionFailure
    from tests.unit.cluster.server import Handler, Server

GET = Request("GET", "/version", 5.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def ok(handler: Handler) -> None:
    handler.send({"gitVersion": "v1.37.2"})


def error_of(endpoint: Endpoint, request: Request = GET) -> TransportError:
    transport = Urllib3Transport(endpoint)
    try:
        with pytest.raises(TransportError) as caught:
            transport.send(request)
    finally:
        transport.close()
    return caught.value


def test_a_request_has_its_headers_and_an_answer_is_whole() -> None:
    with serving(ok) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        answer = transport.send(Request("POST", "/x?y=1", 5.0, b"{}", (("A", "1"), ("B", "2"), ("B", "3"))))
        transport.close()

    [seen] = server.seen
    assert (answer.status, json.loads(answer.body)) == (200, {"gitVersion": "v1.37.2"})
    assert answer.headers["content-type"] == "application/json"
    assert (seen.method, seen.path, seen.body) == ("POST", "/x?y=1", b"{}")
    assert seen.headers["user-agent"] == f"tenantkit/{__version__}"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["a"] == "1"


def test_a_compressed_answer_is_decompressed() -> None:
    def compressed(handler: Handler) -> None:
        handler.send(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")

    with serving(compressed) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        assert transport.send(GET).body == b'{"a": 1}'
        transport.close()


def test_only_remote_servers_are_asked_to_compress() -> None:
    for url, expected in (("https://10.0.0.1:6443", "gzip"), ("https://127.0.0.1:1", "identity")):
        assert Urllib3Transport(Endpoint(url))._common_headers()["Accept-Encoding"] == expected


def test_a_redirect_is_not_followed() -> None:
    with serving(ok) as elsewhere:

        def redirect(handler: Handler) -> None:
            handler.send(b"", 302, Location=f"{elsewhere.url}/login")

        with serving(redirect) as server, pytest.raises(ClusterError, match=r"answered 302 .* sign-in page"):
            connect(server=server.url)
    assert elsewhere.seen == []


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_each_failure_to_connect_has_its_reason() -> None:
    assert error_of(Endpoint(f"http://127.0.0.1:{unused_port()}")).reason == "refused"
    assert error_of(Endpoint("http://nowhere.invalid")).reason == "dns"
    assert error_of(Endpoint("http://example.invalid", proxy=f"http://127.0.0.1:{unused_port()}")).reason == "proxy"


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda handler: handler.cut(), "reset"),
        (lambda handler: handler.server.released.wait(10), "timeout"),
        (lambda handler: handler.send(b"no gzip", Content_Encoding="gzip"), "garbled"),
    ],
    ids=["reset", "silent", "garbled"],
)
def test_each_failure_to_answer_has_its_reason(act: object, expected: ConnectionFailure) -> None:
    with serving(act) as server:  # type: ignore[arg-type]
        assert error_of(Endpoint(server.url), Request("GET", "/", 0.3)).reason == expected


def test_a_truncated_answer_is_an_error() -> None:
    def half(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"items": [')
        handler.wfile.flush()
        handler.cut()

    with serving(half) as server:
        assert error_of(Endpoint(server.url)).reason == "reset"


def test_a_slow_answer_times_out_though_no_single_read_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantkit.cluster.http.urllib3_transport.CONNECT_TIMEOUT_S", 0.1)

    def drip(handler: Handler) -> None:
        handler.begin_stream()
        while not handler.server.released.wait(0.02):
            handler.chunk(b" ")

    with serving(drip) as server:
        started = time.monotonic()
        assert error_of(Endpoint(server.url), Request("GET", "/", 0.3)).reason == "timeout"
        assert time.monotonic() - started < 2


def test_a_broken_connection_leaves_room_for_the_next_request() -> None:
    with serving(lambda handler: handler.cut() if handler.path == "/cut" else ok(handler)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        for _ in range(CONNECTIONS + 5):
            with pytest.raises(TransportError):
                transport.send(Request("GET", "/cut", 5.0))
        assert transport.send(Request("GET", "/", 1.0)).status == 200
        transport.close()


def test_open_watches_leave_room_for_calls() -> None:
    def answer(handler: Handler) -> None:
        if handler.path != "/watch":
            ok(handler)
            return
        handler.begin_stream()
        handler.server.released.wait(20)

    with serving(answer) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        streams = [transport.stream(Request("GET", "/watch", 5.0)) for _ in range(CONNECTIONS + 5)]
        assert transport.send(Request("GET", "/", 1.0)).status == 200
        for stream in streams:
            stream.close()
        transport.close()


def test_a_stream_is_read_line_by_line_however_it_is_split() -> None:
    def lines(handler: Handler) -> None:
        handler.begin_stream()
        for piece in (b'{"a"', b': 1}\n{"b": 2}\n\n{"c"', b": 3}\n", b""):
            handler.chunk(piece)

    with serving(lines) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        assert list(transport.stream(GET).lines()) == [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']
        transport.close()


def test_a_stream_that_ends_within_a_line_is_an_error() -> None:
    def half(handler: Handler) -> None:
        handler.begin_stream()
        handler.chunk(b'{"a": 1}\n{"b"')
        handler.chunk(b"")

    with serving(half) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        found = transport.stream(GET).lines()
        assert next(found) == b'{"a": 1}'
        with pytest.raises(TransportError, match="in the middle of a line"):
            next(found)
        transport.close()


def test_a_silent_stream_does_not_hang() -> None:
    def silent(handler: Handler) -> None:
        handler.begin_stream()
        handler.server.released.wait(20)

    with serving(silent) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        with pytest.raises(TransportError, match="timeout"):
            list(transport.stream(Request("GET", "/", 0.2)).lines())
        transport.close()


@pytest.fixture(params=["http", "https"])
def silent_watch(request: pytest.FixtureRequest, authority: Authority) -> AbstractContextManager[Server]:
    """A server whose watches never say anything."""

    def answer(handler: Handler) -> None:
        if "watch=true" not in handler.path:
            handler.send({"metadata": {"resourceVersion": "5"}, "items": []})
            return
        handler.begin_stream()
        handler.server.released.wait(20)

    return serving(answer, authority.server() if request.param == "https" else None)


def test_a_silent_watch_is_stopped_from_another_thread_at_once(
    silent_watch: AbstractContextManager[Server], authority: Authority
) -> None:
    stop = threading.Event()
    with silent_watch as server, connect(server=server.url, ca_file=authority.ca_file) as cluster:
        with ThreadPoolExecutor(1) as pool:
            events = pool.submit(lambda: list(cluster.watch("Pod", stop=stop)))
            while not any("watch=true" in seen.path for seen in server.seen):
                assert not events.done()
            started = time.monotonic()
            stop.set()
            assert events.result(timeout=5) == []
        assert time.monotonic() - started < 2


def test_a_silent_watch_ends_at_its_timeout(silent_watch: AbstractContextManager[Server], authority: Authority) -> None:
    with silent_watch as server, connect(server=server.url, ca_file=authority.ca_file) as cluster:
        started = time.monotonic()
        assert list(cluster.watch("Pod", timeout_s=0.3)) == []
        assert 0.3 <= time.monotonic() - started < 2


def test_an_idle_connection_that_was_closed_is_opened_again_for_a_read() -> None:
    def once(handler: Handler) -> None:
        handler.send({"metadata": {"name": "x"}})
        handler.close_connection = True  # without saying so

    with serving(once) as server, connect(server=server.url) as cluster:
        for _ in range(3):
            cluster.get("Namespace", "x")


def test_a_server_of_another_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    foreign = Authority(tmp_path).ca_file
    with serving(ok, authority.server()) as server:
        with connect(server=server.url, ca_file=authority.ca_file) as cluster:
            assert cluster.server_version == "v1.37.2"
        with pytest.raises(ClusterUnavailable, match="its certificate is not trusted"):
            connect(server=server.url, ca_file=foreign)
        with pytest.raises(ClusterUnavailable, match="its certificate is not trusted"):
            connect(server=server.url)
    assert len(server.seen) == 1


def test_a_certificate_for_another_name_is_trusted_only_if_that_name_is_configured(authority: Authority) -> None:
    with serving(ok, authority.server("kubernetes.default.svc")) as server:
        endpoint = Endpoint(server.url, authority=authority.pem)
        assert error_of(endpoint).reason == "certificate"
        named = Endpoint(server.url, authority=authority.pem, tls_server_name="kubernetes.default.svc")
        transport = Urllib3Transport(named)
        assert transport.send(GET).status == 200
        transport.close()


def test_a_client_certificate_is_sent_and_a_missing_one_is_reported(authority: Authority) -> None:
    certificate, key = (Path(path).read_bytes() for path in authority.client())
    with serving(ok, authority.server(client_certificates=True)) as server:
        transport = Urllib3Transport(Endpoint(server.url, authority.pem, certificate, key))
        assert transport.send(GET).status == 200
        transport.close()
        assert error_of(Endpoint(server.url, authority.pem)).reason in ("client certificate", "reset")


def test_new_certificates_are_used_from_the_next_request_on(authority: Authority) -> None:
    certificate, key = (Path(path).read_bytes() for path in authority.client())
    with serving(ok, authority.server(client_certificates=True)) as server:
        transport = Urllib3Transport(Endpoint(server.url, authority.pem))
        with pytest.raises(TransportError):
            transport.send(GET)
        transport.configure(Endpoint(server.url, authority.pem, certificate, key))
        assert transport.send(GET).status == 200
        transport.close()


def test_a_server_without_tls_has_its_reason(authority: Authority) -> None:
    with serving(ok) as server:
        https = server.url.replace("http:", "https:")
        assert error_of(Endpoint(https, authority.pem)).reason == "not tls"


NO_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("field", ["authority", "certificate"])
@pytest.mark.parametrize("content", [b"", b"no PEM", NO_CERTIFICATE])
def test_pem_without_a_certificate_is_an_error_before_any_request(field: str, content: bytes) -> None:
    with pytest.raises(ConnectionConfigError, match="readable as"):
        Urllib3Transport(Endpoint("https://127.0.0.1:1", **{field: content}))  # type: ignore[arg-type]


def test_a_certificate_that_is_not_usable_does_not_hide_one_that_is(authority: Authority) -> None:
    bundle = "Zertifikate für das Labor\n".encode() + NO_CERTIFICATE + authority.pem
    with serving(ok, authority.server()) as server:
        transport = Urllib3Transport(Endpoint(server.url, authority=bundle))
        assert transport.send(GET).status == 200
        transport.close()


def test_an_intermediate_authority_alone_is_trusted_as_by_kubectl() -> None:
    intermediate = trustme.CA().create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    intermediate.issue_cert("127.0.0.1").configure_cert(context)
    with serving(ok, context) as server:
        transport = Urllib3Transport(Endpoint(server.url, authority=intermediate.cert_pem.bytes()))
        assert transport.send(GET).status == 200
        transport.close()


def test_a_key_is_never_written_to_a_file_of_ours(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = (Path(path).read_bytes() for path in authority.client())
    monkeypatch.setattr(tempfile, "_get_default_tempdir", None)  # any temporary file is an error
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    Urllib3Transport(Endpoint("https://127.0.0.1:1", authority.pem, certificate, key)).close()


def test_the_error_of_a_proxy_with_an_unknown_scheme_does_not_show_its_password() -> None:
    with pytest.raises(ConnectionConfigError, match="has the scheme 'socks5'") as caught:
        Urllib3Transport(Endpoint("https://127.0.0.1:1", proxy="socks5://user:hunter2@proxy:1080"))
    assert "hunter2" not in str(caught.value)


def test_the_password_of_a_proxy_is_sent() -> None:
    with serving(ok) as proxy:
        address = proxy.url.removeprefix("http://")
        transport = Urllib3Transport(Endpoint("http://api.invalid:8080", proxy=f"http://dana:p%40ss@{address}"))
        assert transport.send(GET).status == 200
        transport.close()

    [seen] = proxy.seen
    assert seen.path == "http://api.invalid:8080/version"
    assert seen.headers["proxy-authorization"] == "Basic ZGFuYTpwQHNz"


@pytest.fixture
def _collector() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.usefixtures("_collector")
@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_collector_is_left_as_it_was(switch: object) -> None:
    assert callable(switch)
    switch()
    before = gc.isenabled()
    large = b'{"a": "' + b"x" * parsing.LARGE_BYTES + b'"}'
    parsing.parse_object(large)
    with pytest.raises(ValueError, match=r"."):
        parsing.parse_object(large[:-1])

    assert gc.isenabled() is before


@pytest.mark.usefixtures("_collector")
def test_the_collector_is_paused_until_the_last_user_is_done() -> None:
    gc.enable()
    states: list[bool] = []
    with parsing.collector_paused():
        with parsing.collector_paused():
            states.append(gc.isenabled())
        states.append(gc.isenabled())
    states.append(gc.isenabled())

    assert states == [False, False, True]
