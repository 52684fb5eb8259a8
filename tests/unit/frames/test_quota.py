"""The frame of quotas, from objects as a server answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.frames.kit.fast_quantities import Numbers, to_float
from tenantkit.frames.kit.schema import frame_of
from tenantkit.frames.quota import QUOTA_USAGE, quota_frame, unit_of
from tenantkit.rules.quantities import format_quantity, parse_quantity
from tests.unit.strategies import signed_quantities

if TYPE_CHECKING:
    from fractions import Fraction

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
            "scopes": [None, None],
            "measured": [None, None],
        }
    ).astype(QUOTA_USAGE)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    nothing = pd.DataFrame({name: [] for name in QUOTA_USAGE}).astype(QUOTA_USAGE)

    for quotas in ([], [quota({})], [{"metadata": {"name": "new", "namespace": "vision"}}]):
        pd.testing.assert_frame_equal(quota_frame(quotas), nothing)


def test_quotas_with_many_specs_keep_their_own_entries() -> None:
    quotas = [
        quota({"pods": "10", "requests.cpu": "4"}, {"pods": "1", "requests.cpu": "500m"}, namespace="a"),
        quota({"requests.cpu": "4", "pods": "10"}, {"pods": "2"}, namespace="b"),
        quota({}, {}, namespace="c"),
        quota({"pods": "20"}, namespace="d"),
        quota({"pods": "10", "requests.cpu": "4"}, {"pods": "3", "requests.cpu": "3900m"}, namespace="e"),
    ]
    quotas[0]["metadata"]["labels"] = {"tenantkit.dev/tenant": "speech"}
    del quotas[1]["metadata"]["labels"]

    frame = quota_frame(reversed(quotas))

    rows = [
        ("speech", None, "a", "pods", "count", 1.0, 10.0, 9.0, 10.0, "ok"),
        ("speech", None, "a", "requests.cpu", "cores", 0.5, 4.0, 3.5, 12.5, "ok"),
        (None, None, "b", "pods", "count", 2.0, 10.0, 8.0, 20.0, "ok"),
        (None, None, "b", "requests.cpu", "cores", None, 4.0, None, None, "pending"),
        ("d", "cv", "d", "pods", "count", None, 20.0, None, None, "pending"),
        ("e", "cv", "e", "pods", "count", 3.0, 10.0, 7.0, 30.0, "ok"),
        ("e", "cv", "e", "requests.cpu", "cores", 3.9, 4.0, 0.1, 97.5, "near"),
    ]
    columns = [name for name in QUOTA_USAGE if name not in ("quota", "scopes", "measured")]
    expected = pd.DataFrame(rows, columns=columns).astype({name: QUOTA_USAGE[name] for name in columns})
    expected["quota"] = pd.Series(["tenantkit-quota"] * len(rows), dtype="string")
    expected["scopes"] = pd.Series([None] * len(rows), dtype="string")
    expected["measured"] = pd.Series([None] * len(rows), dtype="Float64")
    pd.testing.assert_frame_equal(frame, expected[list(QUOTA_USAGE)])


def test_hostile_texts_are_kept_as_data() -> None:
    hostile = "<b onload=x>\x1b[31m=1+1\u202e"
    each = quota({hostile: "1"}, {hostile: "1"})
    each["metadata"]["labels"] = {"tenantkit.dev/tenant": hostile, "tenantkit.dev/team": hostile}

    row = quota_frame([each]).iloc[0]

    assert (row["tenant"], row["team"], row["resource"]) == (hostile, hostile, hostile)


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
def test_the_state_follows_from_used_and_hard(hard: str, used: str | None, state: str) -> None:
    frame = quota_frame([quota({"pods": hard}, None if used is None else {"pods": used})])

    assert frame["state"].tolist() == [state]


def test_an_entry_that_is_not_counted_yet_is_missing_and_not_0() -> None:
    counted_before_a_change = quota({"pods": "20"}, {"pods": "3"})
    counted_before_a_change["status"]["hard"] = {"pods": "10"}

    for each in (quota({"pods": "20"}), counted_before_a_change):
        row = quota_frame([each]).iloc[0]
        assert (row["hard"], row["state"]) == (20, "pending")
        assert row[["used", "free", "used_pct"]].isna().all()


def test_an_entry_counted_for_an_equal_quantity_is_counted() -> None:
    each = quota({"requests.memory": "1Gi"}, {"requests.memory": "512Mi"})
    each["status"]["hard"] = {"requests.memory": "1024Mi"}

    assert quota_frame([each])[["used_pct", "state"]].to_numpy().tolist() == [[50.0, "ok"]]


def test_an_entry_that_is_only_in_the_status_has_no_row() -> None:
    each = quota({"pods": "10"}, {"pods": "1"})
    each["status"] = {"hard": {"pods": "10", "services": "5"}, "used": {"pods": "1", "services": "1"}}

    assert quota_frame([each])[["resource", "used"]].to_numpy().tolist() == [["pods", 1.0]]


@given(used=st.integers(0, 10**9), hard=st.integers(1, 10**9))
def test_free_cores_are_exact_to_the_millicore(used: int, hard: int) -> None:
    millicores = quota({"requests.cpu": f"{hard}m"}, {"requests.cpu": f"{used}m"})

    assert quota_frame([millicores])["free"].tolist() == [(hard - used) / 1000]


plain_quantities = st.builds("{}{}".format, st.integers(0, 10**8), st.sampled_from(["", "m", "k", "Gi", "T", "Ti"]))


@given(signed_quantities | plain_quantities)
def test_a_quickly_parsed_quantity_is_the_same_float(text: str) -> None:
    assert to_float(text) == float(parse_quantity(text))


@given(st.fractions(0, 10**12, max_denominator=1000))
def test_a_quantity_as_the_server_writes_it_is_the_nearest_float(value: Fraction) -> None:
    text = format_quantity(value)

    assert Numbers()[text] == float(parse_quantity(text))


@pytest.mark.parametrize("text", ["", "m", "i", "1K", "1iM", "1Mm", " 1", "１", "1_0", "٣Gi"])  # noqa: RUF001
def test_a_text_that_is_not_a_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        to_float(text)


def test_a_column_of_another_dtype_than_the_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="the column has dtype Int64, but the schema has Float64"):
        frame_of({"used": pd.array([1], dtype="Int64")}, {"used": "Float64"})


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


def test_the_scopes_of_a_quota_are_one_text() -> None:
    scoped = quota({"pods": "1"})
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high", "higher"]}]}
    scoped["spec"] |= {"scopes": ["NotBestEffort"], "scopeSelector": selector}
    exists = quota({"pods": "1"}, namespace="web")
    exists["spec"]["scopeSelector"] = {"matchExpressions": [{"scopeName": "Terminating", "operator": "Exists"}]}

    frame = quota_frame([scoped, exists, quota({"pods": "1"}, namespace="plain")])

    assert frame.set_index("namespace")["scopes"].fillna("-").to_dict() == {
        "plain": "-",
        "vision": "NotBestEffort, PriorityClass In (high, higher)",
        "web": "Terminating",
    }
