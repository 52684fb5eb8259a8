"""A page that cannot draw the table shows a plain one, and says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.forms.live.grid import Column, Grid, Row, TableContent
from tenantkit.forms.live.page_support import PageSupport
from tenantkit.forms.live.presence import Presence
from tests.forms.pages import text

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = TableContent((Column("state"), Column("name")), (Row("k", ("Running", "<b>"), "ok"),), "1 object", {})


class Page:
    """A page, and the clock by which it is judged."""

    def __init__(self) -> None:
        self.now = 0.0
        self.grid = Grid()
        self.presence = Presence(lambda: None)
        self.support = PageSupport(self.grid, self.presence, lambda: self.now)

    def pass_s(self, seconds: float) -> bool:
        self.now += seconds
        return self.support.check()

    def draw(self) -> None:
        self.grid._handle_custom_msg({"action": "drawn", "on": ""}, [])


@pytest.fixture
def page() -> Iterator[Page]:
    opened = Page()
    yield opened
    opened.presence.close()
    opened.grid.close()


def test_a_page_that_draws_the_table_shows_no_plain_one(page: Page) -> None:
    page.presence.is_shown = True
    page.pass_s(1)
    page.draw()

    assert [page.pass_s(60), page.support.content(TABLE)] == [False, None]


def test_a_page_that_does_not_draw_the_table_shows_a_plain_one_until_it_does(page: Page) -> None:
    page.presence.is_shown = True
    assert [page.pass_s(1), page.pass_s(5), page.pass_s(5)] == [False, False, True]
    content = page.support.content(TABLE)

    page.draw()

    assert content is not None
    assert "Install the package anywidget" in text(content)
    assert text(content).endswith("1 object\nstate\nname\nRunning\n<b>")
    assert [page.pass_s(1), page.support.content(TABLE)] == [True, None]


def test_nothing_is_expected_while_no_page_shows_the_view(page: Page) -> None:
    assert [page.pass_s(60), page.pass_s(60)] == [False, False]
    assert page.grid.beat == 0


def test_a_page_gets_signs_of_life(page: Page) -> None:
    page.presence.is_shown = True
    page.draw()

    for _ in range(30):
        page.pass_s(1)

    assert page.grid.beat == 3
