"""One odd object costs its cells: every frame, with every odd value in every field of every object that it reads."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.display.frame import Frame
from tenantkit.frames.events import events_frame
from tenantkit.frames.kit.owners import Chains
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.frames.members import members_frame
from tenantkit.frames.nodes import nodes_frame, reserved_by
from tenantkit.frames.pods import PodReader, pods_frame
from tenantkit.frames.quota import quota_frame
from tenantkit.frames.quota_holders import quota_holders_frame
from tenantkit.frames.routes import routes_frame
from tenantkit.frames.services import services_frame
from tenantkit.frames.tenants import tenants_frame
from tenantkit.frames.volumes import volumes_frame
from tenantkit.frames.workloads import workloads_frame
from tests.unit.odd_objects import ALL, CLAIMS, FEW, GPU, NODES, ODD, PODS, QUOTAS, SERVICES, SLICES, variants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LAST = pd.Timestamp("9999-12-31T23:59:59Z")


def _workloads(found: list[Manifest]) -> pd.DataFrame:
    return workloads_frame(found)


def _workloads_of_pods(found: list[Manifest]) -> pd.DataFrame:
    return workloads_frame([], map(PodReader(lambda: NOW), found))


def _holders(
    quotas: list[Manifest] = QUOTAS, pods: list[Manifest] = PODS, claims: list[Manifest] = CLAIMS
) -> pd.DataFrame:
    return quota_holders_frame(quotas, pods, claims=claims, chains=Chains(), now=NOW)


FRAMES: dict[str, tuple[str, Callable[[list[Manifest]], pd.DataFrame]]] = {
    "events": ("Event", events_frame),
    "pods": ("Pod", lambda found: pods_frame(found, now=NOW)),
    "nodes": ("Node", lambda found: nodes_frame(found, reserved=reserved_by(PODS))),
    "nodes, of pods": ("Pod", lambda found: nodes_frame(NODES, reserved=reserved_by(found))),
    "services": ("Service", lambda found: services_frame(found, slices=SLICES)),
    "services, of slices": ("EndpointSlice", lambda found: services_frame(SERVICES, slices=found)),
    "volumes": ("PersistentVolumeClaim", lambda found: volumes_frame(found, pods=PODS)),
    "volumes, of pods": ("Pod", lambda found: volumes_frame(CLAIMS, pods=found)),
    "routes": ("Ingress", routes_frame),
    "members": ("RoleBinding", members_frame),
    "tenants": ("Namespace", tenants_frame),
    "quota_usage": ("ResourceQuota", quota_frame),
    "quota_holders": ("ResourceQuota", lambda found: _holders(quotas=found)),
    "quota_holders, of pods": ("Pod", lambda found: _holders(pods=found)),
    "quota_holders, of claims": ("PersistentVolumeClaim", lambda found: _holders(claims=found)),
    **{
        f"workloads, {kind}": (kind, _workloads)
        for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
    },
    "workloads, of pods": ("Pod", _workloads_of_pods),
}


def beside(kind: str) -> list[Manifest]:
    """The first object of a kind with each odd value in each field, each under a name of its own."""
    odd = []
    for number, (_, manifest) in enumerate(variants(ALL[kind][0], FEW if kind == "Pod" else ODD)):
        manifest["metadata"]["name"] = f"z-odd-{number}"
        if isinstance(manifest.get("involvedObject"), dict):
            manifest["involvedObject"]["name"] = f"z-odd-{number}"
        odd.append(manifest)
    return odd


@pytest.mark.parametrize("frame", FRAMES)
def test_an_odd_object_is_a_row_of_the_same_types_and_changes_no_other_row(frame: str) -> None:
    kind, frame_of = FRAMES[frame]
    alone, odd = frame_of(ALL[kind]), beside(kind)

    together = frame_of([*ALL[kind], *odd])

    assert together.dtypes.to_dict() == alone.dtypes.to_dict()
    assert repr(together)
    assert isinstance(together, Frame)
    assert "tenantkit-frame" in str(together._repr_html_())
    if ", of" not in frame:
        key = next(name for name in ("name", "object", "quota", "binding", "namespace") if name in alone)
        rows = together[together[key].isin(alone[key])].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone)


def test_times_may_be_of_any_year_and_one_that_does_not_exist_is_missing() -> None:
    times = ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "x", None]
    rows = [(time,) for time in times]

    found = frame_of_rows(rows, {"at": "datetime64[us, UTC]"})["at"]

    assert found.iloc[0] == LAST
    assert found.iloc[1] == pd.Timestamp("0001-01-01T00:00:00Z")
    assert found.iloc[2:].isna().all()


@pytest.mark.parametrize(
    ("dtype", "values", "held"),
    [
        ("Int64", [10**20, -(2**63), 1.5, 2.0, True, "5", [], None], [None, -(2**63), None, 2, None, None, None, None]),
        ("Float64", [10**20, 10**400, "x", True, [], 0.5], [1e20, None, None, None, None, 0.5]),
        ("boolean", [True, "x", 5, None], [True, None, None, None]),
        ("string", ["a", 5, None], ["a", "5", None]),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_missing(dtype: str, values: list[Any], held: list[Any]) -> None:
    found = frame_of_rows([(value,) for value in values], {"a": dtype})["a"]

    pd.testing.assert_series_equal(found, pd.Series(held, dtype=dtype, name="a"))


def test_memory_beyond_an_int64_is_missing_and_the_other_amounts_stay() -> None:
    big = copy.deepcopy(PODS[0])
    big["metadata"]["name"] = "web-0"
    big["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1", "memory": "100E"}, "limits": {}}
    big["status"]["containerStatuses"] = []

    frame: Any = pods_frame([*PODS, big], now=NOW).set_index("name")
    node = nodes_frame(NODES, reserved=reserved_by([*PODS, big])).iloc[0]

    assert frame["memory_requests_bytes"].isna()["web-0"]
    assert frame.loc["web-0", "cpu_requests_cores"] == 1.11
    assert frame.drop("web-0")["memory_requests_bytes"].notna().all()
    assert pd.isna(node["memory_requests_bytes"])
    assert node["cpu_requests_cores"] > 1


def test_a_quantity_that_cannot_be_read_is_missing_and_not_nothing() -> None:
    odd = copy.deepcopy(PODS[0])
    odd["status"]["containerStatuses"] = []
    odd["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1", "memory": "16GB", GPU: "many"}}

    pod = pods_frame([odd], now=NOW).iloc[0]
    node = nodes_frame(NODES, reserved=reserved_by([odd])).iloc[0]
    [workload] = _workloads_of_pods([odd]).to_dict("records")

    for row in (pod, node, workload):
        assert row["cpu_requests_cores"] == 1.11
    assert pd.isna(pod["memory_requests_bytes"])
    assert pd.isna(pod["accelerators"])
    assert pd.isna(workload["accelerators"])
    assert pd.isna(node["memory_free_bytes"])
    assert pd.isna(node["accelerators_free"])


def test_a_limit_that_cannot_be_read_leaves_its_row_of_the_quota_without_a_state() -> None:
    quota = copy.deepcopy(QUOTAS[0])
    quota["spec"]["hard"] = {"pods": "many", "requests.cpu": "4"}
    quota["status"]["hard"] = {"pods": "many", "requests.cpu": "4"}

    frame: Any = quota_frame([quota]).set_index("resource")

    assert frame[["hard", "free", "used_pct", "state"]].isna().loc["pods"].all()
    assert frame.loc["requests.cpu", ["hard", "state"]].tolist() == [4.0, "ok"]
