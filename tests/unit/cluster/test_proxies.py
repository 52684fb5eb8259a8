"""The proxy of the environment: by kubectl's rules, and alike for each version of the official client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.proxies import proxy_for
from tests.unit.cluster.kubeconfigs import kubeconfig, login

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("server", "proxies", "expected"),
    [
        ("https://api.example.ai", {}, None),
        ("https://api.example.ai", {"https": "http://p:1"}, "http://p:1"),
        ("https://api.example.ai", {"https": "p:1"}, "http://p:1"),
        ("https://api.example.ai", {"http": "http://p:1"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": "example.ai"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": ".example.ai"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": "ample.ai"}, "http://p:1"),
        ("https://api.example.ai", {"https": "http://p:1", "no": "*"}, None),
        ("https://api.example.ai:6443", {"https": "http://p:1", "no": "api.example.ai:6443"}, None),
        ("https://10.96.0.1", {"https": "http://p:1", "no": "10.0.0.0/8, .svc"}, None),
        ("https://11.96.0.1", {"https": "http://p:1", "no": "10.0.0.0/8,,.svc"}, "http://p:1"),
        ("https://127.0.0.1:6443", {"https": "http://p:1"}, None),
        ("https://localhost:6443", {"https": "http://p:1"}, None),
        ("https://[::1]:6443", {"https": "http://p:1"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_chosen_as_by_kubectl(
    server: str, proxies: dict[str, str], expected: str | None
) -> None:
    assert proxy_for(server, proxies) == expected


def test_a_proxy_of_the_environment_is_the_same_for_each_client(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env:1")
    assert login(home / "1", kubeconfig()).endpoint.proxy == "http://env:1"
    assert login(home / "2", kubeconfig(cluster={"proxy-url": "http://own:1"})).endpoint.proxy == "http://own:1"
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    assert login(home / "3", kubeconfig()).endpoint.proxy is None
