"""The runner of the benchmarks: a missed target does not stop it, and is reported at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.__main__ import FILES, main
from benchmarks.figures import Figures

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SLOW = """
import sys
from benchmarks.figures import Figures

figures = Figures()
figures.show("list of 5 pods: 2.50 x", 2.5, at_most=2)
figures.show("apply: 4 x faster", 4, at_least=3)
sys.exit(figures.exit_code)
"""


def test_a_missed_target_is_listed_at_the_end_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, broken, good = (tmp_path / name for name in ("slow.py", "broken.py", "good.py"))
    slow.write_text(SLOW)
    broken.write_text("raise SystemExit(3)")
    good.write_text("print('fine')")

    code = main([slow, broken, good])

    assert (code, capsys.readouterr().out.splitlines()) == (
        1,
        [
            "==> slow",
            "list of 5 pods: 2.50 x    target: at most 2    MISSED",
            "apply: 4 x faster    target: at least 3",
            "==> broken",
            "==> good",
            "fine",
            "",
            "Missed:",
            "slow: list of 5 pods: 2.50 x    target: at most 2    MISSED",
            "broken: failed with exit code 3",
        ],
    )


def test_without_a_missed_target_it_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "good.py"
    good.write_text("print('fine')")

    assert main([good]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All figures reach their targets."


def test_a_figure_that_equals_its_target_reaches_it() -> None:
    figures = Figures()

    figures.show("time", 2, at_most=2)
    figures.show("speed", 3, at_least=3)

    assert figures.exit_code == 0


def test_every_benchmark_exists() -> None:
    assert [file.name for file in FILES if not file.is_file()] == []
