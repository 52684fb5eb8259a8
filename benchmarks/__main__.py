"""Every benchmark, one after the other. A missed target stops nothing: all of them are listed at the end.

`python -m benchmarks`; exits with 1 if a figure missed its target or a benchmark failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import MISSED

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
FILES = [
    ROOT / "benchmarks" / f"{name}.py"
    for name in ("guardrails", "imports", "pods", "provisioning", "quota_usage", "sandbox")
]


def main(files: Sequence[Path] = FILES) -> int:
    """Run each file, then print what was missed."""
    missed = [line for file in files for line in run(file)]
    print("\n".join(["", "Missed:", *missed]) if missed else "\nAll figures reach their targets.")
    return int(bool(missed))


def run(file: Path) -> list[str]:
    """Run one benchmark, show what it prints, and return its missed figures, or that it failed."""
    print(f"==> {file.stem}", flush=True)
    missed, environment = [], os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(file)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if MISSED in line:
                missed.append(f"{file.stem}: {line.strip()}")
    if process.returncode and not missed:
        missed.append(f"{file.stem}: failed with exit code {process.returncode}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
