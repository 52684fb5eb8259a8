"""The time of `import tenantkit` against that of `import pandas`: medians of fresh interpreters, taken in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.figures import Figures

RUNS = 15
TARGET = 0.2


def seconds(statement: str) -> float:
    """How long a fresh interpreter takes for one statement, without its own start."""
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> int:
    """Print both medians and their ratio; returns 1 if the ratio misses its target."""
    pairs = [(seconds("import tenantkit"), seconds("import pandas")) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{time.strftime('%Y-%m-%d')}  python {sys.version.split()[0]}  {RUNS} runs each")
    print(f"import tenantkit {1000 * ours:8.1f} ms\nimport pandas    {1000 * theirs:8.1f} ms")
    figures = Figures()
    figures.show(f"ratio            {ours / theirs:8.3f}", ours / theirs, at_most=TARGET)
    return figures.exit_code


if __name__ == "__main__":
    sys.exit(main())
