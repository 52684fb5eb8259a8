"""The table of a live view on a page with a strict policy, as VS Code shows outputs.

VS Code's setting `notebook.experimental.enableCsp` gives that page the policy `default-src 'none'`, with inline scripts
and `eval` allowed, which this page refuses. This page allows `blob:`, from which anywidget imports a widget's code; VS
Code's page allows it only without that setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tenantkit.forms.live.grid import Column, Grid, Row, TableContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page, Route


_ADDRESS = "http://strict.test/"
_POLICY = "default-src 'none'; script-src 'nonce-page' blob:; style-src 'unsafe-inline'"
_PAGE = """<!doctype html><title>outputs</title><main></main><script nonce="page">
  window.refused = [];
  addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective + ' ' + event.blockedURI));
</script>"""
# as anywidget does: the code from a blob, the style in the page, and a model
_SHOW = """async ({ code, css, state }) => {
  const style = document.createElement('style');
  style.textContent = css;
  const el = document.createElement('div');
  document.querySelector('main').append(style, el);
  window.sent = [];
  const model = { get: name => state[name], on() {}, off() {}, send: content => sent.push(content) };
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const widget = await import(address);
  URL.revokeObjectURL(address);
  await widget.default.render({ model, el });
}"""
_CONTENT = TableContent(
    (Column("state", "state"), Column("name", "link"), Column("share", "share"), Column("age", "time")),
    (
        Row("a", ("full", "<b>chat</b>", "100.0", "2027-03-31T18:00:00Z"), "error", ("who", "why")),
        Row("b", ("ok", "search", "35.4", ""), "ok"),
    ),
    "2 entries",
    {"full": 1, "ok": 1},
    has_more=True,
    path=("All tenants", "recsys"),
)


@pytest.fixture
def strict_page(browser: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """A page with the policy, and what it asked the network for."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url == _ADDRESS:
            headers = {"content-type": "text/html", "content-security-policy": _POLICY}
            route.fulfill(body=_PAGE, headers=headers)
        else:
            asked.append(route.request.url)
            route.abort()

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(_ADDRESS)
    yield page, asked
    page.close()


def test_the_table_is_drawn_on_a_page_that_refuses_eval_inline_handlers_and_the_network(
    strict_page: tuple[Page, list[str]],
) -> None:
    page, asked = strict_page
    grid = Grid()
    grid.show(_CONTENT)
    state = grid.get_state()

    page.evaluate(_SHOW, {"code": state["_esm"], "css": state["_css"], "state": state})

    rows = page.locator(".tk-grid-table tbody tr")
    expect(rows).to_have_count(2)
    assert rows.first.locator("td").all_inner_texts()[:3] == ["full", "<b>chat</b>", "100 %"]
    rows.first.get_by_role("button", name="Why?").click()
    page.get_by_role("button", name="Show more rows").click()
    sent = [{"action": "drawn", "on": ""}, {"action": "why", "on": "a"}, {"action": "more", "on": ""}]
    assert page.evaluate("[sent, refused]") == [sent, []]
    assert asked == []
