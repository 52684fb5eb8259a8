"""Forms and live views in Notebook 7 and Voilà: drawn, used, in both themes, on wide and narrow pages."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import serious_findings
from tests.browser.conftest import EMPTY
from tests.browser.live_page import LivePage
from tests.browser.notebook_page import SLOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Locator, Page

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.lab_process import Lab

    Show = Callable[..., Locator]

pytestmark = pytest.mark.timeout(300)  # each starts a kernel, and Voilà waits for it

WIDTHS = (1400, 700)
_IDLE = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
_RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"


class Frontends:
    """Shows one view on a page of Notebook 7 or Voilà, each time with a kernel of its own."""

    def __init__(self, browser: BrowserContext, lab: Lab) -> None:
        self._browser, self._lab = browser, lab
        self.pages: list[Page] = []

    def show(self, frontend: str, view: str, *, theme: str = "light") -> Locator:
        name, mark = f"other-{uuid.uuid4().hex[:8]}.ipynb", f"view-{uuid.uuid4().hex[:8]}"
        source = f'import tenantkit as tk\nview = tk.{view}\nview.widget.add_class("{mark}")\nview'
        cell: dict[str, object] = {
            "cell_type": "code",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "id": "a",
        }
        (self._lab.notebooks / name).write_text(json.dumps(EMPTY | {"cells": [cell]}))
        page = self._browser.new_page()
        self.pages.append(page)
        getattr(self, f"_open_{frontend}")(page, name, theme)
        root = page.locator(f".{mark}")
        expect(root.locator(".tk-head")).to_be_visible(timeout=SLOW_MS)
        return root

    def _open_notebook(self, page: Page, name: str, theme: str) -> None:
        page.goto(f"{self._lab.url}/notebooks/{name}?token={self._lab.token}")
        page.wait_for_function(_IDLE, timeout=SLOW_MS)
        page.evaluate(_THEME, f"JupyterLab {theme.capitalize()}")
        page.evaluate(_RUN_ALL)

    def _open_voila(self, page: Page, name: str, theme: str) -> None:
        page.goto(f"{self._lab.url}/voila/render/{name}?token={self._lab.token}&theme={theme}", timeout=SLOW_MS)


@pytest.fixture
def show(browser: BrowserContext, lab: Lab, cluster: Cluster) -> Iterator[Show]:  # noqa: ARG001 (the views read it)
    frontends = Frontends(browser, lab)
    yield frontends.show
    for page in frontends.pages:
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["QuotaDashboard(tk.connect())", "Explorer(tk.connect())", "TenantForm(tk.connect())"])
@pytest.mark.parametrize("frontend", ["notebook", "voila"])
def test_a_view_is_drawn_and_has_no_serious_finding(frontend: str, view: str, theme: str, show: Show) -> None:
    root = show(frontend, view, theme=theme)
    if "Form" not in view:
        LivePage(root).expect_live()
    is_light = root.page.evaluate("document.body.dataset.jpThemeLight")

    findings = {}
    for width in WIDTHS:
        root.page.set_viewport_size({"width": width, "height": 1000})
        findings[width] = serious_findings(root)

    assert findings == {1400: [], 700: []}
    assert is_light == ("true" if theme == "light" else "false")


@pytest.mark.parametrize("frontend", ["notebook", "voila"])
def test_a_row_leads_down_and_its_problem_is_explained(frontend: str, show: Show) -> None:
    shown = LivePage(show(frontend, "Explorer(tk.connect())"))
    shown.expect_live()
    shown.filter("Search").fill("train-b200")
    expect(shown.rows.filter(has_not_text="train-b200")).to_have_count(0)

    shown.rows.first.locator(".tk-grid-link").focus()
    shown.page.keyboard.press("Enter")
    expect(shown.filter("Workload")).to_have_value("Job/train-b200")
    shown.rows.first.get_by_role("button", name=re.compile("Why")).click()

    expect(shown.panel).to_contain_text("Problems found for", timeout=SLOW_MS)


@pytest.mark.parametrize("frontend", ["notebook", "voila"])
def test_a_tenant_is_planned(frontend: str, show: Show) -> None:
    root = show(frontend, "TenantForm(tk.connect())")
    root.get_by_label("Name", exact=True).fill(f"t-{uuid.uuid4().hex[:8]}")
    root.get_by_label("Team", exact=True).fill("ml-vision")
    root.locator(".tk-cards label").filter(has_text="small").first.click()
    root.get_by_label("Owners, one per line", exact=True).fill("dana@example.com")

    root.get_by_role("button", name="Plan", exact=True).click()

    expect(root.locator(".tk-panel")).to_contain_text("Planned", timeout=SLOW_MS)
