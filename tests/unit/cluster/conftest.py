"""The environment of tests that connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection import pod
from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.cluster.server import Handler, Server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and an environment without a kubeconfig, a pod or a proxy."""
    for name in (
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
        "TENANTKIT_NAMESPACES",
        "POD_NAMESPACE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(pod, "FOLDER", tmp_path / "pod")
    return tmp_path


def _answer(handler: Handler) -> None:
    if handler.headers.get("Authorization") == "Bearer expired":
        handler.send({"kind": "Status", "code": 401, "message": "Unauthorized"}, 401)
    else:
        handler.send({"gitVersion": "v1.37.2", "metadata": {"name": "x"}})


@pytest.fixture
def server() -> Iterator[Server]:
    """A server without TLS that answers the token `expired` with 401."""
    with serving(_answer) as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secure(authority: Authority) -> Iterator[Server]:
    """The same with TLS."""
    with serving(_answer, authority.server()) as running:
        yield running
