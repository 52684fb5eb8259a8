"""Strings that would be markup, script, formulas or terminal codes, in every place that can hold one: only text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.form_page import FormPage

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
INPUTS = (
    "Name",
    "Team",
    "Owners, one a line",
    "Further hosts, one a line",
    "Expires",
    "Editors, one a line",
    "Viewers, one a line",
    "Service",
    "Port",
    "Path",
    "Host",
)
# Nothing that tenantkit draws itself is one of these: each would have been made of a string.
_MADE = (
    "script, img, svg, iframe, object, embed, h1, math, mjx-container, .MathJax, a:not([href^='http']), "
    "[onerror], [onload], [onmouseover]"
)


def expect_nothing_made(notebook: NotebookPage, root: Locator) -> None:
    assert root.locator(_MADE).evaluate_all("made => made.map(it => it.outerHTML)") == [], root.all_inner_texts()
    assert notebook.page.evaluate("window.__pwned === undefined")
    assert notebook.dialogs == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_typed_stays_text(kind: str, form: FormPage) -> None:
    hostile = HOSTILE[kind]
    form.button("Add route").click()
    for label in INPUTS:
        form.field(label).fill(hostile)

    # what is said of the last field moves the button away from the mouse
    expect(form.root.locator(".tk-route .tk-error").filter(has_text="Host:")).to_be_visible()
    form.button("Plan").click()
    form.expect_said("Correct what is marked above")

    expect_nothing_made(form.notebook, form.root)
    for label in INPUTS:
        expect(form.field(label)).to_have_value(hostile)


def test_what_a_cluster_may_hold_stays_text_in_plan_result_code_and_tables(notebook: NotebookPage, name: str) -> None:
    """A person may have nearly any name, so these go through the form, the cluster, and back into a notebook."""
    people = [text for text in HOSTILE.values() if text.isprintable()]
    form = FormPage.show(notebook)
    form.fill_small(name)
    form.field("Viewers, one a line").fill("\n".join(people))
    form.plan()
    for code in form.root.locator(".tk-code pre").all():
        expect(code).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, form.root)
    form.apply()
    expect_nothing_made(notebook, form.root)

    again = FormPage.show(notebook, f"cluster, {name!r}")
    expect(again.field("Viewers, one a line")).to_have_value("\n".join(people))
    expect_nothing_made(notebook, again.root)
    for source in (
        f"tk.plan(cluster, tk.Tenant(**tk.get_tenant(cluster, {name!r}).model_dump(exclude={{'viewers'}})))",
        f"tk.get_tenant(cluster, {name!r})",
        "tk.tenants(cluster)",
        f"print(tk.get_tenant(cluster, {name!r}))",
    ):
        expect_nothing_made(notebook, notebook.run(source))
