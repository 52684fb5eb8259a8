"""`logs` where a part of the logs cannot be read: the text, the frame and the command line say so."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cli import logs as command
from tenantkit.cli.main import main
from tenantkit.cluster.http.transport import Answer
from tenantkit.exceptions import InvalidSpecError, NotFound, Unauthorized
from tenantkit.frames.logs import logs
from tests.unit.cluster.seam import cluster, status
from tests.unit.frames.frame_pods import owned_by, pod
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
            {**place, "container": "main", "end": None, "note": f"no log: {REASON}"},
            {**place, "container": "side", "end": None, "note": f"no log: {REASON}"},
        ],
        "notes": [],
    }
    assert printed.err == f"tenantkit: pods/log could not be read in full: {whole}\n"


KILLED = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-25T12:00:00Z"}
FINISHED = {"exitCode": 0, "reason": "Completed", "finishedAt": "2026-11-25T12:00:00Z"}
ENDED = "run ended at 2026-11-25 12:00:00 UTC: OOMKilled, exit code 137 (killed); 4 restarts"


def restarted(state: Any, last: Any = None) -> Any:
    entry = {"name": "main", "restartCount": 4, "state": state, **({"lastState": {"terminated": last}} if last else {})}
    return listed(pod(status={"containerStatuses": [entry]}))


@pytest.mark.parametrize(
    ("state", "last", "previous", "end"),
    [
        ({"running": {}}, KILLED, True, f"the previous {ENDED}"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, KILLED, True, f"the previous {ENDED}"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, KILLED, False, f"the last {ENDED}"),
        ({"terminated": KILLED}, None, False, f"the last {ENDED}"),
        ({"running": {}}, KILLED, False, None),
        ({"terminated": FINISHED}, None, False, None),
    ],
)
def test_it_says_how_the_run_of_the_log_ended(state: Any, last: Any, end: str | None, *, previous: bool) -> None:
    found = logs(serving(restarted(state, last), LOG), "Pod/api-7d9f-x", previous=previous)

    assert [each.end for each in found.containers] == [end]
    assert found.text == "started"
    title = f"# Pod/api-7d9f-x in vision, container main{', previous run' if previous else ''}"
    assert repr(found).splitlines() == [title, *([f"({end})"] if end else []), "started"]
    assert f"({end})" in found._repr_html_() or end is None


def test_the_command_says_how_the_run_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = restarted({"running": {}}, KILLED)
    monkeypatch.setattr(command, "connect", lambda *_: nullcontext(serving(pods, LOG)))

    assert main(["logs", "Pod/api-7d9f-x", "--previous"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (
        "started\n",
        f"tenantkit: container main of Pod/api-7d9f-x: the previous {ENDED}\n",
    )
    assert main(["logs", "Pod/api-7d9f-x", "--previous", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["containers"][0]["end"] == f"the previous {ENDED}"


OWNED = {"ownerReferences": owned_by("Job", "train", "batch/v1")}


def test_a_name_is_enough_where_one_workload_has_it() -> None:
    pods = listed(pod("train-x", metadata=OWNED))

    assert [logs(serving(pods, LOG), name).workload for name in ("train", "train-x")] == ["Job/train", "Pod/train-x"]


def test_a_name_that_several_have_is_refused_with_them() -> None:
    pods = listed(pod("train-x", metadata=OWNED), pod("train"))

    with pytest.raises(InvalidSpecError, match="workload='train': use one of 'Job/train', 'Pod/train'"):
        logs(serving(pods, LOG), "train")


@pytest.mark.parametrize("name", ["crawl", "Deployment/crawl"])
def test_a_name_that_none_has_is_refused_with_what_exists(name: str) -> None:
    pods = listed(pod("train-x", metadata=OWNED), pod("api"))

    with pytest.raises(NotFound, match=f"no workload '{name}' that has pods; those with pods are Job/train, Pod/api"):
        logs(serving(pods, LOG), name)


def test_the_name_of_a_workload_without_pods_is_enough() -> None:
    path = "/apis/apps/v1/namespaces/vision/deployments"
    script = ByPath({path: listed({"metadata": {"name": "crawl", "namespace": "vision"}})})

    found = logs(cluster(script, namespaces=["vision"]), "crawl")

    call = 'tk.why(cluster, workload="Deployment/crawl")'
    assert repr(found) == f"(Deployment/crawl has no pods, so it has no logs; {call} says why)"
