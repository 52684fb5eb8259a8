"""Copies of the notebooks in a folder of the user: updated, but never overwritten once they are changed."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tenantkit.lab import copies
from tenantkit.lab.copies import Copies, copy_notebooks

FIRST, PICTURE = Path("01-first.ipynb"), Path("images/form.png")


def notebook(*sources: str) -> str:
    """A notebook with these cells, as tenantkit has it."""
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]  # type: ignore[no-untyped-call]
    return str(nbformat.writes(new_notebook(cells=cells)))  # type: ignore[no-untyped-call]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebooks of tenantkit."""
    folder = tmp_path / "source"
    second = notebook("two")
    for name, content in ((FIRST, notebook("one")), (Path("02-second.ipynb"), second), (PICTURE, "png")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01-first-checkpoint.ipynb").write_text("old")
    monkeypatch.setattr(copies, "source_folder", lambda: folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the user."""
    return tmp_path / "mine" / "notebooks"


@pytest.mark.usefixtures("source")
def test_notebooks_and_their_pictures_are_copied_but_hidden_files_are_not(folder: Path) -> None:
    copied = copy_notebooks(folder)

    assert copied == Copies(folder, FIRST, (FIRST, Path("02-second.ipynb"), PICTURE), ())
    assert (folder / PICTURE).read_text() == "png"
    assert sorted(it.name for it in folder.iterdir()) == [
        ".tenantkit.json",
        "01-first.ipynb",
        "02-second.ipynb",
        "images",
    ]


@pytest.mark.usefixtures("source")
def test_copying_again_writes_nothing(folder: Path) -> None:
    copy_notebooks(folder)

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), ())


@pytest.mark.usefixtures("source")
def test_a_file_that_the_user_changed_is_kept_and_reported(folder: Path) -> None:
    copy_notebooks(folder)
    (folder / FIRST).write_text(notebook("my own"))

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), (FIRST,))
    assert (folder / FIRST).read_text() == notebook("my own")
    assert "01-first.ipynb was not updated, because you changed it: rename it to get tenantkit's version" in str(again)


def test_an_unchanged_file_is_updated(source: Path, folder: Path) -> None:
    copy_notebooks(folder)
    (source / FIRST).write_text(notebook("one, newer"))

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((FIRST,), ())
    assert (folder / FIRST).read_text() == notebook("one, newer")


def run_in_jupyterlab(path: Path) -> None:
    """What JupyterLab writes when a notebook is opened, run and saved: outputs, counts, metadata, lines as a list."""
    opened = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    opened.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}, "orig_nbformat": 4}
    for number, cell in enumerate(opened.cells, 1):
        cell.id = f"{number:08x}"
        cell.metadata = {"trusted": True, "execution": {"iopub.execute_input": "2027-01-01T00:00:00Z"}}
        cell.execution_count = number
        cell.outputs = [new_output("stream", text="output of this run\n")]  # type: ignore[no-untyped-call]
    opened.cells.append(new_code_cell())  # type: ignore[no-untyped-call]  # added when the last cell is run
    nbformat.write(opened, path)  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("source")
def test_a_notebook_that_was_only_opened_and_run_is_not_called_changed_and_keeps_its_outputs(folder: Path) -> None:
    copy_notebooks(folder)
    run_in_jupyterlab(folder / FIRST)

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), ())
    assert "because you changed it" not in str(again)
    assert "output of this run" in (folder / FIRST).read_text()


def test_a_notebook_that_was_only_run_is_updated(source: Path, folder: Path) -> None:
    copy_notebooks(folder)
    run_in_jupyterlab(folder / FIRST)
    (source / FIRST).write_text(notebook("one, newer"))

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((FIRST,), ())
    assert (folder / FIRST).read_text() == notebook("one, newer")


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("change", ["another line", "another cell", "another type", "no cell", "not a notebook"])
def test_every_change_of_a_cell_is_the_users_own(change: str, folder: Path) -> None:
    copy_notebooks(folder)
    mine = {
        "another line": notebook("one\nmore"),
        "another cell": notebook("one", "more"),
        "another type": nbformat.writes(new_notebook(cells=[new_markdown_cell("one")])),  # type: ignore[no-untyped-call]
        "no cell": notebook(),
        "not a notebook": '{"cells": 5}',
    }[change]
    (folder / FIRST).write_text(mine)

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), (FIRST,))
    assert (folder / FIRST).read_text() == mine


@pytest.mark.usefixtures("source")
def test_a_deleted_file_is_copied_again(folder: Path) -> None:
    copy_notebooks(folder)
    (folder / FIRST).unlink()

    assert copy_notebooks(folder).written == (FIRST,)


@pytest.mark.parametrize("record", [None, "", "[1]", "{"])
def test_without_digests_every_file_that_differs_is_kept(record: str | None, source: Path, folder: Path) -> None:
    copy_notebooks(folder)
    (folder / ".tenantkit.json").unlink()
    if record is not None:
        (folder / ".tenantkit.json").write_text(record)
    (source / FIRST).write_text(notebook("one, newer"))

    assert copy_notebooks(folder).kept == (FIRST,)
    assert (folder / FIRST).read_text() == notebook("one")
    assert str(FIRST) not in json.loads((folder / ".tenantkit.json").read_text())
