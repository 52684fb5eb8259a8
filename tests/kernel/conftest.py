"""A server with 5,000 pods in another process: the sandbox, and the real control plane if it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.connect import connect
from tests.controlplane.components import BINARIES
from tests.controlplane.controlplane import ControlPlane
from tests.kernel.crowd import CrowdProcess, fill
from tests.kernel.kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

PODS = 5000


@dataclass(frozen=True, slots=True)
class CrowdedCluster:
    """A cluster with 5,000 pods."""

    kubeconfig: str
    context: str


@pytest.fixture(scope="package")
def sandbox() -> Iterator[CrowdProcess]:
    with CrowdProcess("--count", str(PODS)) as server:
        yield server


@pytest.fixture(scope="package", params=["sandbox", pytest.param("controlplane", marks=pytest.mark.controlplane)])
def crowded(request: pytest.FixtureRequest) -> Iterator[CrowdedCluster]:
    if request.param == "sandbox":
        yield CrowdedCluster(request.getfixturevalue("sandbox").first, "sandbox-admin")
        return
    if not BINARIES.is_dir() and "controlplane" not in request.config.getoption("-m"):
        pytest.skip("the control plane is not built: run `make controlplane`")
    with ControlPlane() as plane:
        place = CrowdedCluster(str(plane.kubeconfig), "controlplane-admin")
        with connect(kubeconfig=place.kubeconfig, context=place.context) as cluster:
            fill(cluster, PODS)
        yield place


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    with Kernel() as running:
        running.run("import threading, time\nimport tenantkit as tk")
        yield running
