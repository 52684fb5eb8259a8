"""Frames with bars and colours: every cell is text, <NA> is empty, and long texts are cut."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tenantkit.display.styling import InteractiveTable, styled, texts_of
from tenantkit.exceptions import InvalidSpecError, MissingExtraError
from tenantkit.frames.nodes import nodes_frame
from tenantkit.frames.pods import pods_frame
from tenantkit.frames.quota import quota_frame
from tenantkit.plots.gpu_map import gpus
from tenantkit.plots.quota_charts import quota_heatmap

if TYPE_CHECKING:
    from collections.abc import Callable

HARD, USED = {"requests.cpu": "4", "requests.memory": "8Gi", "pods": "10"}, {"requests.cpu": "4", "pods": "1"}
QUOTA = {
    "metadata": {"name": "q", "namespace": "vision"},
    "spec": {"hard": HARD},
    "status": {"hard": {**HARD, "requests.memory": "1Gi"}, "used": USED},
}
HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x1b[31mred", "$\\href{javascript:1}{x}$")


def html(frame: pd.DataFrame, *, interactive: bool = False) -> str:
    found = styled(frame, interactive=interactive)
    assert hasattr(found, "_repr_html_")
    return str(found._repr_html_())


def test_amounts_have_units_and_missing_values_are_empty() -> None:
    texts = texts_of(quota_frame([QUOTA])).set_index("resource")

    assert texts["hard"].to_dict() == {"requests.cpu": "4 cores", "requests.memory": "8 GiB", "pods": "10"}
    assert texts["used"].to_dict() == {"requests.cpu": "4 cores", "requests.memory": "", "pods": "1"}
    assert texts["used_pct"].to_dict() == {"requests.cpu": "100 %", "requests.memory": "", "pods": "10 %"}


def test_a_percentage_has_a_bar_and_a_full_quota_a_colour() -> None:
    page = html(quota_frame([QUOTA]))

    assert "10.0%, transparent 10.0%" in page
    assert "rgba(196, 78, 0, 0.45) 100.0%" in page


@pytest.mark.parametrize("frame", [quota_frame([]), pods_frame([]), nodes_frame([])])
def test_an_empty_frame_is_a_table_with_its_headings(frame: pd.DataFrame) -> None:
    page = html(frame)

    assert all(f">{name}<" in page for name in frame.columns)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("interactive", [False, True])
def test_hostile_texts_are_escaped_in_cells_and_headings(text: str, *, interactive: bool) -> None:
    frame = pd.DataFrame({"name": pd.array([text], dtype="string"), text: pd.array([text], dtype="string")})

    page = html(frame, interactive=interactive)

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert interactive or 'class="mathjax_ignore"' in page


def test_a_long_text_is_cut() -> None:
    assert texts_of(pd.DataFrame({"message": ["x" * 1_000_000]}))["message"].tolist() == ["x" * 199 + "…"]


def test_rows_beyond_the_limit_are_left_out_with_a_caption() -> None:
    found = styled(pd.DataFrame({"name": ["a"] * 500}))

    assert not isinstance(found, InteractiveTable)
    assert "the first 200 of 500 rows" in found.to_html()


@pytest.mark.parametrize(("module", "interactive"), [("itables", True), ("jinja2", False)])
def test_a_missing_package_is_an_error_that_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, module: str, *, interactive: bool
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=r'pip install "tenantkit\[tables\]"'):
        styled(pd.DataFrame({"name": ["a"]}), interactive=interactive)


@pytest.mark.parametrize("limit", [None, "20", 20.5, True, [20]])
@pytest.mark.parametrize(
    "show",
    [
        lambda limit: styled(quota_frame([QUOTA]), limit=limit),
        lambda limit: quota_heatmap(quota_frame([QUOTA]), limit=limit),
        lambda limit: gpus(nodes_frame([]), pods_frame([]), limit=limit),
    ],
    ids=["styled", "quota_heatmap", "gpus"],
)
def test_a_limit_that_is_not_a_number_of_rows_is_refused(show: Callable[[Any], object], limit: Any) -> None:
    with pytest.raises(InvalidSpecError, match=r"limit=.*: use a whole number of rows, for example 40"):
        show(limit)


def test_a_limit_may_be_a_number_of_numpy() -> None:
    limit: Any = np.int64(2)

    table: Any = styled(quota_frame([QUOTA]), limit=limit)

    assert "the first 2 of 3 rows" in table._repr_html_()
