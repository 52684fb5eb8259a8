"""Columns of one name mean the same in all frames, so that frames can be merged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenantkit.findings.fits.fit import FITS
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.findings.why import WHY, why_frame
from tenantkit.frames.copies import COPIES
from tenantkit.frames.events import EVENTS, events_frame
from tenantkit.frames.kit.owners import Chains, Owner, owner_of
from tenantkit.frames.kit.team_quota import TEAM_QUOTA
from tenantkit.frames.members import MEMBERS
from tenantkit.frames.nodes import NODES
from tenantkit.frames.pods import PODS, PodReader, pods_frame
from tenantkit.frames.quota import QUOTA_USAGE
from tenantkit.frames.quota_holders import QUOTA_HOLDERS, quota_holders_frame
from tenantkit.frames.resources import FIRST, LAST
from tenantkit.frames.routes import ROUTES
from tenantkit.frames.services import SERVICES
from tenantkit.frames.tenants import TENANTS
from tenantkit.frames.volumes import VOLUMES
from tenantkit.frames.workloads import WORKLOADS, workloads_frame
from tests.unit.frames.frame_pods import owned_by, pod

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.rules.manifest import Manifest

SCHEMAS = {
    "tenants": TENANTS,
    "copies": COPIES,
    "quota_usage": QUOTA_USAGE,
    "quota_usage by team": TEAM_QUOTA,
    "quota_holders": QUOTA_HOLDERS,
    "routes": ROUTES,
    "members": MEMBERS,
    "pods": PODS,
    "workloads": WORKLOADS,
    "services": SERVICES,
    "events": EVENTS,
    "volumes": VOLUMES,
    "nodes": NODES,
    "resources": {**FIRST, **LAST},
    "why": WHY,
    "fits": FITS,
}
NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
KEY = ["namespace", "workload"]


def test_columns_of_one_name_have_one_dtype_in_all_frames() -> None:
    dtypes: dict[str, dict[str, list[str]]] = {}
    for frame, schema in SCHEMAS.items():
        for column, dtype in schema.items():
            dtypes.setdefault(column, {}).setdefault(dtype, []).append(frame)

    assert {column: frames for column, frames in dtypes.items() if len(frames) > 1} == {}


def test_requests_have_the_same_names_in_pods_workloads_and_nodes() -> None:
    for column in ("cpu_requests_cores", "memory_requests_bytes"):
        assert column in PODS.keys() & WORKLOADS.keys() & NODES.keys()


def manifest(kind: str, name: str, api_version: str, *, owner: list[Manifest] | None = None) -> Manifest:
    metadata = {"name": name, "namespace": "vision", "ownerReferences": owner or []}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": {}, "status": {}}


WORKLOAD_OBJECTS = [
    manifest("Deployment", "api", "apps/v1"),
    manifest("ReplicaSet", "api-7d9f", "apps/v1", owner=owned_by("Deployment", "api")),
    manifest("CronJob", "nightly", "batch/v1"),
    manifest("Job", "nightly-1", "batch/v1", owner=owned_by("CronJob", "nightly", "batch/v1")),
]
FAILED = {"phase": "Failed", "reason": "Evicted"}
POD_OBJECTS = [
    pod(
        "api-7d9f-x",
        metadata={"labels": {"pod-template-hash": "7d9f"}, "ownerReferences": owned_by("ReplicaSet", "api-7d9f")},
        status=FAILED,
    ),
    pod("nightly-1-x", metadata={"ownerReferences": owned_by("Job", "nightly-1", "batch/v1")}, status=FAILED),
    pod("alone", status=FAILED),
]
EXPECTED = {
    ("Deployment/api", "Deployment/api"),
    ("Job/nightly-1", "CronJob/nightly"),
    ("Pod/alone", "Pod/alone"),
}


def frames() -> dict[str, pd.DataFrame]:
    """The frames with a column `workload`, of the same objects."""
    chains = Chains(owners={("vision", owner): above for owner, above in _owners().items()})
    reader = PodReader(lambda: NOW)
    kinds: dict[str, list[Manifest]] = {"Pod": [{"kind": "Pod", **each} for each in POD_OBJECTS]}
    for each in WORKLOAD_OBJECTS:
        kinds.setdefault(each["kind"], []).append(each)
    hard = {"count/pods": "9"}
    quota = {"metadata": {"name": "q", "namespace": "vision"}, "spec": {"hard": hard}, "status": {}}
    involved = [{"kind": "Pod", "name": each["metadata"]["name"]} for each in POD_OBJECTS]
    happened = [{"metadata": {"namespace": "vision"}, "involvedObject": each, "type": "Normal"} for each in involved]
    return {
        "pods": pods_frame(POD_OBJECTS, chains=chains, now=NOW),
        "workloads": workloads_frame(WORKLOAD_OBJECTS, [reader(each) for each in POD_OBJECTS]),
        "quota_holders": quota_holders_frame([quota], POD_OBJECTS, claims=(), chains=chains, now=NOW),
        "events": events_frame(happened, chains=chains),
        "why": why_frame(ClusterSnapshot(kinds, NOW)),
    }


def _owners() -> dict[Owner, Owner | None]:
    every = [*WORKLOAD_OBJECTS, *({"apiVersion": "v1", "kind": "Pod", **each} for each in POD_OBJECTS)]
    return {
        Owner(each["apiVersion"], each["kind"], each["metadata"]["name"]): owner_of(each["metadata"]) for each in every
    }


def test_all_frames_name_the_workload_of_a_pod_alike() -> None:
    for name, frame in frames().items():
        found = set(map(tuple, frame[["workload", "root_workload"]].to_numpy().tolist()))
        assert found - {("CronJob/nightly", "CronJob/nightly")} == EXPECTED, name


def test_frames_merge_on_the_workload() -> None:
    found = frames()

    for name in ("pods", "quota_holders", "events", "why"):
        merged = found[name].merge(found["workloads"], on=KEY, how="left", indicator=True, validate="many_to_one")
        assert set(merged["_merge"]) == {"both"}, name
