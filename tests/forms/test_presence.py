"""A live view pauses while no page shows it. The tests play the page: they count the views of its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.forms.live.presence import Presence, Timing
from tests.forms.live_pages import LivePage, running_after_stop, watch_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.spec.tenant import Tenant


class HeldClock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Kernel:
    """Runs callbacks at once while it is idle, and never while a cell runs."""

    def __init__(self) -> None:
        self.is_busy = False

    def when_idle(self, call: Callable[[], None]) -> None:
        if not self.is_busy:
            call()


class Explorer(tk.Explorer):
    """Pauses at once when its last view is closed."""

    timing = Timing(grace_s=0.0)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def changes() -> list[bool | None]:
    """The values of `is_shown`, one per change."""
    return []


@pytest.fixture
def presence(clock: HeldClock, kernel: Kernel, changes: list[bool | None]) -> Presence:
    created = Presence(lambda: changes.append(created.is_shown), Timing(clock=clock), when_idle=kernel.when_idle)
    return created


def set_views(presence: Presence, views: int) -> None:
    """Count the views of the current marker, as a front end does."""
    presence.widget.children[0]._view_count = views


def pass_time(presence: Presence, clock: HeldClock, seconds: int, views: int | None = None) -> None:
    """Let seconds pass, in which a page counts each new marker; without `views` there is no page."""
    for _ in range(seconds):
        clock.now += 1
        before = presence.widget.children
        presence.check()
        if views is not None and presence.widget.children != before:
            set_views(presence, views)


def test_a_view_that_was_never_on_a_page_is_never_paused(
    presence: Presence, clock: HeldClock, changes: list[bool | None]
) -> None:
    pass_time(presence, clock, 3600)

    assert (presence.is_shown, changes) == (None, [])


def test_a_page_that_shows_the_view_gets_a_heartbeat_every_ten_seconds(
    presence: Presence, clock: HeldClock, changes: list[bool | None]
) -> None:
    set_views(presence, 1)
    markers = {presence.widget.children}
    for _ in range(10):
        pass_time(presence, clock, 10, views=1)
        markers.add(presence.widget.children)

    assert changes == [True]
    assert len(markers) == 11


def test_a_view_is_hidden_after_the_grace_period_and_shown_again_when_it_returns(
    presence: Presence, clock: HeldClock, changes: list[bool | None]
) -> None:
    set_views(presence, 1)

    set_views(presence, 0)
    pass_time(presence, clock, 4)
    assert changes == [True]
    pass_time(presence, clock, 1)
    assert changes == [True, False]
    set_views(presence, 1)

    assert changes == [True, False, True]


def test_a_cell_that_is_moved_stays_shown(presence: Presence, clock: HeldClock, changes: list[bool | None]) -> None:
    set_views(presence, 1)
    set_views(presence, 0)
    pass_time(presence, clock, 3)
    set_views(presence, 1)
    pass_time(presence, clock, 100, views=1)

    assert changes == [True]


def test_a_page_that_reports_nothing_is_treated_as_closed_within_half_a_minute(
    presence: Presence, clock: HeldClock, changes: list[bool | None]
) -> None:
    set_views(presence, 2)  # a reloaded page counts its views once more, so the number proves nothing
    pass_time(presence, clock, 31)

    assert changes == [True, False]


def test_a_page_whose_messages_wait_for_a_cell_is_not_treated_as_closed(
    presence: Presence, clock: HeldClock, kernel: Kernel, changes: list[bool | None]
) -> None:
    kernel.is_busy = True
    set_views(presence, 1)
    pass_time(presence, clock, 600)
    assert changes == [True]

    kernel.is_busy = False
    pass_time(presence, clock, 41)

    assert changes == [True, False]


@pytest.fixture
def view(admin: Cluster, vision: Tenant) -> Iterator[LiveView]:
    opened = Explorer(admin, namespaces=[vision.name])
    yield opened
    opened.close()


def test_a_view_pauses_while_no_page_shows_it_and_resumes_when_one_does(view: LiveView) -> None:
    page = LivePage(view)
    page.wait(lambda text: text.startswith("live"))
    set_views(view.presence, 1)

    set_views(view.presence, 0)
    page.wait(lambda text: text.startswith("paused"))
    assert running_after_stop() == []
    assert repr(view) == "Explorer(paused while no page shows it)"
    set_views(view.presence, 1)

    page.wait(lambda text: text.startswith("live"))
    assert watch_threads()


def test_a_stopped_view_stays_stopped_when_it_is_shown_again(view: LiveView) -> None:
    set_views(view.presence, 1)
    view.stop_button.click()

    set_views(view.presence, 0)
    set_views(view.presence, 1)

    assert (view.state, running_after_stop()) == ("stopped", [])
