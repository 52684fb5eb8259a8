"""Live views on a page: a change is seen soon, hostile strings are text, and a cell run again leaves one view."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.notebook_page import SLOW_MS
from tests.browser.test_hostile_strings import HOSTILE, expect_nothing_made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.notebook_page import NotebookPage

SOON_S = 0.3
TRIES = 10
# When the page's own observer has seen the text, by the page's clock; the machine's clock is the same one.
_SEEN = """([root, text]) => {
  window.__seen = undefined;
  const look = () => { if (!window.__seen && root.textContent.includes(text)) window.__seen = Date.now() };
  new MutationObserver(look).observe(root, { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture
def namespace(cluster: Cluster, name: str) -> Iterator[str]:
    made = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    from tenantkit.rules.manifest import ref_of

    cluster.delete(ref_of(made))


@pytest.fixture
def explorer(notebook: NotebookPage, namespace: str) -> Iterator[Locator]:
    notebook.forget()
    mark = f"view-{uuid.uuid4().hex[:8]}"
    notebook.run(f'view = tk.Explorer(cluster, namespaces=[{namespace!r}])\nview.widget.add_class("{mark}")\nview')
    root = notebook.page.locator(f".{mark}")
    expect(root.locator(".tk-state")).to_have_text("live", timeout=SLOW_MS)
    yield root
    notebook.run("view.close()")


def event(name: str, namespace: str, message: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": namespace},
        "type": "Warning",
        "reason": "Tested",
        "message": message,
    }


def test_a_change_is_on_the_page_within_three_tenths_of_a_second(
    notebook: NotebookPage, cluster: Cluster, namespace: str, explorer: Locator
) -> None:
    took = []
    for number in range(TRIES):
        text = f"change-{number}-{uuid.uuid4().hex[:6]}"
        notebook.page.evaluate(_SEEN, [explorer.element_handle(), text])
        began = time.time()
        cluster.create(event(f"e-{number}", namespace, text))
        notebook.page.wait_for_function("window.__seen")
        took.append(notebook.page.evaluate("window.__seen") / 1000 - began)

    assert max(took) <= SOON_S, took


def test_hostile_messages_are_text(notebook: NotebookPage, cluster: Cluster, namespace: str, explorer: Locator) -> None:
    for number, hostile in enumerate(HOSTILE.values()):
        cluster.create(event(f"e-{number}", namespace, hostile))
    expect(explorer.locator(".tk-table tbody tr")).to_have_count(len(HOSTILE))

    expect(explorer).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, explorer)


def test_a_cell_run_again_leaves_one_view(notebook: NotebookPage, namespace: str) -> None:
    notebook.forget()
    notebook.run(f"view = tk.QuotaDashboard(cluster, namespaces=[{namespace!r}])\nview")
    count = "import threading; print(sum(it.name == 'tenantkit-live' for it in threading.enumerate()))"
    once = notebook.run(count).inner_text().strip()

    for _ in range(5):
        notebook.select(1)
        notebook.press_run(1)

    assert notebook.run(count).inner_text().strip() == once
    notebook.run("view.close()")
