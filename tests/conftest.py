"""Options of the whole suite: pytest reads them only from the conftest at the root of the tests.

Hypothesis has no deadline: on a busy machine a correct example took longer than its 200 ms. `benchmarks/` measure how
fast something is, and pytest-timeout ends what hangs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
os.environ.setdefault("TENANTKIT_FULL_TRACEBACK", "1")  # so that a failure shows where it comes from


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tenantkit")
    group.addoption(
        "--kubeconfig",
        type=Path,
        metavar="FILE",
        help="run the contract suite on this test cluster (kind, k3s, …) only; its user must be its admin",
    )
    group.addoption(
        "--context", metavar="NAME", help="of --kubeconfig; default: its current context. Not a cluster that people use"
    )
    group.addoption(
        "--pictures", action="store_true", help="let the browser tests redraw the pictures of the documentation"
    )
