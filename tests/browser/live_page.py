"""A live view on a page, as its reader sees it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.notebook_page import NotebookPage


class LivePage:
    """A live view.

    Args:
        root: the outermost element of the view.
    """

    def __init__(self, root: Locator) -> None:
        self.root = root

    @classmethod
    def show(cls, notebook: NotebookPage, view: str) -> LivePage:
        """Show a view by running a cell, and wait until it is live."""
        mark = f"view-{uuid.uuid4().hex[:8]}"
        notebook.run(f'view = tk.{view}\nview.widget.add_class("{mark}")\nview')
        shown = cls(notebook.page.locator(f".{mark}"))
        shown.expect_live()
        return shown

    @property
    def page(self) -> Page:
        return self.root.page

    @property
    def panel(self) -> Locator:
        """The answers to Why? and Who?."""
        return self.root.locator(".tk-panel")

    @property
    def rows(self) -> Locator:
        return self.root.locator(".tk-grid-table tbody tr")

    def row(self, text: str) -> Locator:
        """The first row with a text."""
        return self.rows.filter(has_text=text).first

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def filter(self, label: str) -> Locator:
        return self.root.get_by_label(label, exact=True)

    def cells(self, column: str) -> list[str]:
        """The texts of a column."""
        return self.root.locator(f".tk-grid-table td.tk-col-{column}").all_inner_texts()

    def expect_live(self) -> None:
        """Wait until the view shows what the cluster has now."""
        expect(self.root.locator(".tk-state")).to_have_text("live")
        expect(self.rows.first).to_be_visible()

    def expect_focus_in(self, row: Locator) -> None:
        """Wait until a button of a row has the focus."""
        expect(row.locator("button:focus")).to_have_count(1)
