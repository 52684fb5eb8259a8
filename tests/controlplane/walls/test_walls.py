"""The walls of tenants hold for real packets, and `connectivity` says of each packet what happens to it.

Two engines enforce the policies, one after the other. It needs programs that `make controlplane` builds and installs,
and a network namespace, which not every machine allows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from tenantkit.manifests.network_policies import DEFAULT_DENY, POLICY_NAMES
from tests.controlplane.components import BINARIES, NAMES, NODE_NAMES
from tests.controlplane.processes import processes_of
from tests.controlplane.walls.engines import Engine
from tests.controlplane.walls.said import NO_ROW
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[3]
ENGINES = get_args(Engine)
NEEDED = ("iptables", "ip6tables", "ipset", "ip", "nsenter", "unshare")
WITHIN_S = 60.0
IN_ITS_OWN_NETWORK = [
    "unshare",
    "-n" if os.getuid() == 0 else "-rn",
    "sh",
    "-euc",
    'ip link set lo up; exec "$@"',
    "sh",
]
Stages = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def own_network() -> None:
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} not installed: apt-get install iptables ipset iproute2 util-linux")
    done = subprocess.run([*IN_ITS_OWN_NETWORK, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine does not allow a network namespace: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for all its files, with a short name because of the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="tk-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def start(own_network: None, folder: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:  # noqa: ARG001
    """Start everything in its own network; it ends when its standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start(engine: str) -> subprocess.Popen[str]:
        assert (BINARIES / engine).is_file(), f"{engine} is not built: make controlplane"
        process = subprocess.Popen(
            [*IN_ITS_OWN_NETWORK, sys.executable, "-m", "tests.controlplane.walls", engine],
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

    yield start
    for process in started:
        with process:  # closes its pipes, and waits
            process.kill()


@pytest.fixture(scope="module", params=ENGINES)
def played(request: pytest.FixtureRequest, start: Callable[[str], subprocess.Popen[str]]) -> dict[str, Any]:
    """What happened in each stage, with one engine."""
    process = start(request.param)
    assert process.stdout is not None
    assert process.stderr is not None
    printed, errors = process.stdout.read(), process.stderr.read()
    assert process.wait() == 0, errors
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.fixture(scope="module")
def stages(played: dict[str, Any]) -> Stages:
    found: Stages = played["stages"]
    return found


def test_without_an_engine_every_packet_arrives(stages: Stages) -> None:
    assert [cell["connection"] for cell in stages["no engine"] if not cell["packet"]] == []


def test_packets_arrive_where_the_walls_let_them_and_nowhere_else(stages: Stages) -> None:
    written_down = {name: cells for name, cells in stages.items() if cells[0]["wanted"] is not None}
    assert [*stages.keys() - written_down.keys()] == ["policies of every kind"]
    assert differing(written_down, "wanted") == []


def test_the_policies_are_evaluated_as_the_engine_enforces_them(stages: Stages) -> None:
    assert differing(stages, "policies") == []


def test_connectivity_says_of_each_tenants_packet_what_happens_to_it(stages: Stages) -> None:
    with_row = {name: [cell for cell in cells if cell["frame"] != NO_ROW] for name, cells in stages.items()}
    assert differing(with_row, "frame") == []
    assert all(len(cells) > len(stages[name]) / 3 for name, cells in with_row.items())


@pytest.mark.parametrize("name", POLICY_NAMES)
def test_each_wall_matters(stages: Stages, name: str) -> None:
    """Each of them adds or closes a way; that the first one closes all is seen when it is alone."""
    whole, without = (
        {cell["connection"]: cell["packet"] for cell in stages[stage]} for stage in ("walls", f"without {name}")
    )
    changed = {connection for connection, arrives in whole.items() if without[connection] != arrives}
    assert bool(changed) == (name != DEFAULT_DENY)
    assert not any(connection.startswith(("b1 ", "b2 ")) for connection in changed)
    alone = [cell for cell in stages[f"{DEFAULT_DENY} alone"] if cell["connection"].startswith(("a1 >", "a2 >"))]
    assert {cell["connection"].split()[2] for cell in alone if cell["packet"]} == {"a1", "a2"}


def test_an_owner_may_not_write_a_policy_that_allows_all(played: dict[str, Any]) -> None:
    refused = played["refused"]
    assert [answer["status"] for answer in refused.values()] == [403, 403]
    assert "may not create NetworkPolicy 'allow-all' in 'tenant-a'" in refused["by RBAC"]["message"]
    assert "a NetworkPolicy that opens the namespace is not allowed" in refused["by the guardrail"]["message"]


def test_all_of_it_ends_when_its_standard_input_is_closed(
    start: Callable[[str], subprocess.Popen[str]], folder: Path
) -> None:
    process = started_whole(start, folder, "kube-router")
    assert process.stdin is not None
    process.stdin.close()
    eventually(lambda: process.poll() is not None, timeout_s=WITHIN_S)
    assert processes_of(folder) == {}
    assert list(folder.iterdir()) == []


def test_all_of_it_ends_when_it_is_killed(start: Callable[[str], subprocess.Popen[str]], folder: Path) -> None:
    process = started_whole(start, folder, "kube-network-policies")
    process.kill()
    eventually(lambda: processes_of(folder) == {}, timeout_s=WITHIN_S)


def started_whole(start: Callable[[str], subprocess.Popen[str]], folder: Path, engine: str) -> subprocess.Popen[str]:
    process = start(engine)
    eventually(lambda: {engine, *NAMES, *NODE_NAMES} <= set(processes_of(folder)), timeout_s=WITHIN_S)
    return process


def differing(stages: Stages, by: str) -> list[tuple[str, str, bool, Any]]:
    """The connections whose packet arrives and should not, or the other way round: stage, connection, packet, `by`."""
    return [
        (stage, cell["connection"], cell["packet"], cell[by])
        for stage, cells in stages.items()
        for cell in cells
        if stage != "no engine" and cell["packet"] is not cell[by]
    ]
