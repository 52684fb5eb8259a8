"""Copies of the notebooks in a folder of the user: updated, but never overwritten once they are changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tenantkit.lab import copies
from tenantkit.lab.copies import Copies, copy_notebooks

FIRST, PICTURE = Path("01-first.ipynb"), Path("images/form.png")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebooks of tenantkit."""
    folder = tmp_path / "source"
    for name, content in ((FIRST, "one"), (Path("02-second.ipynb"), "two"), (PICTURE, "png")):
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
    (folder / FIRST).write_text("my own")

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), (FIRST,))
    assert (folder / FIRST).read_text() == "my own"
    assert "01-first.ipynb was not updated, because you changed it: rename it to get tenantkit's version" in str(again)


def test_an_unchanged_file_is_updated(source: Path, folder: Path) -> None:
    copy_notebooks(folder)
    (source / FIRST).write_text("one, newer")

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((FIRST,), ())
    assert (folder / FIRST).read_text() == "one, newer"


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
    (source / FIRST).write_text("one, newer")

    assert copy_notebooks(folder).kept == (FIRST,)
    assert (folder / FIRST).read_text() == "one"
    assert str(FIRST) not in json.loads((folder / ".tenantkit.json").read_text())
