"""Common clients work: each runs the same short scenario, with the same results as on any other server."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.api.client_scenario import CLIENTS, SAME_FOR_ALL

if TYPE_CHECKING:
    from tests.contract.engines import Engine

_TIMEOUT_S = 60
_OTHERS = ("kr8s", "lightkube")  # clients that tenantkit itself does not need


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_creates_lists_watches_changes_conflicts_and_deletes(
    client: str, engine: Engine, namespace: str
) -> None:
    if client in _OTHERS and importlib.util.find_spec(client) is None:
        pytest.skip(f"{client} is not installed here")
    login = engine.login("admin")
    arguments = [client, str(login.kubeconfig), login.context or "", namespace]

    ended = subprocess.run(
        [sys.executable, "-m", "tests.contract.api.client_scenario", *arguments],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == SAME_FOR_ALL
