"""A connection and pools of processes: forked workers that share one, and workers that open their own."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

WORKERS, OBJECTS = 8, 16
CALLS = int(os.environ.get("TENANTKIT_TEST_CALLS", "100"))  # of each worker; 1,000 take a minute on two cores

_shared: list[Cluster] = []


def _open(kubeconfig: Path, context: str | None) -> None:
    """In a spawned worker: a connection of its own."""
    _shared[:] = [connect(kubeconfig=kubeconfig, context=context)]


def _wrong_answers(place: tuple[str, int]) -> int:
    """How many of a worker's calls are answered with another object than the one that it asked for."""
    [cluster] = _shared
    namespace, first = place
    names = [f"c{(first + number) % OBJECTS}" for number in range(CALLS)]
    return sum(cluster.get("ConfigMap", name, namespace)["data"] != {"name": name} for name in names)


@pytest.fixture
def numbered(cluster: Cluster, namespace: str) -> str:
    """A namespace with ConfigMaps that hold their own names."""
    for number in range(OBJECTS):
        metadata = {"name": f"c{number}", "namespace": namespace}
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"name": f"c{number}"}})
    return namespace


def test_forked_workers_that_share_a_connection_get_their_own_answers(cluster: Cluster, numbered: str) -> None:
    _shared[:] = [cluster]
    stop = threading.Event()

    def read_on() -> None:
        while not stop.is_set():
            cluster.get("ConfigMap", "c0", numbered)

    readers = [threading.Thread(target=read_on) for _ in range(2)]  # so that locks are held at the fork
    for reader in readers:
        reader.start()
    try:
        with get_context("fork").Pool(WORKERS) as pool:
            stop.set()
            assert pool.map(_wrong_answers, [(numbered, worker) for worker in range(WORKERS)], chunksize=1) == (
                [0] * WORKERS
            )
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert _wrong_answers((numbered, 0)) == 0


def test_spawned_workers_open_their_own_connections(engine: Engine, numbered: str) -> None:
    login = engine.login("admin")
    initial = (login.kubeconfig, login.context)
    with get_context("spawn").Pool(WORKERS, _open, initial) as pool:
        assert pool.map(_wrong_answers, [(numbered, worker) for worker in range(WORKERS)], chunksize=1) == [0] * WORKERS


def test_a_connection_says_why_it_cannot_be_sent_to_another_process(cluster: Cluster) -> None:
    with pytest.raises(TypeError, match=r"call tk\.connect\(\) in each process"):
        pickle.dumps(cluster)


def in_child(act: Callable[[], object]) -> int:
    """The exit code of a forked child that does something and then exits as a program does."""
    child = os.fork()
    if child == 0:
        try:
            act()
            sys.exit(0)
        except SystemExit:
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_watch_goes_on_after_a_child_has_used_its_copy_of_it(cluster: Cluster, numbered: str) -> None:
    events = cluster.watch("ConfigMap", namespace=numbered, name="c1", timeout_s=60)
    next(events)

    def use() -> None:
        cluster.get("ConfigMap", "c2", numbered)
        events.close()  # type: ignore[attr-defined]
        cluster.close()

    assert in_child(use) == 0
    metadata = {"name": "c1", "namespace": numbered}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"more": "1"}})
    assert next(events).manifest["data"] == {"name": "c1", "more": "1"}


def test_a_childs_exit_leaves_the_sandbox_of_its_parent_as_it_is() -> None:
    with Sandbox() as box, connect(kubeconfig=box.kubeconfig) as cluster:
        assert in_child(box.close) == 0
        assert box.kubeconfig.exists()
        assert cluster.get("Namespace", "default")
        with connect(kubeconfig=box.kubeconfig) as other:
            assert other.is_sandbox
    assert not box.kubeconfig.exists()
