"""A file has at most 400 lines, and a folder of tenantkit at most 25 files: what is longer answers two questions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINES = 400
FILES_A_FOLDER = 25
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("tenantkit", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_has_at_most_400_lines(path: Path) -> None:
    lines = (ROOT / path).read_text().count("\n")
    assert lines <= LINES


def test_a_folder_of_tenantkit_has_at_most_25_files() -> None:
    counts = Counter(path.parent for path in FILES if path.parts[0] == "tenantkit")
    assert {str(folder): count for folder, count in counts.items() if count > FILES_A_FOLDER} == {}
