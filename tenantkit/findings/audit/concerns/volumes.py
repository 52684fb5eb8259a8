"""Claims that take a certain volume, perhaps one that was meant for another tenant.

Source: page "Persistent Volumes", section "Reserving a PersistentVolume".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.fields import annotations_of, mapping, name_of
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

_CLAIM = "PersistentVolumeClaim"
_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"  # a claim that named its volume itself does not have it


def _chosen_volumes(view: TenantView) -> Iterator[Found]:
    for claim in view.of(_CLAIM):
        volume = mapping(claim, "spec").get("volumeName")
        if volume and annotations_of(claim).get(_BY_CONTROLLER) != "yes":
            yield Evidence(name_of(claim), "spec.volumeName", str(volume))


CHECKS = (
    Check(
        "claim-volume-name",
        "volumes",
        "high",
        "No claim names the volume that it takes.",
        Message("check that the volume is meant for this tenant, or delete the claim"),
        _chosen_volumes,
        (_CLAIM,),
    ),
)
