"""What axe-core finds on a part of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_MARK = "data-tk-checked"
_BAD = ("serious", "critical")
# Voilà's page names style sheets of other hosts, which axe-core would wait for.
_OPTIONS = {"preload": False, "resultTypes": ["violations"]}


def serious_findings(root: Locator) -> list[str]:
    """The serious and critical findings in an element, each with the elements that it is about."""
    root.evaluate("(element, mark) => element.setAttribute(mark, '')", _MARK)
    try:
        found = Axe().run(root.page, context=f"[{_MARK}]", options=_OPTIONS).response["violations"]
    finally:
        root.evaluate("(element, mark) => element.removeAttribute(mark)", _MARK)
    return [f"{it['id']}: {[node['html'] for node in it['nodes']]}" for it in found if it["impact"] in _BAD]
