"""A picture follows the theme of the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.notebook_page import NotebookPage


def test_a_picture_follows_the_theme_of_the_page(notebook: NotebookPage) -> None:
    notebook.delete_cells()
    images = notebook.run("tk.plots.quota_bars(tk.quota_usage(cluster))").locator("img")
    expect(images).to_have_count(2)

    for theme, shown, hidden in (("JupyterLab Light", 0, 1), ("JupyterLab Dark", 1, 0)):
        notebook.set_theme(theme)
        expect(images.nth(shown)).to_be_visible()
        expect(images.nth(hidden)).to_be_hidden()
    notebook.set_theme("JupyterLab Light")
