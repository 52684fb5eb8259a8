"""The examples of the documentation run, and print what they promise: those in docstrings, and those on pages.

In scope: `tk`, `pd`, `cluster` (a sandbox with the sample platform, as its admin), and the globals of a docstring's own
module. `tk.connect()` finds the same sandbox; the working directory is empty. Output is compared, with "..." for what
may vary.
"""

from __future__ import annotations

import doctest
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import tenantkit as tk
from tests.examples.collect import PROMPT, docstring_examples, modules_with_examples, page_blocks
from tests.examples.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.examples.collect import Block

TESTS = docstring_examples()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# the docstrings whose examples may say `+SKIP`, and why they can't run
SKIPPED: dict[str, str] = {}
_NEEDS_CLUSTER = re.compile(r"\bcluster\b|\bconnect\(")


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture
def scope(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], dict[str, Any]]]:
    """The names that code may use; the sandbox starts for the first code that needs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")  # pandas asks how wide the terminal is

    def names(code: str) -> dict[str, Any]:
        if not _NEEDS_CLUSTER.search(code):
            return {"tk": tk, "pd": pd}
        cluster, kubeconfig = stage.open()
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        return {"tk": tk, "pd": pd, "cluster": cluster}

    yield names
    stage.tidy()


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_an_example_in_a_docstring_prints_what_it_promises(
    test: doctest.DocTest, scope: Callable[[str], dict[str, Any]]
) -> None:
    run(test, scope("".join(example.source for example in test.examples)))


@pytest.mark.parametrize("block", page_blocks(), ids=str)
def test_the_code_on_a_page_runs(block: Block, scope: Callable[[str], dict[str, Any]]) -> None:
    names = scope(block.code)
    if PROMPT.search(block.code):
        run(doctest.DocTestParser().get_doctest(block.code, names, str(block), block.page, block.line - 1), {})
    else:
        code = "\n" * (block.line - 1) + block.code  # so that a traceback shows the page's own lines
        exec(compile(code, block.page, "exec"), names)  # noqa: S102 - the project's own


def run(test: doctest.DocTest, names: dict[str, Any]) -> None:
    test.globs |= names
    if test.name not in SKIPPED:
        for example in test.examples:
            example.options.pop(doctest.SKIP, None)
    output: list[str] = []
    results = doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=output.append)
    assert results.failed == 0, "".join(output)
    assert results.attempted == len([it for it in test.examples if not it.options.get(doctest.SKIP)])


def test_every_example_of_the_source_is_collected() -> None:
    written = {str(path): len(PROMPT.findall(path.read_text())) for path in modules_with_examples().values()}
    collected: Counter[str] = Counter()
    for test in TESTS:
        collected[str(test.filename)] += len(test.examples)
    assert collected == written


def test_only_the_listed_examples_are_skipped() -> None:
    assert {test.name for test in TESTS if "doctest: +SKIP" in (test.docstring or "")} == set(SKIPPED)
