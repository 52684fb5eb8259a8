"""The answers of `fits` are true: a short run of `python -m tests.fits`, with another seed each time."""

from __future__ import annotations

import time
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.sandbox.server import Sandbox
from tests.controlplane.controlplane import ControlPlane
from tests.fits.truth import compare

if TYPE_CHECKING:
    from pathlib import Path

_AT_LEAST = 30  # with fewer the machine is too slow for a meaningful run


@pytest.mark.controlplane
def test_no_answer_of_fits_is_wrong() -> None:
    with ControlPlane(nodes=True) as plane:
        _compare(plane.kubeconfig, "controlplane-admin", lasts_s=40)


def test_no_answer_of_fits_is_wrong_on_the_sandbox() -> None:
    with Sandbox() as box:
        _compare(box.kubeconfig, "sandbox-admin", lasts_s=10)


def _compare(kubeconfig: Path, context: str, *, lasts_s: float) -> None:
    seed = SystemRandom().randrange(10**6)
    with connect(kubeconfig=kubeconfig, context=context) as cluster:
        found = compare(cluster, requests=1000, seed=seed, until=time.monotonic() + lasts_s)

    assert found.wrong == [], f"seed {seed}: {found}"
    assert found.total >= _AT_LEAST, f"seed {seed}: {found}"
