"""Operations of pandas on frames give what they give on plain frames: 35 operations on the frame of every reader."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.sample.fill import fill_sample
from tests.contract import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

READERS: dict[str, Callable[[Cluster], pd.DataFrame]] = {
    "access": lambda cluster: tk.access(cluster, "owner@example.com"),
    "audit": lambda cluster: tk.audit(cluster, tenant="speech"),
    "connectivity": tk.connectivity,
    "copies": tk.copies,
    "events": tk.events,
    "members": tk.members,
    "my_tenants": tk.my_tenants,
    "nodes": tk.nodes,
    "pods": tk.pods,
    "quota_holders": lambda cluster: tk.quota_holders(cluster, "recsys"),
    "quota_usage": tk.quota_usage,
    "quota_usage by team": lambda cluster: tk.quota_usage(cluster, by="team"),
    "resources": lambda cluster: tk.resources(cluster, "configmaps"),
    "routes": tk.routes,
    "hosts": tk.hosts,
    "host_owner": lambda cluster: tk.host_owner(cluster, "recsys.example.ai"),
    "services": tk.services,
    "tenants": tk.tenants,
    "volumes": tk.volumes,
    "why": tk.why,
    "workloads": tk.workloads,
    "Fit.frame": lambda cluster: tk.fits(cluster, "recsys", pods=2, cpu=4, gpus=1).frame,
    "Plan.frame": lambda cluster: tk.plan(cluster, tk.get_tenant(cluster, "speech").with_(size="medium")).frame,
    "Report.frame": lambda cluster: (
        tk.apply(cluster, tk.plan(cluster, tk.get_tenant(cluster, "speech")), progress=False).frame
    ),
}


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False)


def _pickled(frame: pd.DataFrame) -> Any:
    return pickle.loads(pickle.dumps(frame))  # noqa: S301 (a pickle of this test)


def _first(frame: pd.DataFrame) -> str:
    return str(frame.columns[0])


def _info(frame: pd.DataFrame) -> str:
    out = io.StringIO()
    frame.info(buf=out)
    return "\n".join(out.getvalue().splitlines()[1:])  # the first line names the class


OPERATIONS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "column": lambda it: it[_first(it)],
    "columns": lambda it: it[list(it.columns[:3])],
    "mask": lambda it: it[it[_first(it)].notna()],
    "loc": lambda it: it.loc[it.index[:2], it.columns[:2]],
    "iloc": lambda it: it.iloc[::2, 1:],
    "head": lambda it: it.head(3),
    "query": lambda it: it.query(f"{_first(it)}.notna()", engine="python"),
    "filter": lambda it: it.filter(like="a", axis=1),
    "select_dtypes": lambda it: it.select_dtypes("string"),
    "assign": lambda it: it.assign(number=1),
    "rename": lambda it: it.rename(columns=str.upper),
    "drop": lambda it: it.drop(columns=_first(it)),
    "sort_values": lambda it: it.sort_values(list(it.columns[:2]), na_position="first"),
    "sort_index": lambda it: it.sort_index(ascending=False),
    "set_index": lambda it: it.set_index(_first(it)),
    "reset_index": lambda it: it.set_index(_first(it)).reset_index(),
    "reindex": lambda it: it.reindex(range(2)),
    "drop_duplicates": lambda it: it.drop_duplicates(list(it.columns[:2])),
    "dropna": lambda it: it.dropna(axis=1, how="all"),
    "fillna": lambda it: it.select_dtypes("string").fillna("x"),
    "isna": lambda it: it.isna(),
    "astype": lambda it: it.astype(object),
    "value_counts": lambda it: it[_first(it)].value_counts(dropna=False).to_frame(),
    "nunique": lambda it: it.nunique(),
    "groupby size": lambda it: it.groupby(_first(it), dropna=False).size(),
    "groupby count": lambda it: it.groupby(_first(it), dropna=False).count(),
    "groupby first": lambda it: it.groupby(_first(it), as_index=False).first(),
    "concat": lambda it: pd.concat([it, it], ignore_index=True),
    "merge": lambda it: it.head(5).merge(it.head(5), on=list(it.columns), how="left"),
    "join": lambda it: it.join(it.add_suffix("_other")),
    "melt": lambda it: it.melt(id_vars=[_first(it)]),
    "stack and transpose": lambda it: it.head(2).T,
    "describe": lambda it: it.describe(include="all") if len(it) else "",
    "apply": lambda it: it.apply(lambda values: values.notna().sum()),
    "copy": copy.deepcopy,
    "pickle": _pickled,
    "to_csv": _csv,
    "to_dict": lambda it: it.astype(object).where(it.notna(), None).to_dict("records"),
    "to_json": lambda it: it.to_json(orient="split", date_format="iso"),
    "to_string and to_html": lambda it: (it.head(9).to_string(), it.to_html()) if len(it) else "",
    "info": _info,
}


FROM_SERIES = ("value_counts", "describe")  # pandas makes these frames of Series, so they are plain


@pytest.fixture(scope="module")
def frames() -> Iterator[dict[str, pd.DataFrame]]:
    with engines.sandbox(nodes=True) as engine:
        login = engine.login("admin")
        with connect(kubeconfig=login.kubeconfig, context=login.context) as cluster:
            fill_sample(cluster)
            yield {name: read(cluster) for name, read in READERS.items()}


def test_every_public_function_that_returns_a_frame_is_here() -> None:
    public = {name: getattr(tk, name) for name in tk.__all__}
    readers = {
        name
        for name, each in public.items()
        if inspect.isfunction(each) and str(inspect.signature(each).return_annotation) in ("pd.DataFrame", "Frame")
    }

    assert readers == {name for name in READERS if name in public}
    assert len(OPERATIONS) >= 35


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_returns_a_frame(frames: dict[str, pd.DataFrame], reader: str) -> None:
    assert type(frames[reader]) is tk.Frame
    assert isinstance(frames[reader].attrs, dict)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_gives_what_it_gives_on_plain_frames(frames: dict[str, pd.DataFrame], operation: str) -> None:
    for reader, frame in frames.items():
        plain = pd.DataFrame(frame)
        plain.attrs = frame.attrs
        found, expected = OPERATIONS[operation](frame), OPERATIONS[operation](plain)

        if isinstance(expected, pd.DataFrame):
            assert type(found) is (pd.DataFrame if operation in FROM_SERIES else tk.Frame), reader
            pd.testing.assert_frame_equal(pd.DataFrame(found), expected, obj=reader)
            assert found.attrs == expected.attrs, reader
            assert isinstance(repr(found) + str(found._repr_html_()), str)  # type: ignore[operator]
        elif isinstance(expected, pd.Series):
            assert type(found) is pd.Series, reader
            pd.testing.assert_series_equal(found, expected, obj=reader)
        else:
            assert found == expected, reader


@pytest.mark.parametrize("reader", READERS)
def test_a_frame_is_read_from_excel_as_it_was_written(frames: dict[str, pd.DataFrame], reader: str) -> None:
    frame, book = frames[reader], io.BytesIO()

    frame.to_excel(book, index=False)

    read = pd.read_excel(book)
    assert [*read.columns] == [*frame.columns]
    for name, values in frame.items():
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            written = values.dt.tz_localize(None).dt.round("ms")  # as precise as Excel is
            assert read[name].isna().tolist() == written.isna().tolist()
            assert read[name].dropna().tolist() == written.dropna().tolist()


def test_no_frame_of_the_sample_is_wider_than_the_terminal(frames: dict[str, pd.DataFrame]) -> None:
    too_wide = {
        name: line
        for name, frame in frames.items()
        for line in repr(frame).splitlines()
        if len(line) > pd.get_option("display.width")
    }

    assert too_wide == {}
