"""Credentials stay out of every text: a server, or a proxy, may echo what it was sent."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.http.redaction import keep_secret, without_secrets
from tenantkit.exceptions import TenantKitError
from tests.unit.cluster.connection.kubeconfigs import kubeconfig, written
from tests.unit.cluster.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cluster.server import Authority, Handler

TOKEN = "opaque-7hq2kd81mzx"  # without any form by which it could be recognised
PASSWORD = "p4ssw0rd-of-dana"
BASIC = "Basic ZGFuYTpwNHNzdzByZC1vZi1kYW5h"


def in_message(handler: Handler) -> None:
    handler.send({"kind": "Status", "code": 403, "reason": "Forbidden", "message": _echo(handler)}, 403)


def in_causes(handler: Handler) -> None:
    causes = [{"field": "spec", "message": _echo(handler)}]
    handler.send({"kind": "Status", "code": 422, "message": "no", "details": {"causes": causes}}, 422)


def in_content_type(handler: Handler) -> None:
    handler.send(b"page", 500, Content_Type=_echo(handler))


def in_status_line(handler: Handler) -> None:
    handler.wfile.write(f"{_echo(handler)}\r\n\r\n".encode())
    handler.close_connection = True


def in_chunk(handler: Handler) -> None:
    handler.begin_stream()
    handler.wfile.write(f"{_echo(handler)}\r\n".encode())
    handler.close_connection = True


def _echo(handler: Handler) -> str:
    return f"who is {handler.headers['Authorization']}, {PASSWORD}?"


@pytest.mark.parametrize(
    "user", [{"token": TOKEN}, {"username": "dana", "password": PASSWORD}], ids=["token", "password"]
)
@pytest.mark.parametrize("answer", [in_message, in_causes, in_content_type, in_status_line, in_chunk])
def test_a_credential_that_the_server_echoes_is_in_no_text(
    answer: Callable[[Handler], None],
    user: dict[str, str],
    authority: Authority,
    home: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secrets = [TOKEN] if "token" in user else [PASSWORD, BASIC.partition(" ")[2]]
    caplog.set_level(logging.DEBUG)

    def answer_later(handler: Handler) -> None:
        if handler.path == "/version":
            handler.send({})
        else:
            answer(handler)

    with serving(answer_later, authority.server()) as server:
        path = written(
            home / "config", kubeconfig(server.url, user=user, cluster={"certificate-authority": authority.ca_file})
        )
        with connect(kubeconfig=path, timeout_s=5) as cluster, pytest.raises(TenantKitError) as caught:
            cluster.get("Namespace", "x")
        texts = [
            *traceback.format_exception(caught.value),
            repr(caught.value),
            repr(vars(caught.value)),
            repr(pickle.dumps(caught.value)),
            repr(cluster),
            repr(cluster._session._credentials._login),
            caplog.text,
        ]
    assert [(secret, text) for secret in secrets for text in texts if secret in text] == []


def test_a_password_of_a_proxy_is_in_no_text(home: Path) -> None:
    def refuse(handler: Handler) -> None:
        handler.send_response(407, f"not with {PASSWORD}")
        handler.end_headers()

    with serving(refuse) as proxy:
        url = proxy.url.replace("//", f"//dana:{PASSWORD}@")
        content = kubeconfig("https://10.0.0.1", user={"token": TOKEN}, cluster={"proxy-url": url})
        with pytest.raises(TenantKitError, match="the proxy refused the connection") as caught:
            connect(kubeconfig=written(home / "config", content), timeout_s=5)

    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in repr(proxy.seen)


def test_short_words_are_left_alone() -> None:
    keep_secret("Bearer admin")

    assert without_secrets("ask an administrator") == "ask an administrator"
