"""A live view rests while no page shows it; the page is played here by who counts its views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.forms.live import presence
from tests.forms.test_live_views import Shown, left_over, watchers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.spec.tenant import Tenant


class Clock:
    """The time, as a test tells it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(presence, "time", held)
    return held


@pytest.fixture
def told() -> list[bool | None]:
    return []


@pytest.fixture
def seen(clock: Clock, told: list[bool | None]) -> presence.Presence:  # noqa: ARG001 (holds the time)
    found = presence.Presence(lambda: told.append(found.is_shown))
    return found


def page(seen: presence.Presence, views: int) -> None:
    """What a front end does: it counts the views of the mark that is there."""
    seen.widget.children[0]._view_count = views


def look_for(seen: presence.Presence, clock: Clock, seconds: int, views: int | None = None) -> None:
    """So many seconds, in which a page counts each mark; None: there is no page."""
    for _ in range(seconds):
        clock.now += 1
        before = seen.widget.children
        seen.look()
        if views is not None and seen.widget.children != before:
            page(seen, views)


def test_where_no_page_ever_was_nobody_is_called_gone(
    seen: presence.Presence, clock: Clock, told: list[bool | None]
) -> None:
    look_for(seen, clock, 3600)

    assert (seen.is_shown, told) == (None, [])


def test_a_page_that_is_there_is_asked_again_and_again(
    seen: presence.Presence, clock: Clock, told: list[bool | None]
) -> None:
    page(seen, 1)
    marks = {seen.widget.children}
    for _ in range(10):
        look_for(seen, clock, 10, views=1)
        marks.add(seen.widget.children)

    assert told == [True]
    assert len(marks) == 11


def test_views_that_go_are_gone_after_a_moment_and_seen_when_they_come_back(
    seen: presence.Presence, clock: Clock, told: list[bool | None]
) -> None:
    page(seen, 1)

    page(seen, 0)
    look_for(seen, clock, 4)
    assert told == [True]
    look_for(seen, clock, 2)
    assert told == [True, False]
    page(seen, 1)

    assert told == [True, False, True]


def test_a_cell_that_is_moved_is_not_gone(seen: presence.Presence, clock: Clock, told: list[bool | None]) -> None:
    page(seen, 1)
    page(seen, 0)
    look_for(seen, clock, 3)
    page(seen, 1)
    look_for(seen, clock, 100, views=1)

    assert told == [True]


def test_a_page_that_says_no_more_is_gone_within_half_a_minute(
    seen: presence.Presence, clock: Clock, told: list[bool | None]
) -> None:
    page(seen, 2)  # loaded anew, a page counts up once more: the number says nothing
    look_for(seen, clock, 31)

    assert told == [True, False]


def test_a_page_that_waits_for_a_cell_to_end_is_not_gone(
    seen: presence.Presence, clock: Clock, told: list[bool | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Any] = []
    monkeypatch.setattr(presence, "_when_free", waiting.append)
    page(seen, 1)
    look_for(seen, clock, 600)
    assert told == [True]

    monkeypatch.setattr(presence, "_when_free", lambda call: call())
    look_for(seen, clock, 41)

    assert told == [True, False]


@pytest.fixture
def view(admin: Cluster, vision: Tenant) -> Iterator[LiveView]:
    opened = tk.Explorer(admin, namespaces=[vision.name])
    yield opened
    opened.close()


def test_a_view_that_no_page_shows_rests_and_begins_anew_when_one_does(
    view: LiveView, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(view)
    shown.wait(lambda text: text.startswith("live"))
    page(view.presence, 1)
    monkeypatch.setattr(presence, "GRACE_S", 0.0)

    page(view.presence, 0)
    shown.wait(lambda text: text.startswith("paused"))
    assert left_over() == []
    assert repr(view) == "Explorer(paused while no page shows it)"
    page(view.presence, 1)

    shown.wait(lambda text: text.startswith("live"))
    assert watchers()


def test_a_view_that_was_stopped_stays_so_when_it_is_shown_again(view: LiveView) -> None:
    page(view.presence, 1)
    view.stop_button.click()

    page(view.presence, 0)
    page(view.presence, 1)

    assert (view.state, left_over()) == ("stopped", [])
