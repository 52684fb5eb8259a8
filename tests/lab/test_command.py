"""`tenantkit lab`: Ctrl-C ends it in the same way while the sandbox is filled."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli import local
from tenantkit.cli.main import main
from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 0),
        (PartialApplyError("interrupted", report=Report(interrupted=True)), 0),
        (PartialApplyError("failed", report=Report()), 1),
    ],
)
def test_ctrl_c_while_the_sample_is_created_is_a_normal_end(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def interrupted() -> Iterator[Path]:
        raise error
        yield

    monkeypatch.setattr("tenantkit.lab.jupyter.end_on_signals", lambda: None)
    monkeypatch.setattr(local, "_sample_sandbox", interrupted)

    assert main(["lab"]) == code
    assert capsys.readouterr().err.endswith("stopped\n") == (code == 0)
