"""One odd object does not hide the causes in the others: `why` and `fits`, with every kind that they read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tenantkit.findings.fits.dry_run_pod import DryRunPod
from tenantkit.findings.fits.fit import FITS
from tenantkit.findings.fits.fits import predict
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.findings.why import WHY, why_frame
from tests.unit.odd_objects import ALL, FEW, ODD, PODS, variants

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
KINDS = [kind for kind in ALL if kind not in ("Service", "EndpointSlice", "Ingress")]


def snapshot(kind: str) -> ClusterSnapshot:
    """All objects, and beside them the first of a kind with each odd value in each field."""
    odd = []
    for number, (_, manifest) in enumerate(variants(ALL[kind][0], FEW if kind in ("Pod", "Event") else ODD)):
        manifest["metadata"]["name"] = f"z-odd-{number}"
        odd.append(manifest)
    objects = {**ALL, "AnyPod": ALL["Pod"], kind: [*ALL[kind], *odd]}
    return ClusterSnapshot(objects, NOW, bound=objects["Pod"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_object_hides_no_cause(kind: str) -> None:
    alone = why_frame(ClusterSnapshot(ALL, NOW, bound=PODS))

    together = why_frame(snapshot(kind))

    assert {name: str(dtype) for name, dtype in together.dtypes.items()} == WHY
    shown = set(zip(together["workload"], together["cause"], strict=True))
    assert shown >= set(zip(alone["workload"], alone["cause"], strict=True))


@pytest.mark.parametrize("kind", ["Pod", "Node", "ResourceQuota", "Namespace"])
def test_an_odd_object_does_not_stop_the_answer_whether_pods_fit(kind: str) -> None:
    found = snapshot(kind)
    objects = {**found.objects, "AnyPod": found.objects["Pod"]}

    fit = predict(ClusterSnapshot(objects, NOW), DryRunPod(PODS[1]), wanted=2)

    assert {name: str(dtype) for name, dtype in fit.frame.dtypes.items()} == FITS
