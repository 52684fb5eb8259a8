"""`MembersForm` on a real page: by mouse, by keyboard only, in both themes, on wide and narrow pages."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import tenantkit as tk
from tests.browser.accessibility import serious_findings
from tests.browser.contrast import FAINT
from tests.browser.form_page import FormPage
from tests.browser.notebook_page import VIEWPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.notebook_page import NotebookPage

THEMES = ("JupyterLab Dark", "JupyterLab Light")


@pytest.fixture
def tenant(cluster: Cluster, name: str) -> str:
    """A tenant with an editor and a viewer."""
    spec = tk.Tenant(
        name=name,
        team="cv",
        owners=["dana@example.com"],
        size="small",
        editors=["eve@example.com"],
        viewers=["group:ml-vision"],
    )
    tk.apply(cluster, tk.plan(cluster, spec), progress=False)
    return name


@pytest.fixture
def form(notebook: NotebookPage, tenant: str) -> Iterator[FormPage]:
    """The form for its members."""
    notebook.delete_cells()
    mark = f"form-{uuid.uuid4().hex[:8]}"
    notebook.run(f'form = tk.MembersForm(cluster, {tenant!r})\nform.widget.add_class("{mark}")\nform')
    page = FormPage(notebook, notebook.page.locator(f".{mark}"))
    expect(page.button("Cancel")).to_be_visible()
    page.root.scroll_into_view_if_needed()
    yield page
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.set_theme("JupyterLab Light")


def people(cluster: Cluster, name: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The editors and viewers."""
    found = tk.get_tenant(cluster, name)
    return found.editors, found.viewers


def test_members_are_added_and_removed_by_mouse(form: FormPage, cluster: Cluster, tenant: str) -> None:
    form.field("Add persons").fill("sam@example.com\nsa:hub/jupyter")
    form.size("Editor").click()
    form.field("eve@example.com").check()
    form.button("Plan").click()
    form.expect_panel("eve@example.com loses editor")
    assert people(cluster, tenant) == (("eve@example.com",), ("group:ml-vision",))

    form.apply()

    expect(form.field("sam@example.com")).not_to_be_checked()
    expect(form.field("eve@example.com")).to_have_count(0)
    assert people(cluster, tenant) == (("sa:hub/jupyter", "sam@example.com"), ("group:ml-vision",))


def test_members_are_added_and_removed_by_keyboard_only(form: FormPage, cluster: Cluster, tenant: str) -> None:
    keys = form.page.keyboard
    form.field("eve@example.com").focus()
    keys.press("Space")
    keys.press("Tab")
    expect(form.field("group:ml-vision")).to_be_focused()
    keys.press("Tab")
    expect(form.field("Add persons")).to_be_focused()
    keys.type("sam@example.com")
    keys.press("Tab")
    keys.press("Tab")
    expect(form.button("Plan")).to_be_focused()
    keys.press("Enter")
    form.expect_panel("Planned")
    expect(form.button("Plan")).to_be_focused()  # it was disabled meanwhile
    keys.press("Tab")
    expect(form.button("Apply")).to_be_focused()
    keys.press("Enter")
    form.expect_panel("Done")

    assert people(cluster, tenant) == ((), ("group:ml-vision", "sam@example.com"))


@pytest.mark.parametrize("width", [700, 1400])
def test_the_form_is_readable_in_both_themes(form: FormPage, width: int) -> None:
    form.page.set_viewport_size({"width": width, "height": 1000})
    form.field("Add persons").fill("sam@example.com")
    form.button("Plan").click()
    form.expect_panel("Planned")

    for theme in THEMES:
        form.notebook.set_theme(theme)
        expect(form.root).to_be_visible()
        assert form.page.evaluate(FAINT, form.root.element_handle()) == []
        assert serious_findings(form.root) == []
    assert form.root.evaluate("root => root.scrollWidth <= root.clientWidth + 1")
