"""LimitRanger: the defaults and limits of a namespace's LimitRanges, for new Pods.

The arithmetic is in `rules/limit_ranges.py`, since `fits` needs it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules import limit_ranges
from tenantkit.sandbox.admission.attributes import is_new_pod
from tenantkit.sandbox.apimachinery.resources import LIMIT_RANGES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


def default_limits(attributes: Attributes) -> Manifest:
    """LimitRanger: fill in the requests and limits that containers do not set."""
    manifest = attributes.manifest
    if is_new_pod(attributes):
        for limit_range in attributes.store.list(LIMIT_RANGES, attributes.namespace):
            manifest = limit_ranges.with_defaults(manifest, limit_range)
    return manifest


def check_limits(attributes: Attributes) -> None:
    """LimitRanger: refuse claims and new pods outside a LimitRange; resources of existing pods can't change."""
    is_claim = attributes.resource.qualified == "persistentvolumeclaims" and attributes.operation != "DELETE"
    is_terminating = attributes.old is not None and attributes.old["metadata"].get("deletionTimestamp")
    if attributes.subresource or is_terminating or not (is_claim or is_new_pod(attributes)):
        return
    for limit_range in attributes.store.list(LIMIT_RANGES, attributes.namespace):
        message = limit_ranges.violations(attributes.resource.qualified, attributes.manifest, limit_range)
        if message is not None:
            raise attributes.refused(message)
