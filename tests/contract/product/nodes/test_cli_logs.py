"""`tenantkit logs`: text, JSON, and lines as they are written."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.logs import CRASHED, LoggingPods, serving_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

_WITHIN_S = 60


@pytest.fixture
def pods(cluster: Cluster, engine: Engine, namespace: str, gpu_node: Callable[..., str]) -> Iterator[LoggingPods]:
    """Pods on a node that serves logs."""
    node = gpu_node()
    with serving_logs(cluster, engine, node):
        yield LoggingPods(cluster, namespace)


@pytest.fixture
def command(engine: Engine, namespace: str) -> list[str]:
    """The command, up to its own options."""
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []
    base = [sys.executable, "-m", "tenantkit", "logs", "Pod/one", "--namespaces", namespace]
    return [*base, "--kubeconfig", str(login.kubeconfig), *context]


def run(command: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    home = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=_WITHIN_S, check=False, env=home
    )


def test_the_log_of_a_crash_is_printed_as_text_and_as_json(pods: LoggingPods, command: list[str]) -> None:
    pods.create("one", previous="first\nKeyError: 'X'\n", main="new\n")
    pods.write_status("one", 0, **CRASHED)

    text, data = run(command, "--previous", "--tail", "1"), run(command, "-p", "--tail", "1", "-o", "json")
    rows = json.loads(data.stdout)["rows"]

    end = r"the previous run ended at [\d :-]+ UTC: Error, exit code 1; 3 restarts"
    assert (text.returncode, text.stdout) == (0, "KeyError: 'X'\n")
    assert re.fullmatch(f"tenantkit: container main of Pod/one: {end}\n", text.stderr)
    assert [(row["pod"], row["container"], row["line"]) for row in rows] == [("one", "main", "KeyError: 'X'")]


def test_a_container_without_a_previous_run_says_what_to_do_in_the_words_of_the_command_line(
    pods: LoggingPods, command: list[str]
) -> None:
    pods.create("one", main="x\n")
    assert run(command, "--previous").stdout == "(no container of Pod/one has run before: leave out --previous)\n"


def test_a_followed_log_is_printed_line_by_line_until_ctrl_c(pods: LoggingPods, command: list[str]) -> None:
    pods.create("one", main="first\n")
    with subprocess.Popen([*command, "--follow", "--tail", "1"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline()]
        pods.write("one", "main", "first\nsecond\n")
        seen.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=_WITHIN_S)

    assert (seen, rest, process.returncode) == (["first\n", "second\n"], "", 0)


def test_following_a_previous_run_is_refused(command: list[str]) -> None:
    refused = run(command, "--follow", "--previous")
    assert (refused.returncode, "--follow cannot be combined" in refused.stderr) == (2, True)
