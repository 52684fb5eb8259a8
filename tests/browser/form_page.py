"""A form on the page, as a user sees it: labels, buttons and the panel."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.notebook_page import NotebookPage


class FormPage:
    """A form.

    Args:
        notebook: that holds the form.
        root: the outermost element of the form.
    """

    def __init__(self, notebook: NotebookPage, root: Locator) -> None:
        self.notebook = notebook
        self.root = root

    @classmethod
    def show(cls, notebook: NotebookPage, arguments: str = "cluster") -> FormPage:
        """Show a form by running a cell, and wait until it is complete."""
        mark = f"form-{uuid.uuid4().hex[:8]}"
        notebook.run(f'form = tk.TenantForm({arguments})\nform.widget.add_class("{mark}")\nform')
        form = cls(notebook, notebook.page.locator(f".{mark}"))
        expect(form.button("Cancel")).to_be_visible()
        expect(form.root.locator("p.tk-disabled-reasons")).to_be_visible()
        form.root.scroll_into_view_if_needed()
        return form

    @property
    def page(self) -> Page:
        return self.notebook.page

    @property
    def panel(self) -> Locator:
        """The results and errors of the form."""
        return self.root.locator(".tk-panel")

    def field(self, label: str) -> Locator:
        """An input by its label."""
        return self.root.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def size(self, name: str) -> Locator:
        """The card of a size."""
        return self.root.locator(".tk-cards label").filter(has_text=name).first

    def expect_panel(self, text: str) -> None:
        """Wait until the form is idle and the panel shows a text."""
        expect(self.panel).to_contain_text(text)
        expect(self.button("Cancel")).to_be_disabled()

    def plan(self) -> None:
        self.button("Plan").click()
        self.expect_panel("Planned")

    def apply(self) -> None:
        self.button("Apply").click()
        self.expect_panel("Done")

    def fill_small(self, name: str) -> None:
        """Fill in a small tenant with one route, by mouse."""
        self.field("Name").fill(name)
        self.field("Team").fill("ml-vision")
        self.size("small").click()
        self.field("Owners, one per line").fill("dana@example.com")
        self.button("Add route").click()
        self.field("Service").fill("ai-service")
        self.field("Port").fill("80")
        self.field("Path").fill("/ai-service")
        self.expect_code(name)

    def expect_code(self, name: str) -> None:
        """Wait until the kernel has received all input: a click can overtake keystrokes that the page holds back."""
        code = self.root.locator(".tk-code pre").first
        for part in (f'name="{name}"', 'tk.Route(service="ai-service", port=80, path="/ai-service")'):
            expect(code).to_contain_text(part)

    @property
    def url(self) -> str:
        """The only address in the panel."""
        return self.root.locator(".tk-urls").inner_text().split()[-1]
