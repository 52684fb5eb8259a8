"""Hostile strings, and a check that a page made nothing but text of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.notebook_page import NotebookPage

HOSTILE = {
    "script": "<script>window.__pwned=1;alert(1)</script>",
    "image": '<img src=x onerror="window.__pwned=1;alert(1)">',
    "attribute": "\"'><svg onload=window.__pwned=1 onmouseover=window.__pwned=1>",
    "closing": "</pre></style></textarea></div><h1>owned</h1>",
    "formula": '=HYPERLINK("http://127.0.0.1:9/x","free GPUs")',
    "markdown": "[free](javascript:window.__pwned=1) $\\href{javascript:alert(1)}{x}$ `x` &lt;b&gt;",
    "terminal": "\x1b[31mred\x1b[0m\x07\x1b]8;;http://127.0.0.1:9\x07link",
    "emoji": "🦊👩‍🔬 ﷽ z̸̢̛",
    "right to left": "שלום \u202egnp.exe",
}
# tenantkit itself creates none of these elements, so each would have come from a string.
_MADE = (
    "script, img, svg, iframe, object, embed, h1, math, mjx-container, .MathJax, a:not([href^='http']), "
    "[onerror], [onload]:not(.tk-style style), [onmouseover]"
)


def expect_nothing_made(notebook: NotebookPage, root: Locator, *, but: str = "") -> None:
    """No element on the page was made of a string; `but` selects the elements that a library makes."""
    made = root.locator(_MADE).evaluate_all(
        "(made, but) => made.filter(it => !(but && it.closest(but))).map(it => it.outerHTML)", but
    )
    assert made == [], root.all_inner_texts()
    assert notebook.page.evaluate("window.__pwned === undefined")
    assert notebook.dialogs == []
