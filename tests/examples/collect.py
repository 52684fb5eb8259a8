"""Every example of the documentation: `>>>` in a docstring of tenantkit, and the Python blocks of its pages."""

from __future__ import annotations

import doctest
import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROMPT = re.compile(r"^ *>>> ", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A Python block of a page: the page, the number of its first line, and its code."""

    page: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


class _Finder(doctest.DocTestFinder):
    """Finds the docstrings of decorated functions as well: doctest takes their module for the decorator's."""

    def _from_module(self, module: ModuleType | None, object: Any) -> bool:  # noqa: A002 - the name in doctest
        return super()._from_module(module, inspect.unwrap(object))  # type: ignore[misc, no-any-return]


def modules_with_examples() -> dict[str, Path]:
    """The modules of tenantkit that have an example, by name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((ROOT / "tenantkit").rglob("*.py"))
        if PROMPT.search(path.read_text())
    }


def docstring_examples() -> list[doctest.DocTest]:
    """One test for each docstring that has an example; its globals are those of its module."""
    finder = _Finder(exclude_empty=True)
    found = [test for name in modules_with_examples() for test in finder.find(import_module(name))]
    return sorted((test for test in found if test.examples), key=lambda test: test.name)


def page_blocks() -> list[Block]:
    """The Python blocks of README, CONTRIBUTING and docs."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for block in _BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1)) + 1
            found.append(Block(str(page.relative_to(ROOT)), line, block[1]))
    return found
