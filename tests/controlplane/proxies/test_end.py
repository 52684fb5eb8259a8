"""However it ends, no process and no file of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controlplane.components import NAMES, NODE_NAMES
from tests.controlplane.processes import processes_of
from tests.controlplane.proxies.client import WITHIN_S, Proxies
from tests.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(240)]

ALL = {"envoy", "envoy-gateway", *NAMES, *NODE_NAMES}


@pytest.mark.usefixtures("own_network")
def test_all_of_it_ends_when_its_standard_input_is_closed(folder: Path) -> None:
    with Proxies(folder):
        eventually(lambda: set(processes_of(folder)) >= ALL, timeout_s=WITHIN_S)
    assert processes_of(folder) == {}
    assert {path.name for path in folder.iterdir()} == {"ca.crt", "stderr"}


@pytest.mark.usefixtures("own_network")
def test_all_of_it_ends_when_it_is_killed(folder: Path) -> None:
    with Proxies(folder) as proxies:
        eventually(lambda: set(processes_of(folder)) >= ALL, timeout_s=WITHIN_S)
        proxies.process.kill()
        eventually(lambda: processes_of(folder) == {}, timeout_s=WITHIN_S)
