"""An apply that is killed at any of its requests, and one that meets another: the end is the same; on both engines."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import PartialApplyError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tests.contract.tenants import fresh_name, live_objects, tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

# Forks a process per line of input, each of which applies one tenant and kills itself before its N-th request: what the
# server has then is what a kill after the request before leaves, too. It imports once and connects in each child.
KILLED = """
import os, signal, sys, threading
import urllib3
from tenantkit.cluster.connection.connect import connect
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.tenants import tenant

kubeconfig, context = sys.argv[1], sys.argv[2] or None
real = urllib3.connectionpool.HTTPConnectionPool.urlopen


def child(name, last):
    lock, sent = threading.Lock(), 0

    def urlopen(*arguments, **options):
        nonlocal sent
        with lock:
            sent += 1
            if sent > last:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)

    urllib3.connectionpool.HTTPConnectionPool.urlopen = urlopen
    cluster = connect(kubeconfig=kubeconfig, context=context)
    apply(cluster, plan(cluster, tenant(name, editors=["eve@example.com"])), progress=False)


for line in sys.stdin:
    name, last = line.split()
    pid = os.fork()
    if pid == 0:
        try:
            child(name, int(last))
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
"""


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


@pytest.mark.timeout(300)
def test_an_apply_killed_at_any_request_and_run_again_has_the_same_result(
    cluster: Cluster, engine: Engine, name: str
) -> None:
    wanted = tenant(name, editors=["eve@example.com"])
    apply(cluster, plan(cluster, wanted), progress=False)
    undisturbed = str(live_objects(cluster, name)).replace(name, "x")
    login = engine.login("admin")
    command = [sys.executable, "-c", KILLED, str(login.kubeconfig), login.context or ""]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killer:
        assert killer.stdin is not None
        assert killer.stdout is not None
        ended, last = "killed", 0
        while ended == "killed":
            with fresh_name(cluster) as other:
                killer.stdin.write(f"{other} {last}\n")
                killer.stdin.flush()
                ended = killer.stdout.readline().strip()
                again = tenant(other, editors=["eve@example.com"])
                apply(cluster, plan(cluster, again), progress=False)

                assert str(live_objects(cluster, other)).replace(other, "x") == undisturbed, f"killed after {last}"
                assert not plan(cluster, again).has_changes
            last += 1
        killer.stdin.close()

    assert ended == "0", "the last one was not killed and applied it all"
    assert last > 20


def test_one_of_two_users_who_create_a_tenant_at_once_gets_an_error_and_the_other_the_tenant(
    cluster: Cluster, name: str
) -> None:
    asked = [tenant(name, viewers=["ada@example.com"]), tenant(name, viewers=["eve@example.com"])]
    planned = [plan(cluster, it) for it in asked]
    start, told = threading.Barrier(2), []

    def person(number: int) -> None:
        start.wait()
        try:
            apply(cluster, planned[number], progress=False)
        except (PartialApplyError, StalePlanError) as error:
            told.append((number, str(error)))

    people = [threading.Thread(target=person, args=(number,)) for number in range(2)]
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()

    assert len(told) == 1
    loser, message = told[0]
    assert "plan again" in message
    assert get_tenant(cluster, name) == asked[1 - loser].with_(editors=[])
    assert not plan(cluster, asked[1 - loser]).has_changes


def test_the_second_of_two_users_who_change_a_tenant_at_once_gets_an_error(cluster: Cluster, name: str) -> None:
    apply(cluster, plan(cluster, tenant(name)), progress=False)
    first, second = tenant(name, viewers=["ada@example.com"]), tenant(name, viewers=["eve@example.com"])
    planned = plan(cluster, second)
    apply(cluster, plan(cluster, first), progress=False)

    with pytest.raises(StalePlanError, match="RoleBinding 'tenantkit-viewer-ada-"):
        apply(cluster, planned, progress=False)

    assert get_tenant(cluster, name) == first.with_(editors=[])


def test_a_cancelled_apply_reports_the_rest_and_continues_when_run_again(cluster: Cluster, name: str) -> None:
    cancelled = threading.Event()

    with pytest.raises(PartialApplyError) as caught:
        apply(
            cluster,
            plan(cluster, tenant(name)),
            progress=False,
            cancelled=cancelled,
            on_progress=lambda outcome: cancelled.set() if outcome.ref.kind == "ResourceQuota" else None,
        )
    report = apply(cluster, plan(cluster, tenant(name)), progress=False)

    assert caught.value.report.summary == "interrupted: 3 applied, 15 not attempted"
    assert report.summary == "15 applied, 2 unchanged"
