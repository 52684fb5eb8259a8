"""Each tenant answers at its own host and path, through a real ingress controller; everything else is nobody's.

The whole way is gone: client, Envoy, EndpointSlice, pod. It needs a network namespace, which not every machine lets one
make.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.routing.questions import Answer, questions, tenant_of

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[3]
# every address that kwok gives a pod is this machine's, in here alone
IN_ITS_OWN_NETWORK = [
    "unshare",
    "-rn",
    "sh",
    "-euc",
    'ip link set lo up; ip route add local 10.244.0.0/16 dev lo; exec "$@"',
    "sh",
]


@pytest.fixture(scope="module")
def own_network() -> None:
    try:
        done = subprocess.run([*IN_ITS_OWN_NETWORK, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this machine has no unshare, which makes a network namespace")
    if done.returncode:
        pytest.skip(f"this machine lets nobody make a network namespace: {done.stderr.strip()}")


def test_each_tenant_answers_at_its_own_host_and_path_and_nothing_else_does(own_network: None) -> None:  # noqa: ARG001
    asked = questions()
    owned = [question for question in asked if tenant_of(question)]
    command = [sys.executable, "-m", "tests.controlplane.routing", json.dumps(asked), json.dumps(owned)]
    with subprocess.Popen(
        [*IN_ITS_OWN_NETWORK, *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,  # closed when we end, however that is; then it ends too
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed, said = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0, said
    answers = dict(zip(asked, (Answer(*answer) for answer in json.loads(printed)), strict=True))
    assert answers == {
        question: Answer(200, {"tenant": tenant, "host": question.host, "path": question.path})
        if (tenant := tenant_of(question))
        else Answer(404, None)
        for question in asked
    }
