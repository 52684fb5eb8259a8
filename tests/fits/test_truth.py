"""What `fits` says is what happens: a short run of `python -m tests.fits`, on other chances each time."""

from __future__ import annotations

import time
from random import SystemRandom

import pytest

from tenantkit.cluster.config import connect
from tests.controlplane.controlplane import ControlPlane
from tests.fits.truth import compare

_LASTS_S = 40
_AT_LEAST = 30  # below that the machine is too slow for the run to mean anything


@pytest.mark.controlplane
def test_no_yes_that_does_not_fit_and_no_no_that_does() -> None:
    seed = SystemRandom().randrange(10**6)
    with (
        ControlPlane(nodes=True) as plane,
        connect(kubeconfig=plane.kubeconfig, context="controlplane-admin") as cluster,
    ):
        found = compare(cluster, requests=1000, seed=seed, until=time.monotonic() + _LASTS_S)

    assert found.wrong == [], f"seed {seed}: {found}"
    assert found.total >= _AT_LEAST, f"seed {seed}: {found}"
