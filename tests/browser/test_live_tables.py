"""The tables of live views by mouse and by keyboard alone, in both themes, on wide and narrow pages."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tenantkit.rules.manifest import ref_of
from tests.browser.accessibility import serious_findings
from tests.browser.live_page import LivePage
from tests.browser.notebook_page import VIEWPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.notebook_page import NotebookPage

THEMES = ("JupyterLab Light", "JupyterLab Dark")
WIDTHS = (1400, 700)
VIEWS = ("QuotaDashboard(cluster)", "Explorer(cluster)")
_CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.cells.length"
_IS_IN_VIEW = """cell => {
  const box = cell.getBoundingClientRect(), scroll = cell.closest('.tk-grid-scroll').getBoundingClientRect();
  return box.width > 0 && box.left >= scroll.left - 1 && box.right <= scroll.right + 1;
}"""
_HIDE_SIDEBAR = "() => window.jupyterapp.shell.collapseLeft()"
_SHOW_SIDEBAR = "() => window.jupyterapp.shell.expandLeft()"
_IS_WHOLE = """cell => {
  const scroll = cell.closest('.tk-scroll');
  return scroll.scrollWidth <= scroll.clientWidth + 1 && cell.scrollWidth <= cell.clientWidth + 1;
}"""
_MARK = "row => { row.tkMark = true }"
_IS_MARKED = "row => row.tkMark === true"


@pytest.fixture
def page(notebook: NotebookPage) -> Iterator[NotebookPage]:
    notebook.delete_cells()
    yield notebook
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.set_theme(THEMES[0])
    notebook.run("view.close()")


@pytest.fixture
def explorer(page: NotebookPage) -> LivePage:
    return LivePage.show(page, "Explorer(cluster)")


@pytest.fixture
def dashboard(page: NotebookPage) -> LivePage:
    return LivePage.show(page, "QuotaDashboard(cluster)")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_no_serious_finding_and_keeps_its_states_in_view(
    view: str, theme: str, width: int, page: NotebookPage
) -> None:
    shown = LivePage.show(page, view)
    page.set_theme(theme)
    page.page.set_viewport_size({"width": width, "height": VIEWPORT["height"]})
    shown.root.scroll_into_view_if_needed()

    assert serious_findings(shown.root) == []
    assert shown.rows.first.locator("td.tk-col-state").evaluate(_IS_IN_VIEW)
    assert shown.rows.first.locator("td.tk-col-actions").evaluate(_IS_IN_VIEW)


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_is_in_view_on_a_narrow_page_without_a_sidebar(view: str, page: NotebookPage) -> None:
    shown = LivePage.show(page, view)
    page.page.evaluate(_HIDE_SIDEBAR)
    try:
        page.page.set_viewport_size({"width": WIDTHS[-1], "height": VIEWPORT["height"]})
        expect(shown.rows.first.locator(".tk-spare").first).to_be_hidden()

        cells = shown.rows.first.locator("td:visible").all()
        assert [cell.inner_text() for cell in cells if not cell.evaluate(_IS_IN_VIEW)] == []
        expect(shown.rows.first.locator("td.tk-col-tenant")).to_be_visible()
        if "Quota" in view:
            expect(shown.rows.first.locator(".tk-grid-bar")).to_be_visible()
    finally:
        page.page.evaluate(_SHOW_SIDEBAR)


def test_the_worst_is_on_top_with_a_word_and_a_shape(explorer: LivePage) -> None:
    tones = explorer.rows.evaluate_all("rows => rows.map(row => row.dataset.tone)")
    objects = [tone for tone, kind in zip(tones, explorer.cells("kind"), strict=True) if kind != "Event"]

    assert objects == sorted(objects, key=["error", "warning", "other", "ok", "done"].index)
    assert objects[0] == "error"
    expect(explorer.rows.first.locator(".tk-shape")).to_be_visible()
    assert explorer.cells("state")[0] == "Failing"


def test_a_click_on_a_row_goes_down_and_the_path_leads_back(explorer: LivePage) -> None:
    explorer.row("train-b200").locator("td.tk-col-detail").click()
    expect(explorer.filter("Workload")).to_have_value("Job/train-b200")
    expect(explorer.rows.filter(has_text="FailedScheduling")).to_be_visible()

    explorer.button("All tenants").click()

    expect(explorer.filter("Tenant")).to_have_value("all")
    expect(explorer.root.locator(".tk-grid-path")).to_be_hidden()


def test_why_beside_a_row_shows_the_cause_in_view(explorer: LivePage) -> None:
    explorer.row("train-b200").get_by_role("button", name="Why?").click()

    expect(explorer.panel).to_contain_text(re.compile("Problems found for .*train-b200"))
    expect(explorer.panel).to_be_in_viewport()


def test_causes_have_a_line_for_each_cell_on_a_narrow_page(explorer: LivePage) -> None:
    explorer.row("train-b200").get_by_role("button", name="Why?").click()
    cell = explorer.panel.locator("td.tk-col-next_steps").first
    expect(cell).to_be_visible()

    explorer.page.set_viewport_size({"width": 700, "height": VIEWPORT["height"]})

    expect(cell).to_have_css("display", "block")
    assert cell.evaluate(_IS_WHOLE)


def test_words_and_headings_choose_and_sort_rows(dashboard: LivePage) -> None:
    dashboard.filter("Search").fill("requests.cpu")
    expect(dashboard.rows.filter(has_not_text="requests.cpu")).to_have_count(0)
    heading = dashboard.root.get_by_role("columnheader", name="tenant")

    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    ascending = dashboard.cells("tenant")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")

    assert ascending == sorted(ascending)
    assert dashboard.cells("tenant") == sorted(ascending, reverse=True)


def test_gpus_are_one_click_in_the_dashboard_and_say_who_holds_them(dashboard: LivePage) -> None:
    dashboard.filter("Resource").select_option("GPUs")
    expect(dashboard.rows.filter(has_not_text="nvidia.com/gpu")).to_have_count(0)

    dashboard.row("chatbot").get_by_role("button", name="Who?").click()

    expect(dashboard.panel).to_contain_text("Who holds requests.nvidia.com/gpu of chatbot")
    expect(dashboard.panel).to_contain_text("Deployment/chat")


def test_the_keyboard_alone_leads_from_the_worst_row_to_its_cause_and_back(
    explorer: LivePage, page: NotebookPage
) -> None:
    keyboard, cells = page.page.keyboard, page.page.evaluate(_CELLS)
    explorer.filter("Search").focus()
    keyboard.type("train-b200")
    expect(explorer.rows.filter(has_not_text="train-b200")).to_have_count(0)
    for _ in range(20):
        keyboard.press("Tab")
        if explorer.rows.locator("button:focus").count():
            break
    explorer.expect_focus_in(explorer.rows.nth(0))
    for key in ("d", "d", "a", "b", "j"):
        keyboard.press(key)

    keyboard.press("ArrowDown")
    explorer.expect_focus_in(explorer.rows.nth(1))
    keyboard.press("Home")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(explorer.panel).to_contain_text("cause")
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    expect(explorer.filter("Workload")).to_have_value("Job/train-b200")

    assert page.page.evaluate(_CELLS) == cells


def test_a_change_leaves_other_rows_the_focus_and_the_place_as_they_are(
    page: NotebookPage, cluster: Cluster, name: str
) -> None:
    created = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for number in range(40):
        cluster.create(event(f"e-{number:02}", name, f"message {number}"))
    shown = LivePage.show(page, f"Explorer(cluster, namespaces=[{name!r}])")
    expect(shown.rows).to_have_count(40)
    link = shown.rows.nth(30).locator("button").first
    link.focus()
    handle, before = (
        shown.rows.nth(30).element_handle(),
        shown.root.locator(".tk-grid-scroll").evaluate("it => it.scrollTop"),
    )
    assert handle is not None
    handle.evaluate(_MARK)

    cluster.create(event("e-99", name, "another"))

    expect(shown.rows).to_have_count(41)
    assert before > 0
    assert handle.evaluate(_IS_MARKED)
    assert handle.evaluate("row => row.contains(document.activeElement)")
    cluster.delete(ref_of(created))


def test_a_stopped_view_is_unmistakable_and_starts_again(explorer: LivePage) -> None:
    expect(explorer.button("Start again")).to_be_hidden()
    explorer.button("Stop").click()
    expect(explorer.root.get_by_role("alert").filter(has_text="is no longer updated")).to_be_visible()
    expect(explorer.root.locator(".tk-grid")).to_have_class(re.compile("tk-stale"))

    explorer.button("Start again").click()

    explorer.expect_live()
    expect(explorer.root.locator(".tk-grid")).not_to_have_class(re.compile("tk-stale"))


def test_pictures_of_the_dashboard(dashboard: LivePage, page: NotebookPage, picture: Callable[[str], Path]) -> None:
    for theme, suffix in zip(THEMES, ("", "-dark"), strict=True):
        page.set_theme(theme)
        file = picture(f"docs/images/quota-dashboard{suffix}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        page.draw(dashboard.root, file)

        assert file.stat().st_size > 0


def event(name: str, namespace: str, message: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": f"p-{uuid.uuid4().hex[:4]}", "namespace": namespace},
        "type": "Warning",
        "reason": "Tested",
        "message": message,
    }
