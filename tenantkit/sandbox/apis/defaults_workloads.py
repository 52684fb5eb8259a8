"""The defaults of workloads, endpoint slices, volumes and classes: rules by type, used by defaults.py.

Source: the SetDefaults_* functions of pkg/apis/apps/v1, batch/v1, discovery/v1, scheduling/v1, storage/v1, core/v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

_A_QUARTER = "25%"
_MOST = 2**31 - 1
_CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}


def _unless_given(**defaults: Any) -> Callable[[Manifest], Manifest]:
    """A rule that sets constants if the fields are missing; empty values are kept."""
    return lambda value: {name: default for name, default in defaults.items() if value.get(name) is None}


def _deployment_strategy(value: Manifest) -> Manifest:
    kind = value.get("type") or "RollingUpdate"
    if kind != "RollingUpdate":
        return {}
    rolling = {"maxUnavailable": _A_QUARTER, "maxSurge": _A_QUARTER, **(value.get("rollingUpdate") or {})}
    return {"type": kind, "rollingUpdate": rolling}


def _stateful_set_strategy(value: Manifest) -> Manifest:
    kind = value.get("type") or "RollingUpdate"
    rolling = value.get("rollingUpdate")
    if kind != "RollingUpdate" or (value.get("type") and rolling is None):
        return {"type": kind}
    return {"type": kind, "rollingUpdate": {"partition": 0, "maxUnavailable": 1, **(rolling or {})}}


def _stateful_set_spec(value: Manifest) -> Manifest:
    claims = value.get("volumeClaimTemplates")
    retention = value.get("persistentVolumeClaimRetentionPolicy") or {}
    return {
        **_unless_given(replicas=1, revisionHistoryLimit=10)(value),
        "podManagementPolicy": value.get("podManagementPolicy") or "OrderedReady",
        "persistentVolumeClaimRetentionPolicy": {
            key: retention.get(key) or "Retain" for key in ("whenDeleted", "whenScaled")
        },
        "updateStrategy": value.get("updateStrategy") or {},
        **({"volumeClaimTemplates": [{**_CLAIM, **claim} for claim in claims]} if claims else {}),
    }


def _job(value: Manifest) -> Manifest:
    """A Job; a CronJob's template gets its defaults when a Job is created from it."""
    spec = dict(value["spec"])
    if spec.get("parallelism") is None and spec.get("completions") is None:
        spec["completions"] = 1
    spec |= _unless_given(
        parallelism=1,
        backoffLimit=6 if spec.get("backoffLimitPerIndex") is None else _MOST,
        completionMode="NonIndexed",
        suspend=False,
        podReplacementPolicy="TerminatingOrFailed" if spec.get("podFailurePolicy") is None else "Failed",
        manualSelector=False,
    )(spec)
    labels = (spec["template"].get("metadata") or {}).get("labels")
    metadata = value["metadata"]
    # the same dict, so that labels generated for the pods also become the Job's, as on the real server
    inherits = labels is not None and not metadata.get("labels")
    return {"spec": spec} | ({"metadata": {**metadata, "labels": labels}} if inherits else {})


def _cron_job_spec(value: Manifest) -> Manifest:
    limits = _unless_given(suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    return {"concurrencyPolicy": value.get("concurrencyPolicy") or "Allow", **limits(value)}


def _volume(value: Manifest) -> Manifest:
    spec = {**value["spec"], **_unless_given(volumeMode="Filesystem")(value["spec"])}
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    return {"spec": spec, "status": {"phase": "Pending", **(value.get("status") or {})}}


def _node_status(value: Manifest) -> Manifest:
    capacity = value.get("capacity")
    return {"allocatable": capacity} if capacity is not None and value.get("allocatable") is None else {}


WORKLOAD_DEFAULTS: Final[dict[str, Callable[[Manifest], Manifest]]] = {
    "DeploymentSpec": _unless_given(replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600),
    "DeploymentStrategy": _deployment_strategy,
    "ReplicaSetSpec": _unless_given(replicas=1),
    "StatefulSetSpec": _stateful_set_spec,
    "StatefulSetUpdateStrategy": _stateful_set_strategy,
    "Job": _job,
    "CronJobSpec": _cron_job_spec,
    "PodFailurePolicyOnPodConditionsPattern": lambda value: {"status": value.get("status") or "True"},
    "EndpointPort": _unless_given(name="", protocol="TCP"),
    "StorageClass": _unless_given(reclaimPolicy="Delete", volumeBindingMode="Immediate"),
    "PriorityClass": _unless_given(preemptionPolicy="PreemptLowerPriority"),
    "PersistentVolume": _volume,
    "NodeStatus": _node_status,
}
