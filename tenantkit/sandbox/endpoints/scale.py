"""The subresource `scale` of a workload: its number of replicas.

Source: pkg/registry/apps/deployment/storage, 1.37; page "Horizontal Pod Autoscaling".
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.errors import ApiError, invalid
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.validation import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

SCALE = "scale"
_SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(workload: Manifest) -> Manifest:
    """The scale of a Deployment, ReplicaSet or StatefulSet."""
    spec, status, metadata = workload["spec"], workload.get("status") or {}, workload["metadata"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in _SHOWN if key in metadata},
        "spec": {"replicas": replicas} if (replicas := spec.get("replicas", 0)) else {},
        "status": {"replicas": status.get("replicas", 0), "selector": str(label_selector_of(spec.get("selector")))},
    }


def scaled(live: Manifest, scale: Manifest) -> Manifest:
    """The workload with the replicas and resourceVersion of its new scale.

    Raises:
        ApiError: 422, the number of replicas is negative.
    """
    errors, metadata, name = ErrorList(), scale.get("metadata") or {}, live["metadata"]["name"]
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    non_negative(errors, "spec.replicas", replicas)
    if errors:
        raise invalid("autoscaling/v1", "Scale", name, errors)
    at_version = {**live["metadata"], "resourceVersion": metadata.get("resourceVersion", "")}
    return {**live, "metadata": at_version, "spec": {**live["spec"], "replicas": replicas}}


def applied_scale(live: Manifest, scale: Manifest) -> Manifest:
    """The configuration to apply to a workload when this scale is applied."""
    metadata = {key: live["metadata"][key] for key in ("name", "namespace")}
    spec = {key: value for key, value in (scale.get("spec") or {}).items() if key == "replicas" and value is not None}
    return {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata, "spec": spec}


def without_zero(workload: Manifest) -> Manifest:
    """The workload as an apply of its scale sees it: a Scale does not write zero replicas."""
    spec = workload["spec"]
    return (
        workload if spec.get("replicas") else {**workload, "spec": {k: v for k, v in spec.items() if k != "replicas"}}
    )


@contextmanager
def with_scale_version(resource: Resource) -> Iterator[None]:
    """Name the version of Scale in conflicts, as the real server does."""
    try:
        yield
    except ApiError as error:
        old, new = f"using {resource.api_version}", "using autoscaling/v1"
        error.message = error.message.replace(old, new)
        error.causes = tuple(replace(cause, message=cause.message.replace(old, new)) for cause in error.causes)
        raise
