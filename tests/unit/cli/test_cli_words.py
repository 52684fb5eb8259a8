"""What messages advise in Python's words, the command line says in its own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenantkit import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(cli.__file__).parent


def texts() -> Iterator[str]:
    """Every text that stands in the package, but for the command line's own."""
    for path in PACKAGE.rglob("*.py"):
        if path != Path(cli.__file__):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_word_that_is_translated_is_said_somewhere() -> None:
    said = "\n".join(texts())

    assert [word for word in cli.WORDS if word not in said] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--kubeconfig", "missing"], "tenantkit: --kubeconfig names {folder}/missing, which is not there"),
        (["--kubeconfig", "empty"], "tenantkit: {folder}/empty names no current-context: give --context, of a file"),
        (["--kubeconfig", "empty", "--context", "x"], "tenantkit: {folder}/empty has no context 'x': give --context,"),
        ([], "tenantkit: no cluster to connect to: looked at --kubeconfig (not given), $KUBECONFIG (not set), "),
    ],
)
def test_what_is_wrong_with_an_option_is_told_in_its_name(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "empty").write_text("kind: Config")

    code = cli.main(["install", *arguments])

    shown = capsys.readouterr().err
    assert (code, shown.startswith(told.format(folder=tmp_path))) == (1, True), shown
    assert "=" not in shown
    assert "tk." not in shown
