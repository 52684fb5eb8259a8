"""The frame of quotas, from objects as a server answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tenantkit.frames.quota import QUOTA_USAGE, quota_frame, unit_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def quota(hard: dict[str, str], used: dict[str, str] | None = None, *, namespace: str = "vision") -> Manifest:
    status = {} if used is None else {"hard": {name: hard[name] for name in used}, "used": used}
    return {
        "metadata": {
            "name": "tenantkit-quota",
            "namespace": namespace,
            "labels": {"tenantkit.dev/tenant": namespace, "tenantkit.dev/team": "cv"},
        },
        "spec": {"hard": hard},
        "status": status,
    }


def test_one_row_per_tenant_and_resource_in_base_units() -> None:
    frame = quota_frame(
        [quota({"requests.cpu": "4", "requests.memory": "1Gi"}, {"requests.cpu": "500m", "requests.memory": "1Gi"})]
    )

    expected = pd.DataFrame(
        {
            "tenant": ["vision", "vision"],
            "team": ["cv", "cv"],
            "namespace": ["vision", "vision"],
            "quota": ["tenantkit-quota", "tenantkit-quota"],
            "resource": ["requests.cpu", "requests.memory"],
            "unit": ["cores", "bytes"],
            "used": [0.5, 2.0**30],
            "hard": [4.0, 2.0**30],
            "free": [3.5, 0.0],
            "used_pct": [12.5, 100.0],
            "state": ["ok", "full"],
        }
    ).astype(QUOTA_USAGE)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    assert (
        quota_frame([]).dtypes.astype(str).to_dict() == quota_frame([quota({"pods": "1"})]).dtypes.astype(str).to_dict()
    )
    assert list(quota_frame([]).columns) == list(QUOTA_USAGE)


@pytest.mark.parametrize(
    ("hard", "used", "state"),
    [
        ("10", None, "pending"),
        ("10", "0", "ok"),
        ("10", "8", "near"),
        ("10", "10", "full"),
        ("10", "11", "over"),
        ("0", "0", "none"),
        ("0", "1", "over"),
    ],
)
def test_the_state_says_how_much_is_left(hard: str, used: str | None, state: str) -> None:
    frame = quota_frame([quota({"pods": hard}, None if used is None else {"pods": used})])

    assert frame["state"].tolist() == [state]


def test_what_was_not_counted_yet_is_missing_and_not_0() -> None:
    counted_before_a_change = quota({"pods": "20"}, {"pods": "3"})
    counted_before_a_change["status"]["hard"] = {"pods": "10"}

    for each in (quota({"pods": "20"}), counted_before_a_change):
        row = quota_frame([each]).iloc[0]
        assert (row["hard"], row["state"]) == (20, "pending")
        assert row[["used", "free", "used_pct"]].isna().all()


def test_rows_are_in_a_stable_order() -> None:
    quotas = [quota({"pods": "1", "count/secrets": "2"}, namespace=name) for name in ("b", "a")]

    frame = quota_frame(quotas)

    assert frame[["namespace", "resource"]].to_numpy().tolist() == [
        ["a", "count/secrets"],
        ["a", "pods"],
        ["b", "count/secrets"],
        ["b", "pods"],
    ]


@pytest.mark.parametrize(
    ("resource", "unit"),
    [
        ("cpu", "cores"),
        ("limits.cpu", "cores"),
        ("requests.memory", "bytes"),
        ("requests.ephemeral-storage", "bytes"),
        ("requests.storage", "bytes"),
        ("hugepages-2Mi", "bytes"),
        ("requests.nvidia.com/gpu", "count"),
        ("fast.storageclass.storage.k8s.io/requests.storage", "bytes"),
        ("fast.storageclass.storage.k8s.io/persistentvolumeclaims", "count"),
        ("persistentvolumeclaims", "count"),
        ("services.nodeports", "count"),
        ("count/jobs.batch", "count"),
        ("requests.example.com/memory", "count"),
    ],
)
def test_each_entry_has_its_unit(resource: str, unit: str) -> None:
    assert unit_of(resource) == unit
