"""A followed log: which containers are lost or left out, and when its threads and connections end."""

from __future__ import annotations

import gc
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

from tenantkit.cli import logs as command
from tenantkit.cli.main import main
from tenantkit.exceptions import ClusterUnavailable
from tenantkit.frames.log.containers import LoggedContainer
from tenantkit.frames.log.follow import LogStream, follow_logs
from tests.eventually import eventually
from tests.unit.cluster.seam import Lines, cluster
from tests.unit.frames.frame_pods import pod
from tests.unit.frames.test_logs import ByContainer
from tests.unit.frames.test_partly_readable import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.log import FollowedLog

_LONG_S = 30.0
FIRST = b"2026-11-25T12:00:00Z first"


class Endless:
    """A log that is written for ever, faster than anyone reads."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def lines(self) -> Iterator[bytes]:
        while not self.stopped.is_set():
            yield FIRST

    def stop(self) -> None:
        self.stopped.set()


def endless(timeout_s: float = _LONG_S) -> tuple[LogStream, Endless]:
    log = Endless()
    container = LoggedContainer("vision", "one", "main", "", is_failing=False, has_node=True, has_run_before=False)
    return LogStream([(container, cast("FollowedLog", log))], timeout_s=timeout_s), log


def following(pods: Any, **logs: Any) -> Cluster:
    return cluster(ByContainer({"/api/v1/namespaces/vision/pods": pods} | logs), namespaces=["vision"])


def two(**side: Any) -> Cluster:
    containers = [{"name": "main"}, {"name": "side"}]
    return following(listed(pod(spec={"containers": containers})), main=Lines([FIRST]), **side)


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("tenantkit-log")]


def test_a_container_whose_log_is_lost_is_reported_while_the_others_are_read() -> None:
    stream = follow_logs(two(side=Lines([{}], status=500)), "Pod/api-7d9f-x", timeout_s=_LONG_S)

    assert [line.text for line in stream] == ["first"]
    assert {name: type(error) for name, error in stream.errors.items()} == {
        "vision/api-7d9f-x/side": ClusterUnavailable
    }


def test_the_command_says_which_log_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "connect", lambda *_: nullcontext(two(side=Lines([{}], status=500))))

    assert main(["logs", "-f", "Pod/api-7d9f-x"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "[api-7d9f-x/main] first\n"
    assert printed.err.startswith("tenantkit: no more lines of vision/api-7d9f-x/side: could not read the log")


def test_pods_that_are_not_followed_are_said_before_the_first_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = listed(pod("one", spec={"nodeName": None}), pod("two"))
    monkeypatch.setattr(command, "connect", lambda *_: nullcontext(following(pods)))

    assert main(["logs", "-f", "Pod/one"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    call = "`tenantkit why --workload Pod/one`"
    assert printed.err == f"tenantkit: 1 container has no log, since its pod has no node yet; {call} says why\n"


def test_pods_beyond_the_limit_and_later_ones_are_said() -> None:
    owner = [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "api", "uid": "u", "controller": True}]
    pods = listed(*(pod(name, metadata={"ownerReferences": owner}) for name in ("api-0", "api-1", "api-2")))
    stream = follow_logs(following(pods), "StatefulSet/api", max_pods=1)
    assert [*map(str, stream.notes)] == [
        "2 more pods are left out: pass a larger max_pods=",
        "pods that StatefulSet/api creates from now on are not followed",
    ]


def test_leaving_the_loop_ends_the_threads() -> None:
    stream, log = endless()
    for line in stream:
        assert line.text == "first"
        break
    eventually(lambda: log.stopped.is_set() and not readers())
    assert [*stream] == []


def test_a_stream_that_nobody_holds_any_more_ends() -> None:
    stream, log = endless()
    next(stream)
    del stream
    gc.collect()
    eventually(lambda: log.stopped.is_set() and not readers())


def test_the_time_ends_also_while_nobody_reads() -> None:
    stream, log = endless(timeout_s=0.2)
    next(stream)
    eventually(lambda: log.stopped.is_set() and not readers())
    stream.stop()
