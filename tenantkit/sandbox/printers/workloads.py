"""The rows of workloads, nodes, volumes and classes.

Source: pkg/printers/internalversion/printers.go of Kubernetes 1.37.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from tenantkit.sandbox.printers.cells import (
    AGE,
    NAME,
    NONE,
    access_modes_at,
    at,
    count,
    of,
    row,
    selector_at,
    since,
    storage_class,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.printers.cells import Cell, Row

_SHOWN = 3
_ROLE, _OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"
_DEFAULT_CLASSES = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
# the first of these conditions that is true is a Job's status; deletion comes between the two groups
_JOB_ENDS = ("Complete", "Failed")
_JOB_STATES = ("Suspended", "FailureTarget", "SuccessCriteriaMet")


def effective_default(classes: Iterable[Manifest]) -> str:
    """The default StorageClass: the newest of those marked as default; empty if there is none."""
    marked = [
        item["metadata"]
        for item in classes
        if any((item["metadata"].get("annotations") or {}).get(key) == "true" for key in _DEFAULT_CLASSES)
    ]
    marked.sort(key=lambda metadata: str(metadata["name"]))
    return str(max(marked, key=lambda metadata: str(metadata["creationTimestamp"]))["name"]) if marked else ""


def _ready(manifest: Manifest) -> str:
    return f"{at(manifest, 'status.readyReplicas', 0)}/{at(manifest, 'spec.replicas', 0)}"


def _containers(path: str = "spec.template") -> tuple[Cell, Cell]:
    """The cells with the names and images of a template's containers."""
    where = f"{path}.spec.containers"
    return (
        of(lambda item: ",".join(container["name"] for container in at(item, where, []))),
        of(lambda item: ",".join(container.get("image", "") for container in at(item, where, []))),
    )


def _holds(job: Manifest, kind: str) -> bool:
    found = (item["status"] for item in at(job, "status.conditions", []) if item["type"] == kind)
    return next(found, "") == "True"


def _job_status(job: Manifest) -> str:
    if ended := next((kind for kind in _JOB_ENDS if _holds(job, kind)), ""):
        return ended
    if at(job, "metadata.deletionTimestamp"):
        return "Terminating"
    return next((kind for kind in _JOB_STATES if _holds(job, kind)), "Running")


def _completions(job: Manifest) -> str:
    done, parallelism = at(job, "status.succeeded", 0), at(job, "spec.parallelism", 0)
    completions = at(job, "spec.completions", None)
    if completions is not None:
        return f"{done}/{completions}"
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration(job: Manifest, now: datetime) -> str:
    started, ended = at(job, "status.startTime"), at(job, "status.completionTime")
    if not started:
        return ""
    return since(started, datetime.fromisoformat(ended) if ended else now)


def _last_schedule(job: Manifest, now: datetime) -> str:
    last = at(job, "status.lastScheduleTime")
    return since(last, now) if last else NONE


def _suspended(job: Manifest) -> str:
    return str(at(job, "spec.suspend", "<unset>"))


def _first(items: list[str]) -> str:
    """The first few items of a list, and the number of further ones."""
    listed, more = ",".join(items[:_SHOWN]), len(items) - _SHOWN
    return f"{listed} + {more} more..." if more > 0 else listed or "<unset>"


def _slice_ports(item: Manifest) -> str:
    return _first([str(port.get("port", port.get("name", "*"))) for port in item.get("ports") or ()])


def _slice_endpoints(item: Manifest) -> str:
    return _first([address for endpoint in item.get("endpoints") or () for address in endpoint["addresses"]])


def _node_status(node: Manifest) -> str:
    ready = [item["status"] for item in at(node, "status.conditions", []) if item["type"] == "Ready"][-1:]
    states = ["Ready" if status == "True" else "NotReady" for status in ready] or ["Unknown"]
    return ",".join([*states, "SchedulingDisabled"] if at(node, "spec.unschedulable") else states)


def _node_roles(node: Manifest) -> str:
    labels = at(node, "metadata.labels", {})
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)} | {labels.get(_OLD_ROLE, "")}
    return ",".join(sorted(roles - {""})) or NONE


def _node_address(kind: str) -> Cell:
    return of(
        lambda node: next((item["address"] for item in at(node, "status.addresses", []) if item["type"] == kind), NONE)
    )


def _about_node(field: str) -> Cell:
    return of(lambda node: at(node, f"status.nodeInfo.{field}") or "<unknown>")


def _kernel(node: Manifest) -> str:
    machine = at(node, "status.nodeInfo.architecture")
    return f"{at(node, 'status.nodeInfo.kernelVersion') or '<unknown>'}{f' ({machine})' if machine else ''}"


def _condition(kind: str) -> Cell:
    """A cell with the status of a condition; None if it is not set."""
    return of(
        lambda item: next(
            (found["status"] for found in at(item, "status.conditions", []) if found.get("type") == kind), None
        )
    )


def _hostnames(route: Manifest) -> str | None:
    found = at(route, "spec.hostnames", None)
    return None if found is None else json.dumps(found, separators=(",", ":"))


def _volume_claim(volume: Manifest) -> str:
    found = at(volume, "spec.claimRef", None)
    return "" if found is None else f"{found.get('namespace', '')}/{found.get('name', '')}"


def _volume_phase(volume: Manifest) -> str:
    return str("Terminating" if at(volume, "metadata.deletionTimestamp") else at(volume, "status.phase"))


WORKLOAD_ROWS: Mapping[str, Row] = {
    "cronjobs.batch": row(
        NAME,
        text("spec.schedule"),
        text("spec.timeZone", NONE),
        of(_suspended),
        count("status.active"),
        _last_schedule,
        AGE,
        *_containers("spec.jobTemplate.spec.template"),
        selector_at("spec.jobTemplate.spec.selector"),
    ),
    "deployments.apps": row(
        NAME,
        of(_ready),
        text("status.updatedReplicas", 0),
        text("status.availableReplicas", 0),
        AGE,
        *_containers(),
        selector_at("spec.selector", nothing=""),
    ),
    "endpointslices.discovery.k8s.io": row(NAME, text("addressType"), of(_slice_ports), of(_slice_endpoints), AGE),
    "gatewayclasses.gateway.networking.k8s.io": row(
        NAME, text("spec.controllerName"), _condition("Accepted"), AGE, text("spec.description", None)
    ),
    "gateways.gateway.networking.k8s.io": row(
        NAME,
        text("spec.gatewayClassName"),
        of(lambda gateway: next((item.get("value") for item in at(gateway, "status.addresses", [])), None)),
        _condition("Programmed"),
        AGE,
    ),
    "httproutes.gateway.networking.k8s.io": row(NAME, of(_hostnames), AGE),
    "listenersets.gateway.networking.k8s.io": row(NAME, _condition("Accepted"), _condition("Programmed"), AGE),
    "referencegrants.gateway.networking.k8s.io": row(NAME, AGE),
    "jobs.batch": row(
        NAME, of(_job_status), of(_completions), _duration, AGE, *_containers(), selector_at("spec.selector")
    ),
    "nodes": row(
        NAME,
        of(_node_status),
        of(_node_roles),
        AGE,
        text("status.nodeInfo.kubeletVersion"),
        _node_address("InternalIP"),
        _node_address("ExternalIP"),
        _about_node("osImage"),
        of(_kernel),
        _about_node("containerRuntimeVersion"),
    ),
    "persistentvolumes": row(
        NAME,
        text("spec.capacity.storage", "0"),
        access_modes_at("spec.accessModes"),
        text("spec.persistentVolumeReclaimPolicy"),
        of(_volume_phase),
        of(_volume_claim),
        of(storage_class),
        text("spec.volumeAttributesClassName", "<unset>"),
        text("status.reason"),
        AGE,
        text("spec.volumeMode", "<unset>"),
    ),
    "priorityclasses.scheduling.k8s.io": row(
        NAME,
        text("value", 0),
        text("globalDefault", default=False),
        AGE,
        text("preemptionPolicy"),
    ),
    "replicasets.apps": row(
        NAME,
        text("spec.replicas", 0),
        text("status.replicas", 0),
        text("status.readyReplicas", 0),
        AGE,
        *_containers(),
        selector_at("spec.selector"),
    ),
    "statefulsets.apps": row(NAME, of(_ready), AGE, *_containers()),
    "storageclasses.storage.k8s.io": row(
        NAME,
        text("provisioner"),
        text("reclaimPolicy", "Delete"),
        text("volumeBindingMode", "Immediate"),
        text("allowVolumeExpansion", default=False),
        AGE,
    ),
}
