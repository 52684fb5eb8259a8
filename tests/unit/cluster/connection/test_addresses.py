"""Addresses: the scheme that decides whether credentials may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.addresses import AddressError, parse_address
from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.connection.kubeconfigs import SECRET, encoded, kubeconfig, login, plug_in, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cluster.server import Server

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("text", "url", "is_local"),
    [
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443", False),
        ("HTTPS://api.example.ai/", "https://api.example.ai", False),
        ("hTtP://api.example.ai", "http://api.example.ai", False),
        ("10.0.0.9:8080", "http://10.0.0.9:8080", False),
        ("api.example.ai", "http://api.example.ai", False),
        ("localhost:8080/", "http://localhost:8080", True),
        ("https://127.1.2.3", "https://127.1.2.3", True),
        ("https://[::1]:6443", "https://[::1]:6443", True),
        ("https://localhost.example.ai", "https://localhost.example.ai", False),
        ("https://127.0.0.1.example.ai", "https://127.0.0.1.example.ai", False),
        ("https://api.example.ai:/k8s//c/./d/../?q=1#f", "https://api.example.ai/k8s/c", False),
    ],
)
def test_an_address_is_read_as_by_kubectl(text: str, url: str, is_local: bool) -> None:  # noqa: FBT001
    found = parse_address(text, may_be_bare=True)

    assert (found.url, found.is_local, found.is_secure) == (url, is_local, url.startswith("https:"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "https:///version",
        "https:10.0.0.1",
        "://10.0.0.1",
        f"https://dana:{SECRET}@10.0.0.1",
        f"dana:{SECRET}@10.0.0.1:80",
        f"https://10.0.0.1\\@{SECRET}",
        f"https://10.0.0.1 {SECRET}",
        f"https://10.0.0.1\n{SECRET}",
        "\thttps://10.0.0.1",
        "https://10.0.0.1:70000",
        "https://10.0.0.1:port",
        "https://[10.0.0.1",
        "https://b\u00fccher.example.ai",
        "wss://10.0.0.1",
        "file:///etc/passwd",
    ],
)
def test_anything_else_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text, may_be_bare=True)
    assert SECRET not in str(caught.value)
    with pytest.raises(ConnectionConfigError, match="server= is not"):
        connect(server=text)


CREDENTIALS: list[dict[str, Any]] = [
    {"token": SECRET},
    {"tokenFile": "gone"},
    {"username": "dana", "password": SECRET},
    {"client-certificate-data": encoded("C"), "client-key-data": encoded("K")},
    {"auth-provider": {"name": "oidc"}},
    plug_in({"token": SECRET}),
]


@pytest.mark.parametrize("server", ["10.0.0.9:8080", "http://10.0.0.9", "HTTP://10.0.0.9", "api.example.ai"])
@pytest.mark.parametrize("user", CREDENTIALS, ids=lambda user: next(iter(user)))
def test_credentials_for_a_server_without_tls_are_refused(home: Path, user: dict[str, Any], server: str) -> None:
    with pytest.raises(
        ConnectionConfigError, match=r"cluster 'c-lab': server http://\S+ does not use TLS, so others could"
    ) as caught:
        connect(kubeconfig=written(home / "config", kubeconfig(server, user=user)))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("user", CREDENTIALS, ids=lambda user: next(iter(user)))
@pytest.mark.parametrize("proxy", [{}, {"proxy-url": "http://proxy.example.ai"}], ids=["direct", "proxy"])
def test_without_tls_on_this_machine_they_are_left_out(home: Path, user: dict[str, Any], proxy: dict[str, str]) -> None:
    found = login(home / "config", kubeconfig("http://127.0.0.1:8001", user=user, cluster=proxy))

    assert (found.authorization(), found.headers, found.endpoint.certificate) == (None, (), None)


def test_a_token_of_the_caller_is_never_sent_without_tls(server: Server, home: Path) -> None:
    path = written(home / "config", kubeconfig(server.url))

    for arguments in ({"server": server.url}, {"kubeconfig": path}):
        for token in (SECRET, lambda: SECRET):
            with pytest.raises(ConnectionConfigError, match="does not use TLS, so others could read the token"):
                connect(token=token, **arguments)
    assert server.seen == []


def test_a_user_without_credentials_may_use_a_server_without_tls(home: Path) -> None:
    content = kubeconfig("http://10.0.0.9", user={"as": "dana"})
    found = login(home / "config", content)
    assert (found.authorization(), found.headers) == (None, (("Impersonate-User", "dana"),))
