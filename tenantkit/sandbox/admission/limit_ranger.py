"""LimitRanger: defaults and bounds of a namespace's LimitRanges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules import limit_ranges
from tenantkit.sandbox.admission.attributes import is_new_pod
from tenantkit.sandbox.apimachinery.resources import LIMIT_RANGES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


def default_limits(attributes: Attributes) -> Manifest:
    """LimitRanger: fill in what containers leave unsaid."""
    manifest = attributes.manifest
    if is_new_pod(attributes):
        for limit_range in attributes.store.list(LIMIT_RANGES, attributes.namespace):
            manifest = limit_ranges.with_defaults(manifest, limit_range)
    return manifest


def check_limits(attributes: Attributes) -> None:
    """LimitRanger: refuse what is outside a limit range; a pod's containers can't change, so only new ones count."""
    is_claim = attributes.resource.qualified == "persistentvolumeclaims" and attributes.operation != "DELETE"
    is_leaving = attributes.old is not None and attributes.old["metadata"].get("deletionTimestamp")
    if attributes.subresource or is_leaving or not (is_claim or is_new_pod(attributes)):
        return
    for limit_range in attributes.store.list(LIMIT_RANGES, attributes.namespace):
        message = limit_ranges.violations(attributes.resource.qualified, attributes.manifest, limit_range)
        if message is not None:
            raise attributes.refused(message)
