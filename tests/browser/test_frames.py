"""Frames in JupyterLab: units, states and folded rows, readable in both themes and on a narrow page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import serious_findings
from tests.browser.notebook_page import VIEWPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.notebook_page import NotebookPage

THEMES = ("JupyterLab Light", "JupyterLab Dark")
WIDTHS = (1400, 700)
FRAMES = ("tk.quota_usage(cluster)", "tk.why(cluster)", "tk.pods(cluster)", "tk.tenants(cluster)")


@pytest.fixture
def page(notebook: NotebookPage) -> Iterator[NotebookPage]:
    notebook.delete_cells()
    yield notebook
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.set_theme(THEMES[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_frames_have_no_serious_finding(theme: str, width: int, page: NotebookPage) -> None:
    page.set_theme(theme)
    page.page.set_viewport_size({"width": width, "height": VIEWPORT["height"]})

    found = {source: serious_findings(page.run(source).locator(".tenantkit-frame")) for source in FRAMES}

    assert found == {key: [] for key in FRAMES}


def test_a_quota_is_shown_with_units_and_a_click_unfolds_the_rest(page: NotebookPage) -> None:
    frame = page.run('tk.quota_usage(cluster, tenant="recsys")').locator(".tenantkit-frame")
    rows, folded = frame.locator("tbody tr"), frame.get_by_text("requests.ephemeral-storage")

    expect(rows.filter(has_text="requests.cpu")).to_contain_text("8.3 of 16 cores")
    expect(folded).to_be_hidden()
    frame.get_by_text(re.compile("more rows are far from a limit")).click()
    expect(folded).to_be_visible()


def test_the_exact_time_of_an_age_is_its_title(page: NotebookPage) -> None:
    frame = page.run('tk.tenants(cluster)[["tenant", "created"]]').locator(".tenantkit-frame")

    expect(frame.get_by_text(re.compile(r"\d+ (s|min|h) ago")).first).to_have_attribute(
        "title", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
    )
