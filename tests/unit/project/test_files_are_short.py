"""A file answers one question; one that needs more than 400 lines says at its head why."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIMIT = 400
HEAD = 30
REASON = "Longer than 400 lines:"
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("tenantkit", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_of_more_than_400_lines_gives_its_reason(path: Path) -> None:
    lines = (ROOT / path).read_text().splitlines()
    assert len(lines) <= LIMIT or any(REASON in line for line in lines[:HEAD]), (
        f"{path} has {len(lines)} lines: split it, or write '{REASON} …' into its docstring"
    )
