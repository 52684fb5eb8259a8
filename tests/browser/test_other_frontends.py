"""Forms and live views in Notebook 7 and Voilà: drawn, used, in both themes, on wide and narrow pages."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import serious_findings
from tests.browser.live_page import LivePage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Locator, Page

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.lab_process import Lab

WIDTHS = (1400, 700)
HEIGHT = 3000  # a notebook draws only the cells in view
VIEWS = ("QuotaDashboard", "Explorer", "TenantForm")
_IDLE = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
_RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
_SHOW = """view = tk.{0}(cluster)
view.widget.add_class("shows-{0}")
view"""


@dataclass(frozen=True)
class Shown:
    """A page of a front end with all views, from one kernel."""

    page: Page
    theme: str

    def root(self, view: str) -> Locator:
        """The outermost element of a view, once it is complete."""
        root = self.page.locator(f".shows-{view}")
        expect(root.locator(".tk-head")).to_be_visible()
        if "Form" not in view:
            LivePage(root).expect_live()
        return root


def open_notebook_7(page: Page, lab: Lab, name: str, theme: str) -> None:
    page.goto(f"{lab.url}/notebooks/{name}?token={lab.token}")
    page.wait_for_function(_IDLE)
    page.evaluate(_THEME, f"JupyterLab {theme.capitalize()}")
    page.evaluate(_RUN_ALL)


def open_voila(page: Page, lab: Lab, name: str, theme: str) -> None:
    page.goto(f"{lab.url}/voila/render/{name}?token={lab.token}&theme={theme}")


OPEN: dict[str, Callable[[Page, Lab, str, str], None]] = {"notebook": open_notebook_7, "voila": open_voila}
in_each_front_end = pytest.mark.parametrize("shown", [(name, "light") for name in OPEN], ids="-".join, indirect=True)
in_each_theme = pytest.mark.parametrize(
    "shown", [(name, theme) for name in OPEN for theme in ("light", "dark")], ids="-".join, indirect=True
)


@pytest.fixture(scope="module")
def shown(
    request: pytest.FixtureRequest,
    browser: BrowserContext,
    lab: Lab,
    cluster: Cluster,  # noqa: ARG001 (the views read it)
) -> Iterator[Shown]:
    front_end, theme = request.param
    before = lab.kernels()
    page = browser.new_page()
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    name = lab.write_notebook("import tenantkit as tk\ncluster = tk.connect()", *map(_SHOW.format, VIEWS))
    OPEN[front_end](page, lab, name, theme)
    yield Shown(page, theme)
    page.close()
    lab.end_kernels(but=before)


@in_each_theme
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_drawn_and_has_no_serious_finding(view: str, shown: Shown) -> None:
    root = shown.root(view)

    findings = {}
    for width in WIDTHS:
        shown.page.set_viewport_size({"width": width, "height": HEIGHT})
        findings[width] = serious_findings(root)

    assert findings == {1400: [], 700: []}
    assert shown.page.evaluate("document.body.dataset.jpThemeLight") == str(shown.theme == "light").lower()


@in_each_front_end
def test_a_row_leads_down_and_its_problem_is_explained(shown: Shown) -> None:
    explorer = LivePage(shown.root("Explorer"))
    explorer.filter("Search").fill("train-b200")
    expect(explorer.rows.filter(has_not_text="train-b200")).to_have_count(0)

    explorer.rows.first.locator(".tk-grid-link").focus()
    explorer.page.keyboard.press("Enter")
    expect(explorer.filter("Workload")).to_have_value("Job/train-b200")
    explorer.rows.first.get_by_role("button", name=re.compile("Why")).click()

    expect(explorer.panel).to_contain_text("Problems found for")


@in_each_front_end
def test_a_tenant_is_planned(shown: Shown) -> None:
    root = shown.root("TenantForm")
    root.get_by_label("Name", exact=True).fill(f"t-{uuid.uuid4().hex[:8]}")
    root.get_by_label("Team", exact=True).fill("ml-vision")
    root.locator(".tk-cards label").filter(has_text="small").first.click()
    root.get_by_label("Owners, one per line", exact=True).fill("dana@example.com")

    root.get_by_role("button", name="Plan", exact=True).click()

    expect(root.locator(".tk-panel")).to_contain_text("Planned")
