"""A live view that no page shows any more holds no connection; shown again, it goes on by itself."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import expect

from tenantkit.forms.live import presence
from tenantkit.forms.live.explorer import KINDS
from tests.browser.conftest import EMPTY
from tests.browser.notebook_page import SLOW_MS, NotebookPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.lab_process import Lab

WATCHES = len(KINDS) + 1  # and the namespaces
SOON_S = 15.0  # five seconds of grace, and a loaded machine
BEAT_S = 3.0  # instead of ten
GONE_S = 30.0  # a page that is gone says nothing, and nor does a notebook's tab: they are missed, twice
_CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-cell-output')"
_DELETE = "() => window.jupyterapp.commands.execute('notebook:delete-cell')"
_MOVE_UP = "() => window.jupyterapp.commands.execute('notebook:move-cell-up')"
_SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
_CLOSE_COMM = "id => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel._comms.get(id).close()"
_CLOSE = "() => window.jupyterapp.shell.currentWidget.dispose()"


class Kernel:
    """The kernel of a notebook, as the system sees it."""

    def __init__(self, notebook: NotebookPage, cluster: Cluster) -> None:
        self.process = psutil.Process(int(notebook.run("import os; print(os.getpid())").inner_text()))
        self.port = urlsplit(cluster.server).port
        notebook.run(
            "from concurrent.futures import ThreadPoolExecutor\n"
            "with ThreadPoolExecutor(12) as pool:\n"
            "    list(pool.map(lambda _: cluster.list('Namespace'), range(48)))"
        )
        self.at_rest = self.connections

    @property
    def connections(self) -> int:
        """To the API server."""
        found = self.process.net_connections("tcp")
        return sum(bool(it.raddr) and it.raddr.port == self.port for it in found)

    def expect_watches(self, count: int, within_s: float) -> None:
        until = time.monotonic() + within_s
        while (now := self.connections) != self.at_rest + count:
            assert time.monotonic() < until, (now, self.at_rest)
            time.sleep(0.2)


@pytest.fixture
def opened(browser: BrowserContext, lab: Lab, cluster: Cluster) -> Iterator[NotebookPage]:  # noqa: ARG001 (reads it)
    name = f"rest-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.notebooks / name).write_text(json.dumps(EMPTY))
    notebook = NotebookPage(browser.new_page(), lab, name)
    notebook.run("import tenantkit as tk\ncluster = tk.connect()")
    notebook.run(f"from tenantkit.forms.live import presence\npresence.BEAT_S = {BEAT_S}")
    yield notebook
    if not notebook.page.is_closed():
        notebook.page.close()


@pytest.fixture
def kernel(opened: NotebookPage, cluster: Cluster) -> Kernel:
    return Kernel(opened, cluster)


@pytest.fixture
def mark(opened: NotebookPage, kernel: Kernel) -> str:
    """The class of a view that is shown in the last cell but one, which is the active one."""
    mark = f"view-{uuid.uuid4().hex[:8]}"
    opened.run(f'view = tk.Explorer(cluster)\nview.widget.add_class("{mark}")\nview')
    expect_live(opened, mark)
    kernel.expect_watches(WATCHES, SOON_S)
    return mark


def expect_live(notebook: NotebookPage, mark: str) -> None:
    expect(notebook.page.locator(f".{mark} .tk-state")).to_have_text("live", timeout=SLOW_MS)


@pytest.mark.parametrize(
    ("end", "within_s"),
    [(_CLEAR, SOON_S), (_DELETE, SOON_S), (_CLOSE, GONE_S)],
    ids=["output cleared", "cell deleted", "notebook closed"],
)
def test_what_takes_a_view_from_the_page_ends_its_watches(
    end: str, within_s: float, opened: NotebookPage, kernel: Kernel, mark: str
) -> None:
    opened.page.evaluate(end)
    expect(opened.page.locator(f".{mark}")).to_have_count(0)

    kernel.expect_watches(0, within_s)


@pytest.mark.usefixtures("mark")
def test_a_comm_that_the_page_closes_ends_its_watches(opened: NotebookPage, kernel: Kernel) -> None:
    comm = opened.run("print(view.widget.comm.comm_id)").inner_text().strip()

    opened.page.evaluate(_CLOSE_COMM, comm)

    kernel.expect_watches(0, SOON_S)


def test_a_page_that_is_closed_ends_them_and_opened_again_shows_what_is_there(
    opened: NotebookPage, kernel: Kernel, mark: str, browser: BrowserContext, lab: Lab
) -> None:
    opened.page.evaluate(_SAVE)
    opened.page.close()
    kernel.expect_watches(0, GONE_S)

    again = NotebookPage(browser.new_page(), lab, opened.name)

    expect_live(again, mark)
    kernel.expect_watches(WATCHES, SOON_S)
    again.page.close()


def test_a_cell_that_is_moved_keeps_its_view_live(opened: NotebookPage, kernel: Kernel, mark: str) -> None:
    feed = opened.run("print(id(view.feed))").inner_text()

    opened.page.evaluate(_MOVE_UP)
    time.sleep(presence.GRACE_S + 2)

    expect_live(opened, mark)
    kernel.expect_watches(WATCHES, 0)
    assert opened.run("print(id(view.feed))").inner_text() == feed


def test_a_long_cell_does_not_let_a_view_rest_that_is_on_the_page(opened: NotebookPage, mark: str) -> None:
    feed = opened.run("print(id(view.feed))").inner_text()

    opened.run(f"import time\ntime.sleep({(presence.MISSES + 2) * BEAT_S})")

    expect_live(opened, mark)
    assert opened.run("print(id(view.feed))").inner_text() == feed


def test_a_page_loaded_anew_shows_it_live_and_can_still_end_it(opened: NotebookPage, kernel: Kernel, mark: str) -> None:
    opened.page.evaluate(_SAVE)
    opened.load_anew()
    expect_live(opened, mark)
    kernel.expect_watches(WATCHES, SOON_S)

    opened.page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")

    kernel.expect_watches(0, GONE_S)
