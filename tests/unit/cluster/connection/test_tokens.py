"""Tokens from files that are replaced while they are used, as in a pod."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection import pod
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.logins import Overrides
from tenantkit.cluster.connection.tokens import TokenFile
from tenantkit.cluster.http.credentials import FRESH_FOR_S, Credentials
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.connection.kubeconfigs import CA, SECRET, SERVER, kubeconfig, login, written

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a pod's account."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    written(home / "pod" / "token", "t-1\n")
    written(home / "pod" / "ca.crt", CA)
    return home / "pod"


def test_a_pods_token_is_read_again_and_the_last_one_kept_while_it_is_replaced(account: Path) -> None:
    now = [0.0]
    found = Credentials(lambda: pod.pod_login(Overrides()), clock=lambda: now[0])
    sent = []
    for content in ("t-1", "t-2", None, "", "t-3"):
        (account / "token").unlink(missing_ok=True)
        if content is not None:
            written(account / "token", content)
        sent.append(found.headers()[0][0][1])
        now[0] += FRESH_FOR_S

    assert sent == ["Bearer t-1", "Bearer t-2", "Bearer t-2", "Bearer t-2", "Bearer t-3"]
    assert found.endpoint.server == "https://[fd00::1]:443"


def test_the_pods_namespace_is_that_of_the_variable_or_else_of_the_file(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pod.pod_namespace() is None
    written(account / "namespace", "vision\n")
    assert pod.pod_namespace() == "vision"
    monkeypatch.setenv("POD_NAMESPACE", "speech")
    assert pod.pod_namespace() == "speech"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("ca.crt", None, "ca.crt can't be read: No such file or directory"),
        ("ca.crt", "", "ca.crt is not readable as PEM: it holds no certificate"),
        ("token", "", "token is empty"),
        ("token", f"a {SECRET}", "is not a token: it holds spaces"),
    ],
)
def test_a_pods_broken_account_is_an_error(account: Path, file: str, content: str | None, message: str) -> None:
    (account / file).unlink()
    if content is not None:
        written(account / file, content)

    with pytest.raises(ConnectionConfigError, match=re.escape(message)) as caught:
        connect()
    assert str(caught.value).startswith("this pod's service account can't be used")
    assert SECRET not in str(caught.value)


def test_a_token_takes_the_place_of_a_pods_broken_one(account: Path) -> None:
    written(account / "token", "")
    assert pod.pod_login(Overrides(lambda: "Bearer mine")).authorization() == "Bearer mine"


def test_a_kubeconfigs_token_file_is_read_again(home: Path) -> None:
    written(home / "token", "t-1")
    found = login(home / "config", kubeconfig(SERVER, user={"tokenFile": "token"}))
    written(home / "token", "t-2")

    assert found.authorization() == "Bearer t-2"


def test_a_token_file_that_is_not_text_is_named(home: Path) -> None:
    (home / "token").write_bytes(b"\xff" * 20)

    with pytest.raises(ConnectionConfigError, match=r"user 'x': .*/token can't be read: it is not text"):
        TokenFile(home / "token", "user 'x'")
