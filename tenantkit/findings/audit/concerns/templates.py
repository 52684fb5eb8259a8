"""Pods and pod templates alike: what a template asks for, its pods will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.fields import mapping, name_of
from tenantkit.rules.manifest import controller_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.view import TenantView
    from tenantkit.rules.manifest import Manifest

# Owners before what they make, so that the first evidence is what a person has to change.
POD_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    "ReplicationController",
    "ReplicaSet",
    "Pod",
)
_TEMPLATE = ("spec", "template")
_PATHS = {"Pod": (), "CronJob": ("spec", "jobTemplate", *_TEMPLATE)}


def pods_and_templates(view: TenantView) -> Iterator[tuple[str, str, Manifest]]:
    """Each pod and each template, as the object's `Kind/name`, the path of its spec, and the pod or template.

    What has an owner is not left out, since anybody can name an owner: only replica sets without replicas are, which a
    Deployment keeps to be able to go back.
    """
    for kind in POD_KINDS:
        path = _PATHS.get(kind, _TEMPLATE)
        for manifest in view.of(kind):
            is_kept = (
                kind == "ReplicaSet" and controller_of(manifest) and mapping(manifest, "spec").get("replicas") == 0
            )
            if not is_kept:
                template = mapping(manifest, *path) if path else manifest
                yield name_of(manifest), ".".join((*path, "spec")), template
