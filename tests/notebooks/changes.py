"""A plugin for nbval's pytest that tests whether a changed output is noticed.

After each cell has run, each number and each word of its committed output is changed in turn, and nbval compares it
with the outputs of that run. Rejected alternative: a run for each change, which takes hours.
"""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nbval.plugin import IPyNbCell, coalesce_streams

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r"data:image/png;base64,[\w+/=]+|\d+(?:\.\d+)?|[^\W\d_]+")
_PICTURE = "data:image/"
_RESULTS = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RESULTS] = {}


def pytest_runtest_teardown(item: pytest.Item) -> None:
    if not isinstance(item, IPyNbCell) or item.test_outputs is None:
        return
    item.format_output_compare = lambda *_: None  # the difference itself is not needed, and takes time to compute
    tried, unnoticed = 0, []
    for change, outputs in _changed(item.cell.outputs):
        tried += 1
        if item.compare_outputs(item.test_outputs, coalesce_streams(outputs)):
            unnoticed.append(change)
    item.config.stash[_RESULTS][item.name] = {"tried": tried, "unnoticed": unnoticed}


def pytest_unconfigure(config: pytest.Config) -> None:
    Path(os.environ["NOTEBOOK_CHANGES"]).write_text(json.dumps(config.stash[_RESULTS]))


def _changed(outputs: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Each change of one number or word, and the changed outputs."""
    for place, output in enumerate(outputs):
        texts = output["data"] if "data" in output else {"text": output.get("text", "")}
        for kind, text in texts.items():
            if kind.startswith("image/"):
                continue  # nbval does not compare pictures
            for match in _TOKEN.finditer(text):
                if match[0].startswith(_PICTURE):
                    continue  # a picture in HTML
                other = "7" if match[0] != "7" else "8"
                changed = copy.deepcopy(outputs)
                holder = changed[place]["data"] if "data" in output else changed[place]
                holder[kind] = text[: match.start()] + other + text[match.end() :]
                yield f"output {place}, {kind}: {match[0]!r} at {match.start()}", changed
