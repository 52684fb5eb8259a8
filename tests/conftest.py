"""Options of the whole suite: pytest reads them only here, at the root of what it was asked to run.

Hypothesis times no example: on a busy machine one that is right took longer than its 200 ms. How fast something is,
`benchmarks/` measure; what hangs, pytest-timeout ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
        "--pictures", action="store_true", help="let the browser tests draw the documentation's pictures anew"
    )
