"""A connection is lost while 5,000 pods change: the view reports it, and is complete afterwards, on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.rules.manifest import ref_of
from tests.eventually import eventually
from tests.forms.relay import Relay
from tests.kernel.conftest import PODS
from tests.kernel.crowd import change, pod
from tests.kernel.test_live_views import PER_SECOND, WATCHES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.forms.live.model import ObjectRow
    from tenantkit.forms.live.view import LiveView
    from tests.kernel.conftest import CrowdedCluster

NOTICED_S = 10  # within which the view must report the lost connection
RETRIES = 10  # of the view, while its connection is lost
NEW = 10  # pods that are created meanwhile; as many are deleted


def pods(view: LiveView) -> list[ObjectRow]:
    with view.feed.lock:
        return list(view.feed.model.rows(kind="Pod"))


def is_complete(view: LiveView) -> bool:
    assert (len(pods(view)), view.state) == (PODS, "live")
    return True


@pytest.mark.timeout(300)
@pytest.mark.parametrize("lose", [Relay.cut, Relay.drop])
def test_changes_during_a_lost_connection_are_shown_after_it(
    lose: Callable[[Relay], None], crowded: CrowdedCluster
) -> None:
    kubeconfig, stop = Path(crowded.kubeconfig), threading.Event()
    with (
        connect(kubeconfig=kubeconfig, context=crowded.context) as direct,
        Relay(urlsplit(direct.server).port or 0) as relay,
        relay.connect(kubeconfig, crowded.context) as relayed,
        ThreadPoolExecutor(1) as pool,
    ):
        view = tk.Explorer(relayed)
        eventually(lambda: is_complete(view))

        lose(relay)
        changing = pool.submit(change, direct, PODS, PER_SECOND, stop)
        eventually(lambda: view.state.startswith("reconnecting since"), timeout_s=NOTICED_S)
        for number in range(NEW):
            direct.create(pod(PODS + number))
            direct.delete(ref_of(pod(PODS + number - NEW)))
        # a dead watch that nobody has noticed would be dead until the server's timeout
        eventually(lambda: len(view.feed._disconnected) == WATCHES and relay.attempts >= RETRIES)
        stop.set()
        relay.restore()
        changing.result()

        eventually(lambda: view.state == "live")
        fresh = tk.Explorer(direct)
        eventually(lambda: is_complete(fresh))
        eventually(lambda: not set(pods(view)) ^ set(pods(fresh)))
        view.close()
        fresh.close()
        for number in range(NEW):
            direct.delete(ref_of(pod(PODS + number)))
            direct.create(pod(PODS + number - NEW))
