"""Run the notebooks and save their outputs: `python -m tests.notebooks [NAME…]`, after a cell was changed.

Nothing that is specific to this run is saved: no widget models, no times, no version of Python.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests.notebooks.engine import NOTEBOOKS, lab_environment, sanitizing_patterns

_MODEL = "application/vnd.jupyter.widget-view+json"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def rerun(path: Path) -> None:
    """Run a notebook on a new sandbox, and save it with its outputs."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's own gap
    with tempfile.TemporaryDirectory() as folder, lab_environment(Path(folder), path) as environment:
        client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute(env=environment)
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    patterns = sanitizing_patterns()
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        for output in cell.get("outputs", []):
            _remove_run_specific_data(output, patterns)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]  # nbformat's own gap


def _remove_run_specific_data(output: Any, patterns: dict[str, str]) -> None:
    output.pop("metadata", None)
    if "data" not in output:
        return
    output["metadata"] = {}
    output.data.pop(_MODEL, None)  # a reader who has not run the notebook would see an error instead
    for kind in ("text/html", "text/plain"):
        if kind in output.data:
            output.data[kind] = _without_times(output.data[kind], patterns)


def _without_times(text: str, patterns: dict[str, str]) -> str:
    """The text as nbval compares it; pictures stay."""
    for pattern, replacement in patterns.items():
        if "base64" not in pattern:
            text = re.sub(pattern, replacement, text)
    return text


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        if not sys.argv[1:] or notebook.stem in sys.argv[1:]:
            rerun(notebook)
            sys.stdout.write(f"{notebook.name}: run on a new sandbox and saved\n")
