"""Each path of the repository that the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# `a/b.py` or `a/`, and not `kubectl apply -f a/b.yaml`, `apps/v1` or `tenantkit.dev/grant`
PATH = re.compile(r"`((?:[\w.*-]+/)+(?:[\w*-]+(?:\.\w+)+)?)`")
FOLDERS = (ROOT, ROOT / "tenantkit")  # what a page may leave out


def paths(text: str) -> list[str]:
    return [found for found in PATH.findall(text) if not found.startswith("tenantkit.dev/")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    missing = [path for path in paths(page.read_text()) if not any(any(folder.glob(path)) for folder in FOLDERS)]
    assert missing == []


def test_a_path_is_recognised_and_other_words_with_a_slash_are_not() -> None:
    text = "`spec/tenant.py`, `rules/` and `docs/*.md`; `apps/v1`, `a / b`, `tenantkit.dev/grant`, `make lint`"
    assert paths(text) == ["spec/tenant.py", "rules/", "docs/*.md"]
