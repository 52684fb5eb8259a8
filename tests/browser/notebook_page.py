"""A notebook in JupyterLab as its reader sees it: cells and their outputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import TimeoutError as PageTimeoutError
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page, ViewportSize

    from tests.browser.lab_process import Lab

# Kernels start and import on a busy machine; no test waits longer than it must.
SLOW_MS = 120_000
_RELOADS = 5
VIEWPORT: ViewportSize = {"width": 1280, "height": 1000}
NUMBERED = re.compile(r"\[\d+\]")

# A cell that is run before the kernel is idle waits for it, as it does for a reader.
_IS_CONNECTED = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return Boolean(context?.isReady && context.session?.kernel?.connectionStatus === 'connected');
}"""
_STATE = """() => {
  const widget = window.jupyterapp?.shell?.currentWidget, context = widget?.sessionContext;
  const kernel = context?.session?.kernel;
  const dialog = document.querySelector('.jp-Dialog')?.textContent;
  return { title: widget?.title?.label, ready: context?.isReady, kernel: kernel?.status,
           connection: kernel?.connectionStatus, dialog };
}"""
# In one step: a view that takes the focus between two steps makes its own cell the active one.
_RUN_NEW = """async ({ source, isAwaited }) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const cells = notebook.model.sharedModel;
  const index = cells.cells.length;
  cells.insertCell(index, { cell_type: 'code', source, metadata: { trusted: true } });
  notebook.activeCellIndex = index;
  const done = window.jupyterapp.commands.execute('notebook:run-cell');
  if (isAwaited) await done;
  return index;
}"""
_FORGET = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
  cells.deleteCellRange(1, cells.cells.length);
}"""
_SOURCES = """() => Array.from(window.jupyterapp.shell.currentWidget.content.model.cells)
  .map(cell => [cell.type, cell.sharedModel.getSource()])"""
_SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
_SELECT = "index => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = index }"
_MIMES = """index => window.jupyterapp.shell.currentWidget.content.model.cells.get(index).outputs.toJSON()"""


class NotebookPage:
    """An open notebook.

    Args:
        page: a tab of the browser.
        lab: serves the notebook.
        name: of the notebook, relative to the lab's folder.
    """

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page = page
        self.name = name
        self.dialogs: list[str] = []
        page.on("dialog", self._on_dialog)
        page.goto(f"{lab.url}/lab/workspaces/{name.removesuffix('.ipynb')}/tree/{name}?reset&token={lab.token}")
        self._wait_until_connected()

    def reload(self) -> None:
        """Reload the page; the kernel keeps running."""
        self.page.reload()
        self._wait_until_connected()

    def expect_restored(self, root: Locator) -> None:
        """Wait until the page shows a saved widget again.

        ipywidgets gives up if the kernel does not answer in four seconds, so on a busy machine the reader has to reload
        the page once more.
        """
        failed = self.page.get_by_text("Error displaying widget")
        for _ in range(_RELOADS):
            expect(root.or_(failed).first).to_be_visible()
            if failed.count() == 0:
                return
            self.reload()
        expect(root).to_be_visible()

    def _wait_until_connected(self) -> None:
        try:
            self.page.wait_for_function(_IS_CONNECTED, timeout=SLOW_MS)
        except PageTimeoutError as error:
            error.add_note(f"the state of the page: {self.page.evaluate(_STATE)}")
            raise

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Each cell's type and source."""
        return [(kind, source) for kind, source in self.page.evaluate(_SOURCES)]

    def select(self, index: int) -> None:
        """Make a cell the active one, as a click beside it would."""
        self.page.evaluate(_SELECT, index)
        expect(self.cell(index)).to_be_visible()

    def press_run(self, index: int) -> Locator:
        """Run the active cell by Shift+Enter, which selects the next cell; return its output."""
        self.page.keyboard.press("Shift+Enter")
        return self._wait_for_output(index)

    def run(self, source: str) -> Locator:
        """Add a cell at the end and run it; return its output."""
        index = int(self.page.evaluate(_RUN_NEW, {"source": source, "isAwaited": True}))
        return self._wait_for_output(index)

    def start(self, source: str) -> int:
        """Add a cell at the end and start it; return its index."""
        return int(self.page.evaluate(_RUN_NEW, {"source": source, "isAwaited": False}))

    def delete_cells(self) -> None:
        """Delete all cells except the first: a page full of old forms is slow."""
        self.page.evaluate(_FORGET)
        expect(self.page.locator(".jp-Notebook-cell")).to_have_count(1)

    def save(self) -> None:
        """Save the notebook, as the menu File does, and wait until it is written."""
        self.page.evaluate(_SAVE)

    def cell(self, index: int) -> Locator:
        return self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']")

    def errors(self, index: int) -> list[Any]:
        """The errors of a cell, and its output on standard error."""
        outputs = self.page.evaluate(_MIMES, index)
        return [it for it in outputs if it["output_type"] == "error" or it.get("name") == "stderr"]

    def set_theme(self, name: str) -> None:
        """Change the theme, as the menu Settings, Theme does."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        light = "false" if "Dark" in name else "true"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)

    def draw(self, root: Locator, file: Path) -> None:
        """Take a picture of a whole form, on a page that is tall enough."""
        # after a change of theme the form is briefly invisible
        height = self.page.wait_for_function("root => root.offsetHeight", arg=root.element_handle()).json_value()
        self.page.set_viewport_size({"width": VIEWPORT["width"], "height": height + 300})
        try:
            root.scroll_into_view_if_needed()
            self.page.mouse.move(0, 0)
            root.screenshot(path=file, animations="disabled", caret="hide")
            with Image.open(file) as drawn:
                # a third of the size; this method keeps colours that few pixels have
                small = drawn.convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            small.save(file, optimize=True)
        finally:
            self.page.set_viewport_size(VIEWPORT)

    def _wait_for_output(self, index: int) -> Locator:
        """Wait until the cell has run, and check that it raised no error."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(NUMBERED)
        errors = self.errors(index)
        assert errors == [], errors
        return self.cell(index).locator(".jp-OutputArea-output")

    def _on_dialog(self, dialog: Any) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()
