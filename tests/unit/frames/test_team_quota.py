"""Quotas summed by team, and the usage that a metrics server measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.kit.team_quota import TEAM_QUOTA
from tenantkit.frames.quota import QUOTA_USAGE, quota_usage
from tests.unit.cluster.seam import Script, answer, cluster, status

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def quota(namespace: str, hard: str, used: str | None, *, team: str = "cv", name: str = "q", **spec: Any) -> Manifest:
    labels = {"tenantkit.dev/tenant": namespace, "tenantkit.dev/team": team}
    entries = {"requests.cpu": hard}
    counted = {} if used is None else {"hard": entries, "used": {"requests.cpu": used}}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"hard": entries, **spec},
        "status": counted,
    }


def usage(pod: str, namespace: str, *amounts: tuple[str, str]) -> Manifest:
    containers = [{"name": "c", "usage": {"cpu": cpu, "memory": memory}} for cpu, memory in amounts]
    return {"metadata": {"name": pod, "namespace": namespace}, "containers": containers}


def listed(*items: Manifest) -> Any:
    return answer(body={"metadata": {"resourceVersion": "7"}, "items": list(items)})


def totals(*quotas: Manifest) -> pd.DataFrame:
    return quota_usage(cluster(Script(listed(*quotas))), by="team")


def test_a_team_has_the_sum_of_its_namespaces() -> None:
    frame = totals(quota("a", "4", "500m"), quota("b", "8", "2500m"), quota("c", "1", "1", team="speech"))

    expected = pd.DataFrame(
        {
            "team": ["cv", "speech"],
            "resource": ["requests.cpu"] * 2,
            "unit": ["cores"] * 2,
            "scopes": [None, None],
            "namespaces": [2, 1],
            "used": [3.0, 1.0],
            "hard": [12.0, 1.0],
            "free": [9.0, 0.0],
            "used_pct": [25.0, 100.0],
            "state": ["ok", "full"],
            "measured": [None, None],
        }
    ).astype(TEAM_QUOTA)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs["scope"] == "cluster"


def test_an_empty_frame_of_teams_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(totals(), pd.DataFrame({name: [] for name in TEAM_QUOTA}).astype(TEAM_QUOTA))


def test_of_several_quotas_for_one_resource_the_tightest_counts_once() -> None:
    frame = totals(quota("a", "8", "2", name="wide"), quota("a", "4", "2", name="tight"), quota("b", "4", "1"))

    assert frame[["namespaces", "used", "hard"]].to_numpy().tolist() == [[2, 3.0, 8.0]]


def test_quotas_with_different_scopes_are_separate_rows() -> None:
    frame = totals(quota("a", "8", "2"), quota("a", "1", "1", name="b", scopes=["BestEffort"]))

    assert frame[["scopes", "hard"]].fillna("-").to_numpy().tolist() == [["-", 8.0], ["BestEffort", 1.0]]


def test_a_total_with_a_part_that_is_not_counted_yet_is_unknown() -> None:
    row = totals(quota("a", "4", "1"), quota("b", "4", None)).iloc[0]

    assert (row["hard"], row["state"]) == (8.0, "pending")
    assert row[["used", "free", "used_pct"]].isna().all()


def test_measured_usage_is_beside_the_requests() -> None:
    used = [usage("x", "a", ("250m", "64Mi"), ("1500000n", "1Mi")), usage("y", "a", ("0", "1Mi"))]
    scoped = quota("a", "1", "1", name="scoped", scopes=["NotBestEffort"])

    frame = quota_usage(
        cluster(Script(listed(quota("a", "4", "1"), scoped, quota("b", "4", "1")), listed(*used))), metrics=True
    )

    assert frame["measured"].fillna(-1).tolist() == [0.2515, -1, -1]
    assert frame.attrs == {"scope": "cluster", "incomplete": {}}


@pytest.mark.parametrize(
    "reply",
    [
        status(404, "NotFound", "the server could not find the requested resource"),
        status(403, "Forbidden", "pods.metrics.k8s.io is forbidden"),
    ],
)
def test_without_a_metrics_server_the_reason_is_in_attrs(reply: Any) -> None:
    script = Script(listed(quota("a", "4", "1")), reply, reply)

    frame = quota_usage(cluster(script), metrics=True)

    assert frame.dtypes.astype(str).to_dict() == QUOTA_USAGE
    assert frame["measured"].isna().all()
    assert list(frame.attrs["incomplete"]) == ["PodMetrics"]


def test_an_unknown_by_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match="use 'tenant' or 'team'"):
        quota_usage(cluster(Script()), by="person")  # type: ignore[arg-type]
