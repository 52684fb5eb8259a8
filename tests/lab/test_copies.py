"""The notebooks' copies in a folder of the user's: brought up to date, and never written over once changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tenantkit.lab import copies
from tenantkit.lab.copies import Copies, copy_notebooks

FIRST, PICTURE = Path("01-first.ipynb"), Path("images/form.png")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What comes with tenantkit."""
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
    """The user's."""
    return tmp_path / "mine" / "notebooks"


@pytest.mark.usefixtures("source")
def test_notebooks_and_their_pictures_are_copied_and_nothing_hidden_is(folder: Path) -> None:
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
def test_what_the_user_changed_stays_and_is_told(folder: Path) -> None:
    copy_notebooks(folder)
    (folder / FIRST).write_text("my own")

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((), (FIRST,))
    assert (folder / FIRST).read_text() == "my own"
    assert "01-first.ipynb is yours by now and stays; to get tenantkit's, rename it" in str(again)


def test_what_nobody_changed_is_brought_up_to_date(source: Path, folder: Path) -> None:
    copy_notebooks(folder)
    (source / FIRST).write_text("one, newer")

    again = copy_notebooks(folder)

    assert (again.written, again.kept) == ((FIRST,), ())
    assert (folder / FIRST).read_text() == "one, newer"


@pytest.mark.usefixtures("source")
def test_what_the_user_deleted_comes_back(folder: Path) -> None:
    copy_notebooks(folder)
    (folder / FIRST).unlink()

    assert copy_notebooks(folder).written == (FIRST,)


@pytest.mark.parametrize("record", [None, "", "[1]", "{"])
def test_without_a_record_of_what_was_written_all_that_differs_is_the_users(
    record: str | None, source: Path, folder: Path
) -> None:
    copy_notebooks(folder)
    (folder / ".tenantkit.json").unlink()
    if record is not None:
        (folder / ".tenantkit.json").write_text(record)
    (source / FIRST).write_text("one, newer")

    assert copy_notebooks(folder).kept == (FIRST,)
    assert (folder / FIRST).read_text() == "one"
    assert str(FIRST) not in json.loads((folder / ".tenantkit.json").read_text())
