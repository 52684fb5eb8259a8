"""Headers: impersonation without a user, their size, and authentication before the body; the same on both engines."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.contract.wire import Wire

REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
NO_EXTRA, NO_GROUPS = "map[string][]string(nil)", "[]string(nil)"


def requested(uid: str = "", groups: str = NO_GROUPS, extra: str = NO_EXTRA) -> str:
    user = f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{groups}, Extra:{extra}}}'
    return f"requested {user} without impersonating a user name"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Impersonate-Uid": "x"}, requested("x")),
        ({"Impersonate-Group": "x"}, requested(groups='[]string{"x"}')),
        ({"Impersonate-Group": ""}, requested(groups='[]string{""}')),
        ({"Impersonate-Group": "x", "Impersonate-Uid": "y"}, requested("y", groups='[]string{"x"}')),
        ({"Impersonate-Extra-Foo": "x"}, requested(extra='map[string][]string{"foo":[]string{"x"}}')),
        ({"Impersonate-Extra-": "x"}, requested(extra='map[string][]string{"":[]string{"x"}}')),
        ({"Impersonate-User": "", "Impersonate-Group": "x"}, requested(groups='[]string{"x"}')),
    ],
)
def test_impersonation_needs_a_user(wire: Wire, headers: dict[str, str], message: str) -> None:
    answer = wire("GET", "/api/v1/namespaces", headers=headers)
    assert (answer.status, answer.body["message"]) == (400, message)


@pytest.mark.parametrize("headers", [{"Impersonate-User": ""}, {"Impersonate-Uid": ""}])
def test_empty_headers_impersonate_nobody(wire: Wire, headers: dict[str, str]) -> None:
    assert wire("GET", "/api/v1/namespaces", headers=headers).status == 200


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        (
            {
                "Impersonate-User": "a",
                "Impersonate-Uid": "u1",
                "Impersonate-Group": "b",
                "Impersonate-Extra-Example.com%2fBar": "z",
            },
            {
                "username": "a",
                "uid": "u1",
                "groups": ["b", "system:authenticated"],
                "extra": {"example.com/bar": ["z"]},
            },
        ),
        (
            {"Impersonate-User": "system:serviceaccount:a:b", "Impersonate-Uid": "u1"},
            {
                "username": "system:serviceaccount:a:b",
                "uid": "u1",
                "groups": ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"],
            },
        ),
        ({"Impersonate-User": "\xff"}, {"username": "�", "groups": ["system:authenticated"]}),
    ],
)
def test_an_impersonated_user_has_what_the_headers_name(
    wire: Wire, headers: dict[str, str], user: dict[str, Any]
) -> None:
    answer = wire("POST", REVIEWS, {}, headers=headers)
    assert (answer.status, answer.body["status"]["userInfo"]) == (201, user)


@pytest.mark.parametrize(
    "headers",
    [
        {"Impersonate-User": "system:anonymous"},
        {"Impersonate-User": "a", "Impersonate-Group": "system:unauthenticated"},
    ],
)
def test_an_impersonated_anonymous_user_is_not_authenticated(wire: Wire, headers: dict[str, str]) -> None:
    assert wire("POST", REVIEWS, {}, headers=headers).status == 403


@pytest.mark.parametrize(
    ("size", "count", "status"), [(9000, 1, 200), (100_000, 1, 200), (9000, 99, 200), (1, 5000, 200)]
)
def test_headers_of_a_megabyte_are_read(wire: Wire, size: int, count: int, status: int) -> None:
    headers = {f"X-Odd-{number}": "a" * size for number in range(count)}
    assert wire("GET", "/api/v1/namespaces", headers=headers).status == status


def test_a_long_query_is_read(wire: Wire) -> None:
    assert wire("GET", f"/api/v1/namespaces?odd={'a' * 100_000}").status == 200


def test_headers_of_two_megabytes_are_refused(wire: Wire) -> None:
    head = b"GET /api/v1/namespaces HTTP/1.1\r\nHost: odd\r\n" + b"X-Odd: %s\r\n" % (b"a" * 20_000) * 100
    assert sent_raw(wire, head + b"\r\n").startswith(b"HTTP/1.1 431 ")


def test_who_is_not_signed_in_is_refused_before_the_body_is_read(wire: Wire) -> None:
    head = b"POST /api/v1/namespaces HTTP/1.1\r\nHost: odd\r\nContent-Length: 1000000\r\n\r\n"
    answer = sent_raw(wire, head)  # the body never comes
    assert answer.startswith(b"HTTP/1.1 401 ") or b" 403 " in answer.partition(b"\r\n")[0]


def sent_raw(wire: Wire, data: bytes) -> bytes:
    """The first bytes of the answer to bytes."""
    context = ssl.create_default_context(cafile=wire.ca)
    target = urlsplit(wire.server)
    with (
        closing(socket.create_connection((target.hostname or "", target.port or 443), timeout=10)) as plain,
        context.wrap_socket(plain, server_hostname=target.hostname) as connection,
    ):
        with suppress(OSError):  # the server may answer and close before it has read everything
            connection.sendall(data)
        return connection.recv(1000)


def test_a_path_with_a_broken_escape_is_refused(wire: Wire) -> None:
    head = b"GET /api/v1/%%zz HTTP/1.1\r\nHost: odd\r\nAuthorization: Bearer %s\r\n\r\n" % (wire.token or "").encode()
    assert sent_raw(wire, head).startswith(b"HTTP/1.1 400 ")
