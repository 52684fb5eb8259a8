"""Answers without end, too large or of another form: each is one error of ours, with a hint, in the call's time."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.http import urllib3_transport
from tenantkit.cluster.http.errors import Operation, error_of_answer, error_of_status
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.http.transport import Endpoint, Request, TransportError
from tenantkit.cluster.http.urllib3_transport import Urllib3Transport
from tenantkit.cluster.identity import read_user
from tenantkit.cluster.requests import pages
from tenantkit.cluster.requests.discovery import served_kinds
from tenantkit.cluster.requests.list import SMALL_PAGE, Selection, list_all
from tenantkit.exceptions import ClusterError, ClusterUnavailable
from tenantkit.rules.kinds import kind_of
from tests.unit.cluster.seam import SERVER, Script, answer, cluster, session
from tests.unit.cluster.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.http.transport import Answer
    from tests.unit.cluster.server import Handler

TIME_S = 0.6
GET = Operation("get", "ConfigMap", "a", "vision")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def send_all(handler: Handler, pieces: Iterator[bytes], pause_s: float) -> None:
    """Send pieces until the client has gone or the test is over."""
    handler.close_connection = True
    with contextlib.suppress(OSError):
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            if handler.server.released.wait(pause_s):
                return


def forever(start: bytes, piece: bytes) -> Iterator[bytes]:
    return itertools.chain([start], itertools.repeat(piece))


SLOW = {
    "a head byte by byte": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "headers one by one": (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
    "a status line byte by byte": (b"HTTP/1.1 2", b"0"),
    "a body byte by byte": (OK + b"Content-Length: 1000000\r\n\r\n", b" "),
    "a body without a length": (OK + b"\r\n", b" "),
    "chunks of one byte": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's size byte by byte": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a chunk's extension": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: a\r\n"),
    "only 100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a negative length": (OK + b"Content-Length: -5\r\n\r\n", b" "),
    "a length that is not a number": (OK + b"Content-Length: many\r\n\r\n", b" "),
}


@pytest.mark.parametrize("case", SLOW)
def test_an_answer_that_drips_ends_in_the_time_of_its_call(case: str) -> None:
    with serving(lambda handler: send_all(handler, forever(*SLOW[case]), 0.02)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        start = time.monotonic()
        with pytest.raises(TransportError) as caught:
            transport.send(Request("GET", "/", TIME_S))
        took_s = time.monotonic() - start
        transport.close()

    assert caught.value.reason in ("timeout", "reset")
    assert took_s < TIME_S + 4  # seconds for a busy machine


FAST = {
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 65_536),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 10_000),
    "a status line": (b"HTTP/1.1 ", b"2" * 65_536),
    "a body": (OK + b"\r\n", b" " * 65_536),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65_536 + b"\r\n"),
    "a chunk's size": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65_536),
    "packed zeros": (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(1 << 24))),
    "only 100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
}


@pytest.mark.parametrize("case", FAST)
def test_an_answer_without_end_is_refused_at_its_size(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib3_transport, "ANSWER_BYTES", 1 << 23)
    with serving(lambda handler: send_all(handler, forever(*FAST[case]), 0)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        start = time.monotonic()
        with pytest.raises(TransportError) as caught:
            transport.send(Request("GET", "/", 30.0))
        took_s = time.monotonic() - start
        transport.close()

    assert caught.value.reason in ("too large", "reset", "garbled")
    assert took_s < 10


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 103 Early Hints\r\n\r\n", OK + b"Content-Encoding: br\r\n\r\n{}", OK + b"Content-Length: 1, 2\r\n\r\n"],
)
def test_an_answer_in_another_form_is_an_error(head: bytes) -> None:
    with serving(lambda handler: send_all(handler, iter([head]), 0)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        with pytest.raises(TransportError):
            transport.send(Request("GET", "/", TIME_S))
        transport.close()


def test_a_line_of_a_watch_that_does_not_end_is_refused_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib3_transport, "LINE_BYTES", 1 << 22)
    pieces = forever(OK + b"\r\n", b"a" * 65_536)
    with serving(lambda handler: send_all(handler, pieces, 0)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        stream = transport.stream(Request("GET", "/", 30.0))
        with pytest.raises(TransportError) as caught:
            next(stream.lines())
        stream.close()
        transport.close()

    assert caught.value.reason == "too large"


def test_a_watch_may_be_as_long_as_its_lines_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib3_transport, "LINE_BYTES", 1 << 16)
    line = b"a" * 60_000 + b"\n"
    pieces = itertools.chain([OK + b"\r\n"], itertools.repeat(line, 100))
    with serving(lambda handler: send_all(handler, pieces, 0)) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        assert sum(map(len, transport.stream(Request("GET", "/", 5.0)).lines())) == 6_000_000
        transport.close()


def page(token: str) -> Answer:
    return answer(body={"metadata": {"continue": token}, "items": [{"metadata": {"name": "a"}}]})


@pytest.mark.parametrize("tokens", [itertools.repeat("same"), itertools.cycle("ab")])
def test_a_list_whose_pages_repeat_is_an_error(tokens: Iterator[str]) -> None:
    script = Script(*[lambda: page(next(tokens))] * 10)

    with pytest.raises(ClusterError, match="the same page of the list comes again and again") as caught:
        list_all(session(script), Selection(kind_of("ConfigMap")))
    assert caught.value.hint is not None


def test_a_list_without_end_ends_in_ten_times_the_time_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()
    now_s = 0.0

    def reply() -> Answer:
        nonlocal now_s
        now_s += 30.0
        return page(f"t{next(numbers)}")

    monkeypatch.setattr(pages, "time", SimpleNamespace(monotonic=lambda: now_s))
    script = Script(*[reply] * 20)

    with pytest.raises(ClusterError, match="the list has no end after 350 s"):
        list_all(session(script), Selection(kind_of("ConfigMap")))
    assert next(numbers) == 12  # pages


def test_a_list_of_large_objects_is_read_in_smaller_pages() -> None:
    script = Script(TransportError("too large", "256 MiB"), page(""))

    assert len(cluster(script).list("ConfigMap")) == 1
    assert script.query()["limit"] == str(SMALL_PAGE)


def test_an_answer_that_is_too_large_says_what_to_read_instead() -> None:
    script = Script(*[TransportError("too large", "256 MiB")] * 2)

    with pytest.raises(ClusterUnavailable) as caught:
        cluster(script).list("ConfigMap")
    assert str(caught.value) == (
        f"could not list ConfigMap: no answer from {SERVER}: the answer is larger than 256 MiB; read less at once: one "
        "namespace, or a label selector; check whether a proxy interferes"
    )


ODD: list[Any] = [None, [], [1], {}, {"a": 1}, 5, -1, 10**30, 1.5, True, "x", "\x1b\u202e", "x" * 1_000_000]


@pytest.mark.parametrize("code", [400, 403, 404, 409, 410, 422, 500])
@pytest.mark.parametrize("field", ["code", "reason", "message", "details", "causes", "cause", "name"])
def test_an_odd_status_is_one_error(field: str, code: int) -> None:
    for odd in ODD:
        status: dict[str, Any] = {"kind": "Status", "code": code, "message": "no", "details": {"name": "a"}}
        match field:
            case "causes" | "name":
                status["details"][field] = odd
            case "cause":
                status["details"]["causes"] = [odd, {"field": odd, "message": odd, "reason": odd}]
            case _:
                status[field] = odd
        with contextlib.suppress(TypeError):  # orjson writes no 10**30
            error = error_of_answer(answer(code, status), GET, SERVER)
            assert error.status == code
            assert len(str(error)) < 1_000
            assert str(error).isprintable()
        assert isinstance(error_of_status(status, GET), ClusterError)


@pytest.mark.parametrize(
    "date",
    ["", "x", "Sun, 99 Foo 2026 99:99:99 GMT", "9" * 5_000, "31 Dec 9999 23:59:59"],
)
def test_an_odd_date_is_not_the_servers_time(date: str) -> None:
    connected = cluster(Script(answer(body={"metadata": {"name": "a"}}, date=date)))
    connected.get("Namespace", "a")

    assert abs((connected.server_time - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("body", [*ODD[:-1], {"items": 5}, {"items": [5]}, {"items": [{"metadata": 5, "versions": 5}]}])
def test_an_odd_answer_about_the_servers_kinds_is_one_error(body: object) -> None:
    with contextlib.suppress(TypeError), pytest.raises(ClusterError):
        served_kinds(session(Script(*[answer(body=body)] * 2)))


@pytest.mark.parametrize("body", [*ODD[:-1], {"status": 5}, {"status": []}])
def test_an_odd_answer_to_a_review_is_one_error(body: object) -> None:
    for ask in (read_user, lambda connected: connected.can("get", "Pod")):
        with contextlib.suppress(TypeError), pytest.raises(ClusterError):
            ask(cluster(Script(answer(body=body))))


def test_no_attempt_begins_after_the_time_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 20)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    script = Script(*[TransportError("reset", "x")] * 5)

    with pytest.raises(ClusterUnavailable):
        session(script).ask(Call("GET", "/", GET, is_repeatable=True))
    assert len(script.requests) < 3


def test_calls_share_a_connection_one_after_the_other() -> None:
    seen: set[tuple[str, int]] = set()

    def reply(handler: Handler) -> None:
        seen.add(handler.client_address)
        handler.send({"gitVersion": "v1", "metadata": {"name": "x"}})

    with serving(reply) as server, connect(server=server.url) as connected:
        for _ in range(5):
            connected.get("Namespace", "x")
    assert len(seen) == 1
