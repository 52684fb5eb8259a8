"""A form on the page, as a person has it: labels, buttons and what it says."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.notebook_page import ROOM, SLOW_MS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.browser.notebook_page import NotebookPage


class FormPage:
    """A form.

    Args:
        notebook: that it stands in.
        root: its outermost element.
    """

    def __init__(self, notebook: NotebookPage, root: Locator) -> None:
        self.notebook = notebook
        self.root = root

    @classmethod
    def show(cls, notebook: NotebookPage, arguments: str = "cluster") -> FormPage:
        """Show a form by running a cell, and wait until it is there whole."""
        mark = f"form-{uuid.uuid4().hex[:8]}"
        notebook.run(f'form = tk.TenantForm({arguments})\nform.widget.add_class("{mark}")\nform')
        form = cls(notebook, notebook.page.locator(f".{mark}"))
        expect(form.button("Cancel")).to_be_visible(timeout=SLOW_MS)
        expect(form.root.locator("p.tk-why")).to_be_visible()
        form.root.scroll_into_view_if_needed()
        return form

    @property
    def page(self) -> Page:
        return self.notebook.page

    @property
    def panel(self) -> Locator:
        """What it says."""
        return self.root.locator(".tk-panel")

    def field(self, label: str) -> Locator:
        """An input by its label."""
        return self.root.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def size(self, name: str) -> Locator:
        """The card of a size."""
        return self.root.locator(".tk-cards label").filter(has_text=name).first

    def expect_said(self, text: str) -> None:
        """Wait until it is at rest and says that."""
        expect(self.panel).to_contain_text(text, timeout=SLOW_MS)
        expect(self.button("Cancel")).to_be_disabled(timeout=SLOW_MS)

    def plan(self) -> None:
        self.button("Plan").click()
        self.expect_said("Planned")

    def apply(self) -> None:
        self.button("Apply").click()
        self.expect_said("Done")

    def fill_small(self, name: str) -> None:
        """A small tenant with one route, by mouse."""
        self.field("Name").fill(name)
        self.field("Team").fill("ml-vision")
        self.size("small").click()
        self.field("Owners, one a line").fill("dana@example.com")
        self.button("Add route").click()
        self.field("Service").fill("ai-service")
        self.field("Port").fill("80")
        self.field("Path").fill("/ai-service")
        self.expect_taken(name)

    def draw(self, file: Path) -> None:
        """Take a picture of all of it, on a page long enough for that."""
        # a change of theme leaves nothing to be seen for a moment
        height = self.page.wait_for_function("root => root.offsetHeight", arg=self.root.element_handle()).json_value()
        self.page.set_viewport_size({"width": ROOM["width"], "height": height + 300})
        try:
            self.root.scroll_into_view_if_needed()
            self.page.mouse.move(0, 0)
            self.root.screenshot(path=file, animations="disabled", caret="hide")
        finally:
            self.page.set_viewport_size(ROOM)

    def expect_taken(self, name: str) -> None:
        """Wait until the kernel has all that was typed: a click overtakes the keys that the page still holds back."""
        code = self.root.locator(".tk-code pre").first
        for part in (f'name="{name}"', 'tk.Route(service="ai-service", port=80, path="/ai-service")'):
            expect(code).to_contain_text(part, timeout=SLOW_MS)

    @property
    def url(self) -> str:
        """The only address that it gives."""
        return self.root.locator(".tk-urls").inner_text().split()[-1]
