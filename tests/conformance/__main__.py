"""Kubernetes' own conformance tests on both engines, and which of them the sandbox passes.

`make conformance` runs all of them on both. During a fix, `--group` runs a part, and `--recorded` takes the outcomes on
the real control plane from the file that `--record` wrote, which names its Kubernetes version.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.connect import connect
from tenantkit.sandbox.server import Sandbox
from tests.conformance.e2e import PROGRAM, chosen_tests, run
from tests.conformance.verdict import Outcome, judge
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.nodes import make_node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

REFUSED = Path(__file__).with_name("refused.toml")
RECORDED = Path(__file__).with_name("recorded.json")
README = Path(__file__).parents[2] / "README.md"
_GO_MOD = Path(__file__).parents[1] / "controlplane" / "kubernetes" / "go.mod"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--group", action="append", default=[], metavar="NAME", help="only this group; see groups.toml")
    parser.add_argument("--recorded", action="store_true", help="use the recorded outcomes of the real control plane")
    parser.add_argument("--record", action="store_true", help="record the outcomes on the real control plane")
    asked = parser.parse_args()
    if not PROGRAM.is_file():
        sys.stderr.write(f"{PROGRAM} does not exist: run `make conformance`, which builds it\n")
        return 1
    names = chosen_tests(asked.group)
    real = _recorded(names) if asked.recorded else _run("controlplane", names)
    if asked.record:
        _record(_recorded(chosen_tests()) | real if asked.group else real)
    refused = refused_tests()
    sandbox = _run("sandbox", [name for name in names if name in real and real[name].passed], apart=refused)
    verdict = judge(real, sandbox, refused, whole=not asked.group)
    problems = list(verdict.problems)
    if not asked.group and verdict.figure not in README.read_text():
        problems.append(f"README.md does not say {verdict.figure!r}")
    for problem in problems:
        sys.stdout.write(f"- {problem}\n")
    sys.stdout.write(f"{verdict.figure} that pass on the real control plane pass on the sandbox\n")
    return 1 if problems else 0


def refused_tests() -> dict[str, str]:
    """The feature that the sandbox refuses, by the name of the test that needs it."""
    return {name: feature for feature, names in tomllib.loads(REFUSED.read_text()).items() for name in names}


def _run(engine: str, names: Sequence[str], *, apart: Collection[str] = ()) -> dict[str, Outcome]:
    sys.stderr.write(f"{len(names)} tests on the {engine}\n")
    folder = Path(tempfile.mkdtemp(prefix=f"tenantkit-conformance-{engine}-"))  # kept, since it shows why a test failed
    with {"controlplane": _control_plane, "sandbox": _sandbox}[engine]() as kubeconfig:
        return run(kubeconfig, names, folder, apart=apart)


@contextmanager
def _control_plane() -> Iterator[Path]:
    with ControlPlane(nodes=True) as plane, connect(kubeconfig=plane.kubeconfig) as cluster:
        cluster.create(make_node("air"))
        yield plane.kubeconfig


@contextmanager
def _sandbox() -> Iterator[Path]:
    with Sandbox() as box, connect(kubeconfig=box.kubeconfig) as cluster:
        cluster.create(make_node("air"))
        yield box.kubeconfig


def _version() -> str:
    (line,) = [line for line in _GO_MOD.read_text().splitlines() if line.startswith("require k8s.io/kubernetes ")]
    return line.rpartition(" ")[2]


def _record(real: Mapping[str, Outcome]) -> None:
    outcomes = {name: asdict(real[name]) | {"seconds": round(real[name].seconds, 1)} for name in sorted(real)}
    RECORDED.write_text(json.dumps({"kubernetes": _version(), "outcomes": outcomes}, indent=1) + "\n")


def _recorded(names: Sequence[str]) -> dict[str, Outcome]:
    recorded = json.loads(RECORDED.read_text())
    if recorded["kubernetes"] != _version():
        raise SystemExit(f"{RECORDED.name} is of {recorded['kubernetes']}, not {_version()}: run with --record")
    return {name: Outcome(**recorded["outcomes"][name]) for name in names if name in recorded["outcomes"]}


if __name__ == "__main__":
    sys.exit(main())
