"""Requests to a proxy, as a client sends them that resolves each host to the proxy's address."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import ssl

_TIMEOUT_S = 10.0


class Question(NamedTuple):
    """A request to a proxy."""

    host: str
    path: str


class Answer(NamedTuple):
    """The answer; the content only if a pod wrote it."""

    status: int
    content: dict[str, Any] | None


def ask(question: Question, address: tuple[str, int]) -> Answer:
    """The answer without TLS.

    Raises:
        OSError: there is no answer.
    """
    return _answer(http.client.HTTPConnection(*address, timeout=_TIMEOUT_S), question)


def ask_with_tls(question: Question, address: tuple[str, int], context: ssl.SSLContext) -> tuple[str, Answer]:
    """The common name of the certificate, and the answer.

    Args:
        question: what to ask; its host is also the server's name of TLS.
        address: of the proxy.
        context: it says which authorities' certificates are valid; that of the proxy must also be for the host.

    Raises:
        OSError: there is no answer, or the certificate is another one.
    """
    connection = http.client.HTTPSConnection(*address)
    with socket.create_connection(address, timeout=_TIMEOUT_S) as plain:
        connection.sock = secured = context.wrap_socket(plain, server_hostname=question.host)
        certificate = secured.getpeercert()
        assert certificate is not None
        subject = dict(pair for names in certificate["subject"] for pair in names)  # type: ignore[misc]
        return str(subject["commonName"]), _answer(connection, question)


def _answer(connection: http.client.HTTPConnection, question: Question) -> Answer:
    try:
        connection.request("GET", question.path, headers={"Host": question.host})
        response = connection.getresponse()
        body = response.read()
        return Answer(response.status, json.loads(body) if response.status == 200 else None)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
