"""What a form does on the page itself: keys, the focus, and a kernel that was restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.form_page import FormPage

if TYPE_CHECKING:
    from tests.browser.conftest import OpenNotebook

_RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
# enabled as soon as the page has taken the focus from it, as on a busy page
_DISABLE_BRIEFLY = """button => new Promise(done => {
  window.addEventListener('focusout', () => { button.disabled = false; done() }, { once: true });
  button.disabled = true;
})"""
_KILL = "import os\nos.kill(os.getpid(), 9)"


def test_arrow_keys_select_a_size_and_tab_leaves_the_sizes(form: FormPage) -> None:
    keys = form.page.keyboard
    form.size("small").click()

    keys.press("ArrowRight")
    expect(form.size("medium").get_by_role("radio")).to_be_checked()
    expect(form.size("medium").get_by_role("radio")).to_be_focused()
    keys.press("ArrowLeft")
    expect(form.size("small").get_by_role("radio")).to_be_checked()
    expect(form.root.get_by_role("radiogroup", name="Size")).to_be_visible()
    keys.press("Tab")

    expect(form.field("Owners, one per line")).to_be_focused()


def test_plain_keys_pressed_in_a_form_do_not_reach_the_notebook(form: FormPage) -> None:
    cells = form.notebook.cells
    form.button("Plan").focus()

    for key in ("a", "b", "d", "d", "j", "k", "m", "x", "ArrowUp", "ArrowDown"):
        form.page.keyboard.press(key)

    expect(form.button("Plan")).to_be_focused()
    assert form.notebook.cells == cells


def test_plan_keeps_the_focus_while_it_is_disabled(form: FormPage, name: str) -> None:
    form.fill_small(name)
    form.button("Plan").focus()

    form.page.keyboard.press("Enter")
    form.expect_panel("Planned")

    expect(form.button("Plan")).to_be_focused()


def test_the_focus_moves_to_an_added_row_and_from_a_removed_row_to_the_next(form: FormPage) -> None:
    keys = form.page.keyboard
    for count in (1, 2, 3):
        form.button("Add route").focus()
        keys.press("Enter")
        expect(form.field("Service")).to_have_count(count)
        expect(form.field("Service").last).to_be_focused()
        keys.type(f"s{count}")

    form.button("Remove").nth(1).focus()
    keys.press("Enter")

    expect(form.field("Service")).to_have_count(2)
    expect(form.button("Remove").nth(1)).to_be_focused()
    keys.press("Enter")
    expect(form.button("Remove").nth(0)).to_be_focused()
    keys.press("Enter")
    expect(form.button("Add route")).to_be_focused()


def test_a_button_that_is_enabled_again_at_once_keeps_the_focus(form: FormPage) -> None:
    button = form.button("Plan")
    button.focus()

    button.evaluate(_DISABLE_BRIEFLY)

    expect(button).to_be_focused()


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_a_form_says_that_its_kernel_was_restarted(how: str, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook()
    notebook.run("import tenantkit as tk\ncluster = tk.connect()")
    form = FormPage.show(notebook)
    words = form.root.get_by_text("The kernel was restarted: run this cell again.")
    expect(words).to_be_hidden()

    if how == "restarted":
        notebook.page.evaluate(_RESTART)
    else:
        notebook.start(_KILL)

    expect(words).to_be_visible()
    notebook.run("import tenantkit as tk\ncluster = tk.connect()")
    form = FormPage.show(notebook)
    expect(form.root.get_by_text("The kernel was restarted: run this cell again.")).to_be_hidden()
