"""A live view that no page shows has no connection. It resumes by itself when it is shown again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import expect

from tenantkit.forms.live.explorer import KINDS
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tests.browser.conftest import OpenNotebook
    from tests.browser.notebook_page import NotebookPage

WATCHES = len(KINDS) + 1  # and the namespaces
# A removed view ends after five seconds of grace, and a closed page, which reports nothing, after it has missed two
# heartbeats; a busy machine takes longer.
END_S = 100.0
_SETUP = """import tenantkit as tk
from tenantkit.forms.live.presence import Timing

class HeldClock:
    now = 0.0
    def __call__(self):
        return self.now

class Explorer(tk.Explorer):
    timing = Timing(heartbeat_s=3.0)

class HeldExplorer(tk.Explorer):
    timing = Timing(clock=HeldClock())

cluster = tk.connect()"""
_RECORD_COUNTS = """feed = view.feed
counts = []
marker = view.presence.widget.children[0]
marker.observe(lambda change: counts.append(change["new"]), names="_view_count")"""
# longer than a page may miss heartbeats, by the view's clock
_LONG_CELL = """for _ in range(view.timing.max_missed + 2):
    view.timing.clock.now += view.timing.heartbeat_s
    view.presence.check()"""
_CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-cell-output')"
_CLEAR_ALL = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
_DELETE = "() => window.jupyterapp.commands.execute('notebook:delete-cell')"
_MOVE_UP = "() => window.jupyterapp.commands.execute('notebook:move-cell-up')"
_SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
_CLOSE_COMM = "id => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel._comms.get(id).close()"
_CLOSE = "() => window.jupyterapp.shell.currentWidget.dispose()"


class Kernel:
    """The kernel of a notebook, as the operating system sees it."""

    def __init__(self, notebook: NotebookPage, cluster: Cluster) -> None:
        self.process = psutil.Process(int(notebook.run("import os; print(os.getpid())").inner_text()))
        self.port = urlsplit(cluster.server).port
        notebook.run(
            "from concurrent.futures import ThreadPoolExecutor\n"
            "from threading import Barrier\n"
            "together = Barrier(12)  # so that none uses another's connection again\n"
            "with ThreadPoolExecutor(12) as pool:\n"
            "    list(pool.map(lambda _: (together.wait(), cluster.list('Namespace')), range(48)))"
        )
        self.idle_connections = self.connections

    @property
    def connections(self) -> int:
        """The number of connections to the API server."""
        connections = self.process.net_connections("tcp")
        return sum(bool(it.raddr) and it.raddr.port == self.port for it in connections)

    def expect_watches(self, count: int) -> None:
        def has_watches() -> bool:
            assert self.connections == self.idle_connections + count
            return True

        eventually(has_watches, timeout_s=END_S)


@pytest.fixture
def opened(open_notebook: OpenNotebook, cluster: Cluster) -> NotebookPage:  # noqa: ARG001 (read by it)
    notebook = open_notebook()
    notebook.run(_SETUP)
    return notebook


@pytest.fixture
def kernel(opened: NotebookPage, cluster: Cluster) -> Kernel:
    return Kernel(opened, cluster)


@pytest.fixture
def mark(opened: NotebookPage, kernel: Kernel) -> str:
    """The CSS class of a view in the active cell."""
    return show(opened, kernel, "Explorer")


@pytest.fixture
def held_mark(opened: NotebookPage, kernel: Kernel) -> str:
    """The same for a view whose clock moves only when a cell moves it."""
    return show(opened, kernel, "HeldExplorer")


def show(notebook: NotebookPage, kernel: Kernel, view_class: str) -> str:
    mark = f"view-{uuid.uuid4().hex[:8]}"
    notebook.run(f'view = {view_class}(cluster)\nview.widget.add_class("{mark}")\nview')
    expect_live(notebook, mark)
    kernel.expect_watches(WATCHES)
    return mark


def expect_live(notebook: NotebookPage, mark: str) -> None:
    expect(notebook.page.locator(f".{mark} .tk-state")).to_have_text("live")


@pytest.mark.parametrize(
    "end",
    [_CLEAR, _DELETE, _CLOSE],
    ids=["output cleared", "cell deleted", "notebook closed"],
)
def test_a_view_that_is_removed_from_the_page_ends_its_watches(
    end: str, opened: NotebookPage, kernel: Kernel, mark: str
) -> None:
    opened.page.evaluate(end)
    expect(opened.page.locator(f".{mark}")).to_have_count(0)

    kernel.expect_watches(0)


@pytest.mark.usefixtures("mark")
def test_a_comm_that_the_page_closes_ends_the_watches(opened: NotebookPage, kernel: Kernel) -> None:
    comm = opened.run("print(view.widget.comm.comm_id)").inner_text().strip()

    opened.page.evaluate(_CLOSE_COMM, comm)

    kernel.expect_watches(0)


def test_a_closed_page_ends_the_watches_and_a_new_page_shows_the_view_live(
    opened: NotebookPage, kernel: Kernel, mark: str, open_notebook: OpenNotebook
) -> None:
    opened.page.evaluate(_SAVE)
    opened.page.close()
    kernel.expect_watches(0)

    again = open_notebook(opened.name)
    again.expect_restored(again.page.locator(f".{mark}"))

    expect_live(again, mark)
    kernel.expect_watches(WATCHES)


def test_a_cell_that_is_moved_keeps_its_view_live(opened: NotebookPage, kernel: Kernel, held_mark: str) -> None:
    opened.run(_RECORD_COUNTS)

    opened.select(next(index for index, (_, source) in enumerate(opened.cells) if held_mark in source))
    opened.page.evaluate(_MOVE_UP)
    eventually(lambda: opened.run("print(counts)").inner_text().strip() == "[0, 1]")  # hidden, then shown
    opened.run("view.timing.clock.now += view.timing.grace_s\nview.presence.check()")

    expect_live(opened, held_mark)
    kernel.expect_watches(WATCHES)
    assert opened.run("print(view.feed is feed)").inner_text().strip() == "True"


def test_a_long_cell_does_not_pause_a_view_that_is_on_the_page(opened: NotebookPage, held_mark: str) -> None:
    opened.run("feed = view.feed")

    opened.run(_LONG_CELL)

    eventually(lambda: opened.run("print(view.presence.widget.children[0]._view_count)").inner_text().strip() == "1")
    expect_live(opened, held_mark)
    assert opened.run("print(view.feed is feed)").inner_text().strip() == "True"


def test_a_reloaded_page_shows_the_view_live_and_can_still_end_it(
    opened: NotebookPage, kernel: Kernel, mark: str
) -> None:
    opened.page.evaluate(_SAVE)
    opened.reload()
    opened.expect_restored(opened.page.locator(f".{mark}"))
    expect_live(opened, mark)
    kernel.expect_watches(WATCHES)

    opened.page.evaluate(_CLEAR_ALL)

    kernel.expect_watches(0)
