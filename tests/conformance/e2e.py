"""Runs Kubernetes' own end-to-end tests against a server, some in parallel, and reads their outcomes.

They are one program that runs one test after the other and mostly waits, so several processes share the chosen tests.
Tests marked [Serial] look at the whole cluster, so they run last and alone.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.verdict import Outcome
from tests.controlplane.components import BINARIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

PROGRAM = BINARIES / "e2e.test"
CHOICE = Path(__file__).with_name("groups.toml")

_SIDE_BY_SIDE = 4
_TIMEOUT_S, _APART_TIMEOUT_S = 1800, 60
_SHOWN_WHY = 300
_LISTED = re.compile(r"^\s+\S+\.go:\d+: (?P<name>.+)$", re.MULTILINE)


class ConformanceError(Exception):
    """The tests could not be run; the message names the log."""


def chosen_tests(groups: Sequence[str] = ()) -> list[str]:
    """The names of the tests of these groups, or of all, without those that are left out."""
    choice = tomllib.loads(CHOICE.read_text())
    wanted = [re.compile(choice["groups"][group]) for group in groups or choice["groups"]]
    without = [re.compile(pattern) for patterns in choice["left-out"].values() for pattern in patterns]
    listed = subprocess.run([PROGRAM, "--list-tests"], capture_output=True, text=True, check=True).stdout
    names = sorted({match["name"] for match in _LISTED.finditer(listed)})
    return [
        name
        for name in names
        if any(pattern.search(name) for pattern in wanted) and not any(pattern.search(name) for pattern in without)
    ]


def run(kubeconfig: Path, names: Sequence[str], folder: Path, *, apart: Collection[str] = ()) -> dict[str, Outcome]:
    """The outcome of each test, by its name; a test without an outcome has failed.

    Args:
        kubeconfig: its current context is the server's admin.
        names: as the program lists them.
        folder: for its logs and reports.
        apart: tests that each run in a process of their own with little time: they are expected to fail, and may crash.
    """
    others = [name for name in names if name not in apart]
    at_once = [name for name in others if "[Serial]" not in name]
    turns = [
        [at_once[start::_SIDE_BY_SIDE] for start in range(_SIDE_BY_SIDE)],
        [[name for name in others if "[Serial]" in name]],
    ]
    alone = [[name] for name in names if name in apart]
    turns += [alone[start : start + _SIDE_BY_SIDE] for start in range(0, len(alone), _SIDE_BY_SIDE)]
    outcomes = dict.fromkeys(names, Outcome(passed=False, seconds=0, why=f"left no outcome, see {folder}"))
    for turn in turns:
        timeout_s = _APART_TIMEOUT_S if turn[0] in alone else _TIMEOUT_S
        outcomes |= _side_by_side(kubeconfig, [part for part in turn if part], folder, timeout_s)
    return outcomes


def _side_by_side(kubeconfig: Path, parts: Sequence[Sequence[str]], folder: Path, timeout_s: int) -> dict[str, Outcome]:
    running = []
    try:
        for part in parts:
            place = folder / f"{len(list(folder.glob('*.log')))}.log"
            with place.open("wb") as log:
                command = _command(kubeconfig, part, place.with_suffix(".json"), timeout_s)
                running.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder))
            sys.stderr.write(f"  {len(part)} tests, see {place}\n")
        for process in running:
            process.wait()
    finally:
        for process in running:
            process.kill()
            process.wait()
    return dict(outcome for place in folder.glob("*.json") for outcome in _read(place))


def _command(kubeconfig: Path, names: Sequence[str], report: Path, timeout_s: int) -> list[str | Path]:
    exactly = "|".join(re.sub(r"([^\w\s])", r"\\\1", name) + "$" for name in names)  # Go has no "\ "
    return [
        PROGRAM,
        "--provider=skeleton",
        f"--kubeconfig={kubeconfig}",
        "--kube-api-content-type=application/json",  # the sandbox does not support protobuf, which servers need not
        f"--ginkgo.focus={exactly}",
        "--ginkgo.no-color",
        "--ginkgo.silence-skips",
        f"--ginkgo.json-report={report}",
        f"--ginkgo.timeout={timeout_s}s",
    ]


def _read(report: Path) -> Iterator[tuple[str, Outcome]]:
    for suite in json.loads(report.read_text()):
        for spec in suite["SpecReports"]:
            failure = spec.get("Failure") or {}
            words = " ".join(str(failure.get("Message", "")).split())[:_SHOWN_WHY]
            if spec["LeafNodeType"] != "It":
                if spec["State"] != "passed":
                    raise ConformanceError(f"{report}: {spec['LeafNodeType']} {spec['State']}: {words}")
            elif spec["State"] != "skipped" or failure:
                name = " ".join([*(spec["ContainerHierarchyTexts"] or []), spec["LeafNodeText"]])
                yield name, Outcome(spec["State"] == "passed", spec["RunTime"] / 1e9, words)
