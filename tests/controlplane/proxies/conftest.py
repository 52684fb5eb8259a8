"""The proxies, started once: each test leaves them as it found them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplane.components import BINARIES
from tests.controlplane.pods import IN_ITS_OWN_NETWORK
from tests.controlplane.proxies.client import TENANTS, Proxies

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def own_network() -> None:
    assert (BINARIES / "envoy-gateway").is_file(), "envoy-gateway is not built: make controlplane"
    command = [*IN_ITS_OWN_NETWORK, "unshare", "-m", "true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this machine has no unshare, which creates a network namespace")
    if done.returncode:
        pytest.skip(f"this machine does not allow a network namespace: {done.stderr.strip()}")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for all files of one start, with a short name because of the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="tk-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def proxies(own_network: None) -> Iterator[Proxies]:  # noqa: ARG001
    """Envoy Gateway and Envoy with tenants."""
    with tempfile.TemporaryDirectory(prefix="tk-") as folder, Proxies(Path(folder)) as proxies:
        proxies.wait_until_ready()
        proxies.add_tenants(*TENANTS)
        yield proxies
