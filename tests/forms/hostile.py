"""Hostile strings, and a reader that finds what a page would make of them."""

from __future__ import annotations

from html.parser import HTMLParser

from tenantkit.display.tables import clean
from tenantkit.forms.kit import form, markup

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></div><h1>owned",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe",
    '=HYPERLINK("http://x","y")',
    "&lt;b&gt; javascript:alert(1)",
]
ALLOWED = {
    "a", "b", "button", "caption", "code", "dd", "details", "div", "dl", "dt", "h2", "h3", "li", "p", "pre", "progress",
    "small", "span", "strong", "style", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
HANDLERS = {markup._COPY, clean(form._file("page.js"))}


class Reader(HTMLParser):
    """Finds the elements, handlers, links and text in markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {value or "" for name, value in attrs if name.startswith("on")}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "srcdoc", "action")}

    def handle_data(self, data: str) -> None:
        self.text += data


def expect_text_only(html: str, *, links: tuple[str, ...] = ()) -> Reader:
    reader = Reader(html)
    assert reader.tags <= ALLOWED
    assert reader.handlers <= HANDLERS
    assert reader.links <= set(links)
    assert not any(letter in html for letter in "\x1b\x07\u202e")
    return reader
