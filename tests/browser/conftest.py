"""A lab and a browser. Both end with the tests, also if these are interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tenantkit.cluster.connection.connect import connect
from tests.browser.form_page import FormPage
from tests.browser.lab_process import KERNEL_ENDED, PAGE_CLOSED, Lab, exceptions_in
from tests.browser.notebook_page import SLOW_MS, VIEWPORT, NotebookPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext

    from tenantkit.cluster.cluster import Cluster

    OpenNotebook = Callable[..., NotebookPage]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TIMEOUT_S = 600  # of a test, which may start a lab or a kernel on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TIMEOUT_S))


@pytest.fixture(scope="package")
def chromium() -> str:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return path


@pytest.fixture(scope="package", autouse=True)
def _sigterm_interrupts() -> Iterator[None]:
    """Let a SIGTERM end the tests as Ctrl-C does, so that no lab or browser is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="package")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001 (skips)
    running = Lab(tmp_path_factory.mktemp("lab"))
    try:
        yield running
    finally:
        running.end()
    assert exceptions_in(running.printed) <= PAGE_CLOSED | KERNEL_ENDED, running.printed
    assert list(running.temporary.iterdir()) == [], running.printed


@pytest.fixture(scope="package")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """The lab's sandbox, as its admin."""
    with connect(kubeconfig=lab.kubeconfig, context="sandbox-admin") as cluster:
        yield cluster


@pytest.fixture(scope="package")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser that ends with these tests, since Playwright keeps an event loop in this thread until then."""
    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=chromium,
            headless=True,
            args=arguments,
            viewport=VIEWPORT,
            color_scheme="light",
            handle_sigint=False,
            handle_sigterm=False,
        )
        context.set_default_timeout(SLOW_MS)
        expect.set_options(timeout=SLOW_MS)
        try:
            yield context
        finally:
            context.close()


@pytest.fixture
def open_notebook(browser: BrowserContext, lab: Lab) -> Iterator[OpenNotebook]:
    """Opens a notebook, by default an empty one, in a page and with a kernel of its own; both end with the test."""
    before, pages = lab.kernels(), []

    def opened(name: str = "") -> NotebookPage:
        pages.append(browser.new_page())
        return NotebookPage(pages[-1], lab, name or lab.write_notebook())

    yield opened
    for page in pages:
        page.close()
    lab.end_kernels(but=before)


@pytest.fixture(scope="package")
def notebook(browser: BrowserContext, lab: Lab, cluster: Cluster) -> NotebookPage:  # noqa: ARG001 (reads it later)
    """A notebook with a kernel that is connected to the cluster."""
    opened = NotebookPage(browser.new_page(), lab, lab.write_notebook())
    opened.run("import tenantkit as tk\ncluster = tk.connect()")
    return opened


@pytest.fixture
def name() -> str:
    """An unused name of a tenant."""
    return f"t-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def form(notebook: NotebookPage) -> FormPage:
    """A form for a new tenant."""
    notebook.delete_cells()
    return FormPage.show(notebook)


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """The file for a picture: in the repository with --pictures, else in a temporary folder."""
    folder = Path(__file__).parents[2] if request.config.getoption("--pictures") else tmp_path
    return lambda path: folder / path
