"""`logs` where a part of the logs cannot be read: the text, the frame and the command line say so."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cli import logs as command
from tenantkit.cli.main import main
from tenantkit.cluster.http.transport import Answer
from tenantkit.exceptions import Unauthorized
from tenantkit.frames.logs import logs
from tests.unit.cluster.seam import cluster, status
from tests.unit.frames.frame_pods import pod
from tests.unit.frames.test_partly_readable import ByPath, listed

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

TWO = listed(pod(spec={"containers": [{"name": "main"}, {"name": "side"}]}))
ONE = listed(pod())
DEAD = status(500, "", "dial tcp 10.0.0.1:10250: connect: connection refused")
REASON = f"could not read the log of Pod 'api-7d9f-x' in 'vision': {json.loads(DEAD.body)['message']}"
LOG = Answer(200, {}, b"2026-11-25T12:00:00Z started\n")


def serving(pods: Any, *replies: Any) -> Cluster:
    """A cluster whose pod has these answers as logs, container by container."""
    path = "/api/v1/namespaces/vision/pods"
    return cluster(ByContainer({path: pods, "main": replies[0], "side": replies[-1]}), namespaces=["vision"])


class ByContainer(ByPath):
    """Answers each log by its container."""

    def _next(self, request: Any) -> Any:
        container = next((name for name in ("main", "side") if f"container={name}" in request.path), None)
        return self.answers[container] if container else super()._next(request)


@pytest.mark.parametrize("failure", [DEAD, status(404, "NotFound", "none"), status(403, "Forbidden", "no")])
def test_a_log_that_cannot_be_read_is_missing_in_the_frame_as_well(failure: Answer) -> None:
    found = logs(serving(TWO, failure, LOG), "Pod/api-7d9f-x")

    assert found.frame["line"].tolist() == ["started"]
    [(kind, reason)] = found.frame.attrs["incomplete"].items()
    assert (kind, reason.startswith("container 'main' of Pod/api-7d9f-x: ")) == ("pods/log", True)


def test_a_log_that_is_cut_is_incomplete() -> None:
    found = logs(serving(ONE, LOG), "Pod/api-7d9f-x", limit_bytes=10)
    reason = "container 'main' of Pod/api-7d9f-x: cut after 10 bytes: read fewer lines"
    assert found.frame.attrs["incomplete"] == {"pods/log": reason}


def test_a_login_that_is_not_accepted_is_an_error() -> None:
    with pytest.raises(Unauthorized):
        logs(serving(TWO, status(401, "Unauthorized", "no"), LOG), "Pod/api-7d9f-x")


def test_json_says_for_each_container_why_it_has_no_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "connect", lambda *_: nullcontext(serving(TWO, DEAD, DEAD)))

    assert main(["logs", "Pod/api-7d9f-x", "-o", "json"]) == 0
    printed = capsys.readouterr()
    whole = f"container 'main' of Pod/api-7d9f-x: {REASON}; container 'side' of Pod/api-7d9f-x: {REASON}"
    place = {"namespace": "vision", "pod": "api-7d9f-x"}
    assert json.loads(printed.out) == {
        "rows": [],
        "scope": ["vision"],
        "incomplete": {"pods/log": whole},
        "containers": [
            {**place, "container": "main", "note": f"no log: {REASON}"},
            {**place, "container": "side", "note": f"no log: {REASON}"},
        ],
        "notes": [],
    }
    assert printed.err == f"tenantkit: pods/log could not be read in full: {whole}\n"
