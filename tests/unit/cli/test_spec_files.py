"""The file arguments: several files, folders, standard input, and plans."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli.spec_files import read_spec_files
from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *names: str, size: str = "small") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = "kind: Tenant\nname: {}\nteam: cv\nowners: [dana@example.com]\nsize: {}\n"
    path.write_text("---\n".join(document.format(name, size) for name in names))
    return str(path)


def test_several_files_are_read_in_their_order(tmp_path: Path) -> None:
    files = [write(tmp_path / "b.yaml", "b", "c"), write(tmp_path / "a.yaml", "a")]

    assert [tenant.name for tenant in read_spec_files(files).tenants] == ["b", "c", "a"]


def test_a_folder_stands_for_the_files_in_it_and_below_it_without_hidden_and_other_files(tmp_path: Path) -> None:
    write(tmp_path / "vision.yaml", "vision")
    write(tmp_path / "nlp" / "speech.yml", "speech")
    (tmp_path / "nlp" / "search.json").write_text(
        json.dumps({"kind": "Tenant", "name": "search", "team": "nlp", "owners": ["a@x.com"], "size": "small"})
    )
    write(tmp_path / ".git" / "hidden.yaml", "hidden")
    (tmp_path / "README.md").write_text("no spec")
    (tmp_path / "platform.yaml").write_text("kind: Platform\ndomain: example.com\n")

    given = read_spec_files([str(tmp_path)])

    assert [tenant.name for tenant in given.tenants] == ["search", "speech", "vision"]
    assert given.platform == Platform(domain="example.com")


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "a")

    assert len(read_spec_files([file, file]).tenants) == 1


def test_standard_input_and_files_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (tmp_path / "b.yaml", write(tmp_path / "b.yaml", "b"))[0].read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    given = read_spec_files([write(tmp_path / "a.yaml", "a"), "-"])

    assert [tenant.name for tenant in given.tenants] == ["a", "b"]


def test_a_tenant_in_two_files_is_refused_with_both(tmp_path: Path) -> None:
    files = [write(tmp_path / name, "vision") for name in ("a.yaml", "b.yaml")]

    with pytest.raises(InvalidSpecError) as caught:
        read_spec_files(files)

    assert str(caught.value) == f"name='vision': is in {files[0]} and in {files[1]}: keep one of them"


def test_two_platforms_are_refused(tmp_path: Path) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text("kind: Platform\n")

    with pytest.raises(InvalidSpecError, match=r"kind='Platform': is in .*a\.yaml and in .*b\.yaml: keep"):
        read_spec_files([str(file) for file in files])


def test_every_invalid_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text("kind: Tenant\n")

    with pytest.raises(InvalidSpecError, match=r"b\.yaml"):
        read_spec_files([str(file) for file in files])
    assert "a.yaml: " in capsys.readouterr().err


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpecError, match=r"has no file \*\.yaml, \*\.yml, \*\.json: name another folder"):
        read_spec_files([str(tmp_path)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.yaml"):
        read_spec_files([str(tmp_path / "missing.yaml")])


def test_a_plan_is_recognised_and_passed_alone(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"kind": "Plan"}')

    assert read_spec_files([str(file)]).plan == (str(file), b'{"kind": "Plan"}')
    with pytest.raises(InvalidSpecError, match="is a plan: pass it alone"):
        read_spec_files([write(tmp_path / "a.yaml", "a"), str(file)])


def test_a_tenant_that_does_not_fit_is_located_in_its_file(tmp_path: Path) -> None:
    files = [write(tmp_path / "a.yaml", "a"), write(tmp_path / "b.yaml", "b", "c", size="huge")]

    errors = [str(error) for error in read_spec_files(files).misfits(Platform())]

    sizes = "the platform's sizes are small, medium, large"
    assert errors == [f"{files[1]}: line 5: b.size='huge': {sizes}", f"{files[1]}: line 11: c.size='huge': {sizes}"]
