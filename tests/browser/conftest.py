"""A lab, and a browser to look at it; both end with the tests, also when these are interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tenantkit.cluster.connection.connect import connect
from tests.browser.form_page import FormPage
from tests.browser.lab_process import Lab
from tests.browser.notebook_page import ROOM, SLOW_MS, NotebookPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext

    from tenantkit.cluster.cluster import Cluster

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EMPTY = {
    "cells": [],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="package")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    return found


@pytest.fixture(scope="package", autouse=True)
def _interrupted_by_term() -> Iterator[None]:
    """A SIGTERM must not leave a lab or a browser behind: it ends the tests as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="package")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001 (skips)
    running = Lab(tmp_path_factory.mktemp("lab"))
    try:
        yield running
        assert "Traceback" not in running.printed
    finally:
        running.end()
    assert list(running.temporary.iterdir()) == []


@pytest.fixture(scope="package")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """The lab's sandbox, by its API, as its administrator."""
    with connect(kubeconfig=lab.kubeconfig, context="sandbox-admin") as cluster:
        yield cluster


@pytest.fixture(scope="package")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Ends with these tests, since Playwright keeps an event loop in this thread for as long as it is there."""
    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=chromium,
            headless=True,
            args=arguments,
            viewport=ROOM,
            color_scheme="light",
            handle_sigint=False,
            handle_sigterm=False,
        )
        context.set_default_timeout(SLOW_MS)
        try:
            yield context
        finally:
            context.close()


@pytest.fixture(scope="package")
def notebook(browser: BrowserContext, lab: Lab, cluster: Cluster) -> NotebookPage:  # noqa: ARG001 (reads it later)
    """An empty notebook with a kernel that is connected."""
    name = f"scratch-{uuid.uuid4().hex[:8]}.ipynb"
    (lab.notebooks / name).write_text(json.dumps(EMPTY))
    opened = NotebookPage(browser.new_page(), lab, name)
    opened.run("import tenantkit as tk\ncluster = tk.connect()")
    return opened


@pytest.fixture
def name() -> str:
    """A name that no tenant has."""
    return f"t-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def form(notebook: NotebookPage) -> FormPage:
    """A form for a new tenant, just shown."""
    notebook.forget()
    return FormPage.show(notebook)


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """Where a picture goes: into the documentation when asked for, else nowhere that is kept."""
    is_asked = request.config.getoption("--pictures")
    folder = Path(__file__).parents[2] / "docs" / "images" if is_asked else tmp_path
    return lambda name: folder / name
