"""`logs` and `follow_logs` on servers with nodes: whose logs, how much of them, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied
from tenantkit.rules.manifest import ObjectRef
from tests.contract import tenants
from tests.contract.logs import CRASHED, LoggingPods, serving_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

_SOON_S = 30.0


@pytest.fixture
def pods(cluster: Cluster, engine: Engine, namespace: str, gpu_node: Callable[..., str]) -> Iterator[LoggingPods]:
    """Pods on a node that serves logs."""
    node = gpu_node()
    with serving_logs(cluster, engine, node):
        yield LoggingPods(cluster, namespace)


def label(previous: str = "") -> str:
    source = f"the pod's annotation {previous}log.stand-in.tenantkit.dev/main"
    return f"[stand-in] no container runs in the sandbox: this is {source}"


def test_the_log_of_one_container_is_its_text_below_whose_it_is(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="first\n\nthird\n")
    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace])

    assert found.text == f"{label()}\nfirst\n\nthird"
    assert str(found) == repr(found) == f"# Pod/one in {pods.namespace}, container main\n{found.text}"
    assert found.frame["line"].tolist() == [label(), "first", "", "third"]
    assert found.frame[["namespace", "pod", "container"]].iloc[-1].tolist() == [pods.namespace, "one", "main"]
    assert found.frame["time"].notna().all()
    assert found.frame.attrs == {"scope": (pods.namespace,), "incomplete": {}}


def test_a_crash_is_read_by_its_previous_run_and_comes_first(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", containers=("main", "side"), previous="KeyError: 'X'\n", main="new\n", side="fine\n")
    pods.write_status("one", 0, **CRASHED)
    where = [pods.namespace]

    assert tk.logs(cluster, "Pod/one", namespaces=where, previous=True, tail=1).text == "KeyError: 'X'"
    both = tk.logs(cluster, "Pod/one", namespaces=where, tail=1)
    title = f"# Pod/one in {pods.namespace}, container"
    assert both.text == f"{title} main\nKeyError: 'X'\n{title} side\nfine"


def test_a_container_without_a_previous_run_says_so(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="x\n")
    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace], previous=True)
    assert (found.text, str(found)) == ("", "(no container of Pod/one has run before: leave out previous=True)")


def test_a_container_that_waits_to_start_says_why_in_the_kubelet_s_words(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="x\n")
    pods.write_status("one", 0, ready=False, started=False, state={"waiting": {"reason": "ContainerCreating"}})
    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace])
    why = 'container "main" in pod "one" is waiting to start: ContainerCreating'
    said = f"(no log: could not read the log of Pod 'one' in '{pods.namespace}': {why})"
    assert str(found) == f"# Pod/one in {pods.namespace}, container main\n{said}"


@pytest.mark.parametrize("previous", [False, True])
def test_a_container_that_never_started_says_so_and_where_to_read_why(
    cluster: Cluster, pods: LoggingPods, *, previous: bool
) -> None:
    pods.create("one", main="x\n")
    waiting = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}}
    pods.write_status("one", 0, ready=False, started=False, state=waiting)

    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace], previous=previous)

    next_step = f'tk.why(cluster, namespaces=["{pods.namespace}"], workload="Pod/one") says why'
    said = f"no log: the container never started (CreateContainerConfigError); {next_step}"
    run = ", previous run" if previous else ""
    assert str(found) == f"# Pod/one in {pods.namespace}, container main{run}\n({said})"


def test_colours_and_control_characters_are_left_out_and_markup_is_escaped(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="\x1b[31mred\x1b[0m \x1b]0;title\x07<b>\u202e\n 10%\r100%\n")
    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace], tail=2)
    assert found.text == "red <b>\n100%"
    assert "red &lt;b&gt;\n100%</pre>" in found._repr_html_()


def test_bytes_and_pods_are_bounded_and_it_says_so(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="x" * 200 + "\n")
    found = tk.logs(cluster, "Pod/one", namespaces=[pods.namespace], tail=1, limit_bytes=40)
    assert (len(found.text), str(found).splitlines()[-1]) == (9, "(cut after 40 bytes: read fewer lines)")


def test_a_workload_without_pods_has_no_log_and_one_that_does_not_exist_is_an_error(
    cluster: Cluster, namespace: str
) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "main", "image": "i"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    metadata = {"name": "idle", "namespace": namespace}
    cluster.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})

    found = tk.logs(cluster, "Deployment/idle", namespaces=[namespace])
    call = f'tk.why(cluster, namespaces=["{namespace}"], workload="Deployment/idle")'
    assert str(found) == f"(Deployment/idle has no pods, so it has no logs; {call} says why)"
    with pytest.raises(NotFound, match="there is no workload 'Deployment/none' that has pods"):
        tk.logs(cluster, "Deployment/none", namespaces=[namespace])


def test_a_container_that_no_pod_has_is_refused_with_those_that_it_has(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", containers=("main", "side"), main="x\n", side="y\n")
    with pytest.raises(InvalidSpecError, match="container='none': use one of 'main', 'side'"):
        tk.logs(cluster, "Pod/one", namespaces=[pods.namespace], container="none")


def test_a_viewer_reads_logs_and_a_stranger_is_refused(
    cluster: Cluster, engine: Engine, gpu_node: Callable[..., str], connect_as: Callable[[str], Cluster]
) -> None:
    node = gpu_node()
    with tenants.fresh_name(cluster) as name, serving_logs(cluster, engine, node):
        spec = tenants.tenant(name, routes=[], viewers=["viewer@example.com"])
        tk.apply(cluster, tk.plan(cluster, [spec]), progress=False)
        LoggingPods(cluster, name).create("one", main="seen\n")

        assert tk.logs(connect_as("viewer"), "Pod/one", namespaces=[name], tail=1).text == "seen"
        with pytest.raises(PermissionDenied, match="may not list Pod"):
            tk.logs(connect_as("stranger"), "Pod/one", namespaces=[name])


def test_a_followed_log_gives_lines_as_they_are_written_until_stopped(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="first\n")
    with tk.follow_logs(cluster, "Pod/one", namespaces=[pods.namespace], tail=1, timeout_s=_SOON_S) as stream:
        seen = [next(stream).text]
        pods.write("one", "main", "first\nsecond\nthird\n")
        seen += [next(stream).text, next(stream).text]
        stream.stop()
        rest = list(stream)

    assert (seen, rest) == (["first", "second", "third"], [])


def test_a_followed_log_ends_with_its_pod(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="only\n")
    stream = tk.follow_logs(cluster, "Pod/one", namespaces=[pods.namespace], tail=1, timeout_s=_SOON_S)
    first = next(stream).text
    cluster.delete(ObjectRef("v1", "Pod", "one", pods.namespace))

    assert (first, list(stream)) == ("only", [])


def test_a_followed_log_ends_in_time(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="only\n")
    stream = tk.follow_logs(cluster, "Pod/one", namespaces=[pods.namespace], tail=1, timeout_s=1)
    assert [line.text for line in stream] == ["only"]


def test_a_log_that_cannot_be_followed_is_an_error(cluster: Cluster, pods: LoggingPods) -> None:
    pods.create("one", main="x\n")
    pods.write_status("one", 0, ready=False, started=False, state={"waiting": {"reason": "ContainerCreating"}})
    stream = tk.follow_logs(cluster, "Pod/one", namespaces=[pods.namespace], timeout_s=_SOON_S)
    with pytest.raises(tk.exceptions.BadRequest, match="is waiting to start: ContainerCreating"):
        next(stream)
