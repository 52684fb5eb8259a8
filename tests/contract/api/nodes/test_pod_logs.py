"""Logs as the API server passes them on from a kubelet: the text, its limits, and the kubelet's errors.

The rules: pages "Logging Architecture" and "Debug Running Pods".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.manifest import ObjectRef
from tests.contract.logs import CRASHED, LoggingPods, serving_logs
from tests.contract.wire import kubectl
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.wire import Answer, Wire

_LABEL = "[stand-in] no container runs in the sandbox: this is the pod's annotation log.stand-in.tenantkit.dev/main"
_BOTH = "at most one of `sinceTime` or `sinceSeconds` may be specified"


@pytest.fixture
def pods(cluster: Cluster, engine: Engine, namespace: str, gpu_node: Callable[..., str]) -> Iterator[LoggingPods]:
    """Pods on a node that serves logs."""
    node = gpu_node()
    with serving_logs(cluster, engine, node):
        yield LoggingPods(cluster, namespace)


def log(wire: Wire, pods: LoggingPods, name: str, **query: str) -> Answer:
    return wire("GET", f"/api/v1/namespaces/{pods.namespace}/pods/{name}/log", query=query)


def test_a_log_is_plain_text(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", main="first\nsecond\n")
    answer = log(wire, pods, "one")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (
        200,
        "text/plain",
        f"{_LABEL}\nfirst\nsecond\n",
    )


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"tailLines": "1"}, "second\n"),
        ({"tailLines": "0"}, ""),
        ({"tailLines": "2", "limitBytes": "8"}, "first\nse"),
        ({"sinceTime": "2999-01-01T00:00:00Z"}, ""),
        ({"sinceSeconds": "3600", "tailLines": "1", "container": "main"}, "second\n"),
    ],
)
def test_a_log_is_bounded_by_the_options(wire: Wire, pods: LoggingPods, query: dict[str, str], body: str) -> None:
    pods.create("one", main="first\nsecond\n")
    answer = log(wire, pods, "one", **query)
    assert (answer.status, answer.body) == (200, body)


def test_each_line_has_its_time_if_asked(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", main="first\n")
    stamp, _, text = log(wire, pods, "one", timestamps="true", tailLines="1").body.partition(" ")
    assert (len(stamp), stamp[-1], text) == (len("2026-11-25T12:00:00.000000000Z"), "Z", "first\n")


def test_a_container_that_waits_for_its_restart_has_the_log_of_its_last_run(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", previous="failed\n", main="new\n")
    pods.write_status("one", 0, **CRASHED)
    answers = [log(wire, pods, "one", tailLines="1", **query) for query in ({}, {"previous": "true"})]
    assert [(answer.status, answer.body) for answer in answers] == [(200, "failed\n"), (200, "failed\n")]


def test_a_container_without_a_log_is_a_bad_request_in_the_kubelet_s_words(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", containers=("main", "side"), main="x\n")
    asked: list[dict[str, str]] = [{"container": "main", "previous": "true"}, {"container": "gone"}, {}]
    messages = [
        'previous terminated container "main" in pod "one" not found',
        "container gone is not valid for pod one",
        "a container name must be specified for pod one, choose one of: [main side]",
    ]
    answers = [log(wire, pods, "one", **query) for query in asked]
    assert [answer.body for answer in answers] == [status(400, "BadRequest", message, None) for message in messages]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ContainerCreating", "is waiting to start: ContainerCreating"),
        ("ErrImagePull", "is waiting to start: image can't be pulled"),
        ("ImagePullBackOff", "is waiting to start: trying and failing to pull image"),
    ],
)
def test_a_container_that_has_not_started_has_no_log(wire: Wire, pods: LoggingPods, reason: str, words: str) -> None:
    pods.create("one", main="x\n")
    pods.write_status("one", 0, ready=False, started=False, state={"waiting": {"reason": reason}})
    answer = log(wire, pods, "one")
    assert answer.body == status(400, "BadRequest", f'container "main" in pod "one" {words}', None)


def test_two_bounds_in_time_are_refused(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", main="x\n")
    answer = log(wire, pods, "one", sinceSeconds="5", sinceTime="2026-01-01T00:00:00Z")
    cause = {"reason": "FieldValueForbidden", "message": f"Forbidden: {_BOTH}", "field": "[]"}
    message = f'PodLogOptions "one" is invalid: []: Forbidden: {_BOTH}'
    details = {"name": "one", "kind": "PodLogOptions", "causes": [cause]}
    assert answer.body == status(422, "Invalid", message, details)


def test_a_time_that_is_none_is_refused(wire: Wire, pods: LoggingPods) -> None:
    pods.create("one", main="x\n")
    answer = log(wire, pods, "one", sinceTime="x")
    message = 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'
    assert answer.body == status(400, "BadRequest", message)


def test_a_node_without_an_address_has_no_kubelet_to_ask(
    wire: Wire, cluster: Cluster, namespace: str, gpu_node: Callable[..., str]
) -> None:
    node = gpu_node()
    pods = LoggingPods(cluster, namespace)
    pods.create("one", main="x\n")
    no_address = [{"op": "replace", "path": "/status/addresses", "value": []}]
    if cluster.get("Node", node)["status"].get("addresses"):
        cluster.patch_json(ObjectRef("v1", "Node", node), no_address, subresource="status")
    answer = log(wire, pods, "one")
    assert answer.body == status(500, None, "no preferred addresses found; known addresses: []")


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (("--tail=1",), "second\n"),
        (("--previous", "--tail=1"), "before\n"),
        (("--since=1h", "--tail=2"), "first\nsecond\n"),
        (("--follow", "--tail=1", "--pod-running-timeout=5s", "--limit-bytes=3"), "sec"),
        (("--all-containers", "--prefix", "--tail=1"), "[pod/one/main] second\n"),
    ],
)
def test_kubectl_prints_logs(engine: Engine, pods: LoggingPods, options: tuple[str, ...], printed: str) -> None:
    pods.create("one", previous="before\n", main="first\nsecond\n")
    pods.write_status("one", 0, restartCount=1, lastState=CRASHED["lastState"])
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []
    assert kubectl(login.kubeconfig, *context, "-n", pods.namespace, "logs", "one", *options) == printed
