"""Credentials, retries, timeouts and errors, on a scripted transport."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tenantkit.cluster.http.credentials import FRESH_FOR_S, Credentials, Login, bearer
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.retries import Retries
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.http.transport import Endpoint, Request, TransportError
from tenantkit.exceptions import (
    ClusterError,
    ClusterUnavailable,
    ConnectionConfigError,
    PermissionDenied,
    Throttled,
    Unauthorized,
)
from tests.unit.cluster.seam import SERVER, Lines, Script, answer, credentials, session, status

READ = Call("GET", "/api/v1/pods", Operation("list", "Pod"), is_repeatable=True)
WRITE = Call("POST", "/api/v1/pods", Operation("create", "Pod", "a"), b"{}")
BUSY = answer(429, {"kind": "Status"}, retry_after="1")
AWAY = answer(503, {"kind": "Status"}, retry_after="2")


def test_an_answer_is_returned_as_it_is() -> None:
    script = Script(answer(200, {"kind": "PodList", "items": []}))

    assert session(script).ask(READ) == {"kind": "PodList", "items": []}
    assert script.requests == [
        Request("GET", "/api/v1/pods", 35.0, None, (("Authorization", "Bearer token-1"),)),
    ]


def test_a_body_is_sent_with_its_content_type() -> None:
    script = Script(answer(201))
    session(script).ask(WRITE)

    assert script.requests[0].headers == (("Authorization", "Bearer token-1"), ("Content-Type", "application/json"))


@pytest.mark.parametrize("busy", [BUSY, AWAY])
@pytest.mark.parametrize("call", [READ, WRITE])
def test_a_request_is_repeated_after_retry_after(busy: object, call: Call) -> None:
    slept: list[float] = []
    script = Script(busy, answer(200, {"ok": True}))

    assert session(script, slept=slept).ask(call) == {"ok": True}
    assert slept == [1.2 if busy is BUSY else 2.2]


def test_five_attempts_are_enough() -> None:
    slept: list[float] = []
    script = Script(*[BUSY] * 5)

    with pytest.raises(Throttled):
        session(script, slept=slept).ask(READ)
    assert slept == [1.2, 1.4, 1.8, 2.6]


@pytest.mark.parametrize(
    "reply",
    [
        answer(429, {"kind": "Status"}),
        answer(503, {"kind": "Status"}),
        answer(503, {"kind": "Status"}, retry_after="3600"),
        answer(503, {"kind": "Status"}, retry_after="Wed, 25 Nov 2026 12:00:00 GMT"),
        answer(500, {"kind": "Status"}, retry_after="1"),
        answer(409, {"kind": "Status"}, retry_after="1"),
    ],
)
def test_no_other_request_is_repeated(reply: object) -> None:
    with pytest.raises(ClusterError):
        session(Script(reply)).ask(READ)


def test_a_read_is_repeated_after_a_lost_connection_and_a_create_is_not() -> None:
    slept: list[float] = []
    assert session(Script(TransportError("reset"), TransportError("reset"), answer(200)), slept=slept).ask(READ) == {}
    assert slept == [0.2, 0.4]
    with pytest.raises(ClusterUnavailable, match="check before you repeat it"):
        session(Script(TransportError("reset"))).ask(WRITE)


@pytest.mark.parametrize("trouble", ["refused", "timeout", "certificate", "dns", "connect timeout", "busy"])
def test_no_request_is_repeated_after_another_failure(trouble: str) -> None:
    with pytest.raises(ClusterUnavailable):
        session(Script(TransportError(trouble))).ask(READ)  # type: ignore[arg-type]


def test_pauses_grow_to_a_limit_and_half_of_each_is_random() -> None:
    retries = Retries(first_pause_s=1, longest_pause_s=5)

    assert [retries.pause_s(attempt, lambda: 1.0) for attempt in (1, 2, 3, 4, 5)] == [1, 2, 4, 5, 5]
    assert [retries.pause_s(attempt, lambda: 0.0) for attempt in (1, 2, 3)] == [0.5, 1, 2]


def test_after_a_401_the_credentials_are_loaded_again_and_the_call_is_repeated() -> None:
    script = Script(status(401, "Unauthorized", "Unauthorized"), answer(200, {"ok": True}))

    assert session(script, "old", "new").ask(WRITE) == {"ok": True}
    assert [request.headers[0] for request in script.requests] == [
        ("Authorization", "Bearer old"),
        ("Authorization", "Bearer new"),
    ]
    assert script.endpoints == [Endpoint(SERVER)]


def test_a_second_401_is_an_error() -> None:
    script = Script(*[status(401, "Unauthorized", "Unauthorized")] * 2)

    with pytest.raises(Unauthorized, match="sign in, then"):
        session(script, "old", "new").ask(READ)


def test_the_same_token_is_not_tried_again() -> None:
    script = Script(status(401, "Unauthorized", "Unauthorized"))

    with pytest.raises(Unauthorized):
        session(script, "only").ask(READ)
    assert len(script.requests) == 1


def test_a_watch_reloads_credentials_too() -> None:
    refused, good = Lines([{"kind": "Status"}], status=401), Lines([])

    assert session(Script(refused, good), "old", "new").open(READ) is good
    assert refused.was_closed


def test_a_token_for_another_server_is_never_sent_to_this_one() -> None:
    logins = [
        Login(Endpoint(SERVER), lambda: "Bearer ours"),
        Login(Endpoint("https://other.example.ai"), lambda: "Bearer theirs"),
    ]
    found = Credentials(lambda: logins.pop(0))
    headers, number = found.headers()

    assert found.renew(number) is None
    assert found.headers()[0] == headers


def test_sixteen_threads_that_get_a_401_load_once() -> None:
    loads: list[int] = []

    def load() -> Login:
        loads.append(1)
        token = f"Bearer {len(loads)}"
        return Login(Endpoint(SERVER), lambda: token)

    found = Credentials(load)
    _, number = found.headers()
    together = threading.Barrier(16)

    def renew() -> Endpoint | None:
        together.wait()
        return found.renew(number)

    with ThreadPoolExecutor(16) as pool:
        assert {future.result() for future in [pool.submit(renew) for _ in range(16)]} == {Endpoint(SERVER)}
    assert len(loads) == 2
    assert found.headers()[0] == (("Authorization", "Bearer 2"),)


def test_unchanged_credentials_are_not_loaded_for_each_thread() -> None:
    loads: list[int] = []

    def load() -> Login:
        loads.append(1)
        return Login(Endpoint(SERVER), lambda: "Bearer same")

    found = Credentials(load, clock=lambda: 100.0)
    _, number = found.headers()

    assert [found.renew(number) for _ in range(5)] == [None] * 5
    assert len(loads) == 2


def test_a_new_certificate_is_tried() -> None:
    endpoints = [Endpoint(SERVER, certificate=b"old"), Endpoint(SERVER, certificate=b"new")]
    found = Credentials(lambda: Login(endpoints.pop(0), lambda: None))
    _, number = found.headers()

    assert found.renew(number) == Endpoint(SERVER, certificate=b"new")


def test_a_token_function_is_called_periodically() -> None:
    now = [0.0]
    asked: list[float] = []

    def token() -> str:
        asked.append(now[0])
        return f"t{len(asked)}"

    source = bearer(token)
    found = Credentials(lambda: Login(Endpoint(SERVER), source), clock=lambda: now[0])
    for now[0] in (0.0, FRESH_FOR_S / 2, FRESH_FOR_S, FRESH_FOR_S + 1):
        found.headers()

    assert asked == [0.0, FRESH_FOR_S]


@pytest.mark.parametrize("wrong", ["", " ", "two words", "line\nbreak", None, 5, "tökén"])
def test_a_value_that_is_not_a_token_is_refused_and_not_shown(wrong: object) -> None:
    with pytest.raises(ConnectionConfigError, match="token= is") as caught:
        bearer(lambda: wrong)()  # type: ignore[arg-type, return-value]
    assert "words" not in str(caught.value)
    assert "break" not in str(caught.value)


def test_the_error_of_a_failed_token_function_does_not_show_its_text() -> None:
    def token() -> str:
        raise RuntimeError("password=hunter2")

    with pytest.raises(ConnectionConfigError, match="raised RuntimeError") as caught:
        bearer(token)()
    assert "hunter2" not in str(caught.value)


def test_a_page_with_status_200_is_not_an_answer_of_an_api_server() -> None:
    with pytest.raises(ClusterError, match="answered 200 with application/json, which is not a Kubernetes status"):
        session(Script(answer(200, ["sign in"]))).ask(READ)


def test_requests_are_counted_with_their_retries() -> None:
    found = session(Script(BUSY, answer(200), PermissionDenied))
    found.ask(READ)

    assert found.request_count == 2


def test_the_servers_time_is_that_of_its_last_answer() -> None:
    found = session(Script(answer(200, date="Wed, 25 Nov 2026 13:24:04 GMT"), answer(200)))
    assert found.server_time is None
    found.ask(READ)
    found.ask(READ)

    assert found.server_time == datetime(2026, 11, 25, 13, 24, 4, tzinfo=UTC)


def test_a_closed_session_stays_closed() -> None:
    script = Script()
    found = session(script)
    found.close()
    found.close()

    assert script.is_closed
    with pytest.raises(ConnectionConfigError, match="is closed: connect"):
        found.ask(READ)


def test_no_repr_holds_a_token() -> None:
    script = Script(answer(200))
    found = session(script, "hunter2")
    found.ask(Call("POST", "/x", Operation("x"), b"hunter2"))
    login = Login(Endpoint(SERVER, proxy="http://u:hunter2@proxy"), lambda: "hunter2", (("A", "hunter2"),))

    for thing in (
        script.requests[0],
        login,
        login.endpoint,
        found,
        credentials("hunter2"),
        READ,
        answer(200, "hunter2"),
    ):
        assert "hunter2" not in repr(thing)
