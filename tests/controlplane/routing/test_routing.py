"""Each tenant answers at its own host and path, through a real ingress controller; all other requests get a 404.

The request takes the whole path: client, Envoy, EndpointSlice, pod. It needs a network namespace, which not every
machine allows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplane.components import NAMES, NODE_NAMES
from tests.controlplane.pods import IN_ITS_OWN_NETWORK
from tests.controlplane.processes import processes_of
from tests.controlplane.questions import Answer
from tests.controlplane.routing.questions import questions, tenant_of
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.controlplane.questions import Question

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[3]
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def own_network() -> None:
    try:
        done = subprocess.run([*IN_ITS_OWN_NETWORK, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this machine has no unshare, which creates a network namespace")
    if done.returncode:
        pytest.skip(f"this machine does not allow a network namespace: {done.stderr.strip()}")


@pytest.fixture
def asking(own_network: None, folder: Path) -> Iterator[Callable[[Sequence[Question]], subprocess.Popen[str]]]:  # noqa: ARG001
    """Start everything in its own network to send these requests; it ends when its standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def ask(questions: Sequence[Question]) -> subprocess.Popen[str]:
        owned = [question for question in questions if tenant_of(question)]
        command = [sys.executable, "-m", "tests.controlplane.routing", json.dumps(questions), json.dumps(owned)]
        process = subprocess.Popen(
            [*IN_ITS_OWN_NETWORK, *command],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        started.append(process)
        return process

    yield ask
    for process in started:
        with process:  # closes its pipes, and waits
            process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for all its files, with a short name because of the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="tk-") as name:
        yield Path(name)


def test_each_tenant_answers_at_its_own_host_and_path_and_nothing_else_does(
    asking: Callable[[Sequence[Question]], subprocess.Popen[str]],
) -> None:
    asked = questions()
    process = asking(asked)
    assert process.stdout is not None
    assert process.stderr is not None
    printed, said = process.stdout.read(), process.stderr.read()
    assert process.wait() == 0, said
    answers = dict(zip(asked, (Answer(*answer) for answer in json.loads(printed)), strict=True))
    assert answers == {
        question: Answer(200, {"tenant": tenant, "host": question.host, "path": question.path})
        if (tenant := tenant_of(question))
        else Answer(404, None)
        for question in asked
    }


def test_it_ends_when_its_standard_input_is_closed(
    asking: Callable[[Sequence[Question]], subprocess.Popen[str]], folder: Path
) -> None:
    process = asking(questions())
    eventually(lambda: {"envoy", "contour", *NAMES, *NODE_NAMES} <= set(processes_of(folder)), timeout_s=WITHIN_S)
    assert process.stdin is not None
    process.stdin.close()
    eventually(lambda: process.poll() is not None, timeout_s=WITHIN_S)
    assert processes_of(folder) == {}
    assert list(folder.iterdir()) == []
