"""READY, STATUS and RESTARTS of Pods in the table that `kubectl get` prints; the same on both engines.

No kubelet runs on either: the tests write the status that it would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.resources import find
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tables import TABLE, check_rows_are_the_sandboxs_own, comparable
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Answer, Wire

Json = dict[str, Any]

NAMESPACE = fresh_name()
PATH = f"/api/v1/namespaces/{NAMESPACE}/pods"
PODS = find("", "v1", "pods")
OBJECT = {"includeObject": "Object"}
LONG_AGO, LATER = "2020-01-01T00:00:00Z", "2020-06-01T00:00:00Z"
UP: Json = {"ready": True, "state": {"running": {"startedAt": LATER}}}
INIT_DONE = {"type": "Initialized", "status": "True"}
READY = {"type": "Ready", "status": "True"}


def container(name: str, *, up: bool = False, restarts: int = 0, last: str = "", **rest: Any) -> Json:
    found = {"name": name, "image": "i", "imageID": "", "ready": False, "restartCount": restarts, "state": {}}
    ended = {"terminated": {"exitCode": 1, "finishedAt": last}} if last else {}
    return {**found, "lastState": ended, **(UP if up else {}), **rest}


def waiting(name: str, reason: str, **rest: Any) -> Json:
    return container(name, state={"waiting": {"reason": reason} if reason else {}}, **rest)


def ended(name: str, code: int, reason: str = "", signal: int = 0, **rest: Any) -> Json:
    state: Json = {"exitCode": code} | ({"reason": reason} if reason else {}) | ({"signal": signal} if signal else {})
    return container(name, state={"terminated": state}, **rest)


def status(*containers: Json, init: tuple[Json, ...] = (), phase: str = "Running", **rest: Any) -> Json:
    return {"phase": phase, "containerStatuses": list(containers), "initContainerStatuses": list(init), **rest}


def pod(init: tuple[str, ...] = (), **spec: Any) -> Json:
    """A Pod of two containers; an init container whose name begins with `side` keeps running beside them."""
    always = {"restartPolicy": "Always"}
    prepared = [{"name": name, "image": "i", **(always if name.startswith("side") else {})} for name in init]
    containers = [{"name": name, "image": "i"} for name in ("one", "two")]
    return {"metadata": {"name": "p"}, "spec": {"containers": containers, "initContainers": prepared, **spec}}


ONE, TWO = container("one", up=True), container("two", up=True)
PLAIN: dict[str, tuple[Json, list[str]]] = {
    "no container statuses yet": ({"phase": "Pending"}, ["0/2", "Pending", "0"]),
    "the Pod's own reason": ({"phase": "Failed", "reason": "Evicted"}, ["0/2", "Evicted", "0"]),
    "all are running": (status(ONE, TWO), ["2/2", "Running", "0"]),
    "one is running and not ready": (status(ONE, container("two", up=True, ready=False)), ["1/2", "Running", "0"]),
    "one waits": (status(ONE, waiting("two", "CrashLoopBackOff")), ["1/2", "CrashLoopBackOff", "0"]),
    "one waits without a reason": (status(ONE, waiting("two", "")), ["1/2", "Running", "0"]),
    "one waits and is ready": (
        status(ONE, waiting("two", "CrashLoopBackOff", ready=True)),
        ["1/2", "CrashLoopBackOff", "0"],
    ),
    "one is ready and not running": (status(ONE, container("two", ready=True)), ["1/2", "Running", "0"]),
    "the first with a reason counts": (
        status(waiting("one", "ImagePullBackOff"), waiting("two", "ErrImagePull")),
        ["0/2", "ImagePullBackOff", "0"],
    ),
    "ended with a reason": (status(ONE, ended("two", 137, "OOMKilled")), ["1/2", "OOMKilled", "0"]),
    "ended by a signal": (status(ONE, ended("two", 137, signal=9)), ["1/2", "Signal:9", "0"]),
    "ended with an exit code": (status(ONE, ended("two", 3)), ["1/2", "ExitCode:3", "0"]),
    "one completed and one is ready": (
        status(ended("one", 0, "Completed"), TWO, conditions=[READY]),
        ["1/2", "Running", "0"],
    ),
    "one completed and one is not ready": (status(ended("one", 0, "Completed"), TWO), ["1/2", "NotReady", "0"]),
    "one completed and one failed": (
        status(ended("one", 0, "Completed"), ended("two", 1, "Error"), phase="Failed"),
        ["0/2", "Error", "0"],
    ),
    "all completed": (
        status(ended("one", 0, "Completed"), ended("two", 0, "Completed"), phase="Succeeded"),
        ["0/2", "Completed", "0"],
    ),
    "restarts with the time since the last": (
        status(container("one", restarts=2, last=LONG_AGO), container("two", restarts=1, last=LATER)),
        ["0/2", "Running", "3 (AGO ago)"],
    ),
    "restarts without a time": (status(container("one", restarts=2)), ["0/2", "Running", "2"]),
    "gated": (
        {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]},
        ["0/2", "SchedulingGated", "0"],
    ),
}
INIT: dict[str, tuple[tuple[str, ...], Json, list[str]]] = {
    "the first is not complete": (("a", "b"), status(init=(container("a"), container("b"))), ["0/2", "Init:0/2", "0"]),
    "the second is not complete": (
        ("a", "b"),
        status(init=(ended("a", 0), waiting("b", "PodInitializing"))),
        ["0/2", "Init:1/2", "0"],
    ),
    "one waits": (("a",), status(init=(waiting("a", "ErrImagePull"),)), ["0/2", "Init:ErrImagePull", "0"]),
    "one failed for a reason": (("a",), status(init=(ended("a", 1, "Error"),)), ["0/2", "Init:Error", "0"]),
    "one was killed": (("a",), status(init=(ended("a", 137, signal=9),)), ["0/2", "Init:Signal:9", "0"]),
    "one failed": (("a",), status(init=(ended("a", 4),)), ["0/2", "Init:ExitCode:4", "0"]),
    "their restarts count until they complete": (
        ("a", "b"),
        status(init=(ended("a", 0, restarts=1, last=LATER), container("b", restarts=2))),
        ["0/2", "Init:1/2", "3 (AGO ago)"],
    ),
    "their restarts do not count afterwards": (
        ("a",),
        status(ONE, TWO, init=(ended("a", 0, restarts=4, last=LATER),)),
        ["2/2", "Running", "0"],
    ),
    "a sidecar counts as a container": (
        ("side", "a"),
        status(ONE, TWO, init=(container("side", up=True, started=True, restarts=2, last=LATER), ended("a", 0))),
        ["3/3", "Running", "2 (AGO ago)"],
    ),
    "a sidecar that has not started": (("side",), status(init=(container("side"),)), ["0/3", "Init:0/1", "0"]),
    "a sidecar that is not ready": (
        ("side",),
        status(ONE, TWO, init=(container("side", started=True),)),
        ["2/3", "Running", "0"],
    ),
    "a sidecar that fails after the init containers": (
        ("a", "side"),
        status(ONE, TWO, init=(ended("a", 0, restarts=9), ended("side", 2, restarts=1)), conditions=[INIT_DONE]),
        ["2/3", "Init:ExitCode:2", "1"],
    ),
}


@pytest.fixture(scope="module", autouse=True)
def namespace_of_pods(cluster: Cluster) -> Iterator[None]:
    with own_namespace(cluster, NAMESPACE):
        eventually(lambda: cluster.get("ServiceAccount", "default", NAMESPACE))
        yield


@pytest.fixture
def table_of(wire: Wire) -> Iterator[Callable[..., Answer]]:
    """Create a Pod, write its status, and return its table; the Pod is deleted afterwards."""

    def tell(manifest: Json, table_of: Json) -> Answer:
        made = wire("POST", PATH, manifest)
        assert made.status == 201, made.body
        return wire(
            "PATCH", f"{PATH}/p/status", {"status": table_of}, content_type=MERGE_PATCH, accept=TABLE, query=OBJECT
        )

    yield tell
    wire("PATCH", f"{PATH}/p", {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
    wire("DELETE", f"{PATH}/p", query={"gracePeriodSeconds": "0"})


def check(answer: Answer, expected: list[str]) -> None:
    assert answer.status == 200, answer.body
    [cells] = comparable(answer.body)
    before, ago, _ = cells[3].partition(" (")
    assert [*cells[1:3], f"{before} (AGO ago)" if ago else before] == expected
    check_rows_are_the_sandboxs_own(answer, PODS)


@pytest.mark.parametrize(("written", "expected"), PLAIN.values(), ids=PLAIN)
def test_the_status_is_derived_from_the_containers(
    table_of: Callable[..., Answer], written: Json, expected: list[str]
) -> None:
    check(table_of(pod(), written), expected)


@pytest.mark.parametrize(("init", "written", "expected"), INIT.values(), ids=INIT)
def test_init_containers_are_shown_until_they_are_done(
    table_of: Callable[..., Answer], init: tuple[str, ...], written: Json, expected: list[str]
) -> None:
    check(table_of(pod(init), written), expected)


def test_the_wide_columns_show_where_a_pod_runs(wire: Wire, table_of: Callable[..., Answer]) -> None:
    gates = [{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}]
    passed = [{"type": "example.com/a", "status": "True"}, {"type": "example.com/b", "status": "False"}]
    written = status(ONE, TWO, podIP="10.1.2.3", podIPs=[{"ip": "10.1.2.3"}], conditions=passed)

    nowhere = table_of(pod(readinessGates=gates), {"phase": "Pending", "nominatedNodeName": "n2"})
    assert comparable(nowhere.body)[0][5:] == ["<none>", "<none>", "n2", "0/2"]

    somewhere = wire("PATCH", f"{PATH}/p/status", {"status": written}, content_type=MERGE_PATCH, accept=TABLE)
    assert comparable(somewhere.body)[0][5:] == ["10.1.2.3", "<none>", "n2", "1/2"]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Running"])
def test_the_row_of_a_finished_pod_has_a_condition(table_of: Callable[..., Answer], phase: str) -> None:
    [row] = table_of(pod(), {"phase": phase}).body["rows"]

    messages = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
    ended_so = {"type": "Completed", "status": "True", "reason": phase, "message": messages.get(phase)}
    assert row.get("conditions") == ([ended_so] if phase in messages else None)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({"phase": "Running"}, "Terminating"),
        ({"phase": "Running", "reason": "NodeLost"}, "Unknown"),
        ({"phase": "Succeeded"}, "Succeeded"),
    ],
)
def test_the_row_of_a_deleted_pod_is_terminating(
    wire: Wire, table_of: Callable[..., Answer], written: Json, word: str
) -> None:
    held = pod(nodeName="n1")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    table_of(held, written)

    answer = wire("DELETE", f"{PATH}/p", accept=TABLE, query=OBJECT)

    assert comparable(answer.body)[0][2] == word
    check_rows_are_the_sandboxs_own(answer, PODS)
