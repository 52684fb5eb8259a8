"""The proxy of the environment: by Go's rules, which kubectl follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.proxies import proxy_for
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.connection.kubeconfigs import kubeconfig, login

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("server", "environment", "expected"),
    [
        ("https://api.example.ai", {}, None),
        ("https://api.example.ai", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://api.example.ai", {"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ("https://api.example.ai", {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, "http://q:1"),
        ("https://api.example.ai", {"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, "http://p:1"),
        ("https://api.example.ai", {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, None),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://localhost:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://[::1]:6443", {"HTTPS_PROXY": "http://p:1"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_chosen_as_by_kubectl(
    server: str, environment: dict[str, str], expected: str | None
) -> None:
    assert proxy_for(server, environment) == expected


@pytest.mark.parametrize(
    ("server", "no_proxy", "is_bypassed"),
    [
        ("https://example.com", "example.com", True),
        ("https://api.example.com", "example.com", True),
        ("https://example.com", ".example.com", False),
        ("https://api.example.com", ".example.com", True),
        ("https://api.example.com", "*.example.com", True),
        ("https://example.com", "*.example.com", False),
        ("https://api.example.com", "ample.com", False),
        ("https://API.Example.COM", "api.example.com", True),
        ("https://api.example.com:6443", ".example.com:6443", True),
        ("https://api.example.com:6443", "*.example.com:6443", True),
        ("https://api.example.com:6443", "example.com:6443", True),
        ("https://api.example.com:6443", ".example.com:443", False),
        ("https://api.example.com", ".example.com:443", True),
        ("https://api.example.com", "*", True),
        ("https://api.example.com", "a.b, * ,c", True),
        ("https://api.example.com", "*example.com", False),
        ("https://10.96.0.1", "10.0.0.0/8, .svc", True),
        ("https://10.96.0.1", "10.96.0.1/16", True),
        ("https://11.96.0.1", "10.0.0.0/8,,.svc", False),
        ("https://10.96.0.1:6443", "10.96.0.1:6443", True),
        ("https://10.96.0.1:6443", "10.96.0.1:443", False),
        ("https://10.96.0.1", "10.96.0.1", True),
        ("https://10.96.0.1", "96.0.1", False),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", True),
        ("https://[fd00::1]:6443", "fd00::/8", True),
        ("https://[fd00::1]:6443", "fd00:0::1", True),
        ("https://api.example.com", ":6443", False),
        ("https://api.example.com", "", False),
        ("https://api.example.com", "10.0.0.0/8;example.com", False),
    ],
)
def test_no_proxy_follows_the_rules_of_go(server: str, no_proxy: str, is_bypassed: bool) -> None:  # noqa: FBT001
    environment = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": no_proxy}

    assert proxy_for(server, environment) == (None if is_bypassed else "http://p:1")


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://dana:hunter2@proxy:port", "ftp://hunter2", "socks5://u:hunter2@p:1", "http://a b"]
)
def test_a_proxy_of_the_environment_that_is_invalid_is_named_and_not_shown(url: str) -> None:
    with pytest.raises(
        ConnectionConfigError, match=r"^\$HTTPS_PROXY (is not the URL of a proxy|has the scheme)"
    ) as caught:
        proxy_for("https://api.example.ai", {"https_proxy": url})
    assert "hunter2" not in str(caught.value)


def test_the_kubeconfigs_proxy_comes_before_that_of_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"token": "t"}
    monkeypatch.setenv("HTTPS_PROXY", "http://env:1")
    assert login(home / "1", kubeconfig(user=user)).endpoint.proxy == "http://env:1"
    own = kubeconfig(user=user, cluster={"proxy-url": "http://own:1"})
    assert login(home / "2", own).endpoint.proxy == "http://own:1"
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    assert login(home / "3", kubeconfig(user=user)).endpoint.proxy is None
    assert login(home / "4", own).endpoint.proxy == "http://own:1"
