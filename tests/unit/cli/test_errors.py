"""Errors are worded for the command line, and each has its exit code."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

import click
import pytest

from tenantkit.cli.main import main, program
from tenantkit.exceptions import PartialApplyError, PermissionDenied, TenantKitError
from tenantkit.hints import Hint
from tenantkit.provision.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "raise-an-error"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], int]:
    def run_command(error: BaseException) -> int:
        @click.command(NAME)
        def command() -> NoReturn:
            raise error

        monkeypatch.setitem(program.commands, NAME, command)
        return main([NAME])

    return run_command


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (TenantKitError("it failed"), 1, "tenantkit: it failed\n"),
        (
            PermissionDenied("may not list pods", hint=Hint("{whoami} shows the user that the server sees")),
            1,
            "tenantkit: may not list pods; `tenantkit whoami` shows the user that the server sees\n",
        ),
        (
            TenantKitError("tk.whoami(cluster) is a name in the cluster"),
            1,
            "tenantkit: tk.whoami(cluster) is a name in the cluster\n",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "tenants.yaml"),
            1,
            "tenants.yaml: No such file or directory\n",
        ),
        (PartialApplyError("interrupted", report=Report(interrupted=True)), 130, "tenantkit: interrupted\n"),
        (KeyboardInterrupt(), 130, "tenantkit: interrupted; run the same command again to continue\n"),
        (click.UsageError("no such thing"), 2, "Error: no such thing\n"),
    ],
)
def test_an_error_has_a_text_for_the_shell_and_an_exit_code(
    error: BaseException,
    code: int,
    shown: str,
    run: Callable[[BaseException], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(error) == code

    output = capsys.readouterr()
    assert (output.out, output.err.endswith(shown)) == ("", True), output.err


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--kubeconfig", "missing"], "{folder}/missing"),
        (["--kubeconfig", "empty"], "{folder}/empty"),
        (["--kubeconfig", "empty", "--context", "x"], "{folder}/empty has no context 'x'"),
        ([], "--kubeconfig"),
    ],
)
def test_a_wrong_connection_is_reported_in_the_names_of_the_options(
    arguments: list[str],
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "empty").write_text("kind: Config")

    code = main(["install", *arguments])

    error = capsys.readouterr().err
    assert (code, shown.format(folder=tmp_path) in error) == (1, True), error
    assert "=" not in error
    assert "tk." not in error


def test_sigterm_is_handled_only_while_a_command_runs() -> None:
    before = signal.getsignal(signal.SIGTERM)

    main(["--version"])

    assert signal.getsignal(signal.SIGTERM) is before
