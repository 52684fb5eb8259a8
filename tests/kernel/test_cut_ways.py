"""A way that is cut while 5,000 pods change: it is said, and then the whole picture is right again, on both engines."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.rules.manifest import ref_of
from tests.forms.relay import Relay
from tests.kernel.conftest import PODS
from tests.kernel.crowd import change, pod
from tests.kernel.test_live_views import A_SECOND, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.forms.live.model import Row
    from tenantkit.forms.live.view import LiveView
    from tests.kernel.conftest import Crowded

CUT_S = 10.0
NEW = 10  # made while nobody looks, and as many deleted


def pods(view: LiveView) -> list[Row]:
    with view.feed.lock:
        return list(view.feed.model.rows(kind="Pod"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cut", [Relay.cut, Relay.swallow])
def test_what_changed_while_the_way_was_cut_is_shown_right(cut: Callable[[Relay], None], crowded: Crowded) -> None:
    kubeconfig, stop = Path(crowded.kubeconfig), threading.Event()
    with (
        connect(kubeconfig=kubeconfig, context=crowded.context) as direct,
        Relay(urlsplit(direct.server).port or 0) as relay,
        relay.connect(kubeconfig, crowded.context) as relayed,
        ThreadPoolExecutor(1) as pool,
    ):
        view = tk.Explorer(relayed)
        eventually(lambda: len(pods(view)) == PODS and view.state == "live", lambda: (len(pods(view)), view.state))

        mended_at = time.monotonic() + CUT_S
        cut(relay)
        changing = pool.submit(change, direct, PODS, A_SECOND, stop)
        eventually(lambda: view.state.startswith("reconnecting since"), lambda: view.state)
        assert time.monotonic() < mended_at
        for number in range(NEW):
            direct.create(pod(PODS + number))
            direct.delete(ref_of(pod(PODS + number - NEW)))
        time.sleep(mended_at - time.monotonic())  # as long as it is to be cut
        stop.set()
        relay.mend()
        changing.result()

        eventually(lambda: view.state == "live", lambda: view.state)
        fresh = tk.Explorer(direct)
        eventually(lambda: len(pods(fresh)) == PODS and fresh.state == "live", lambda: (len(pods(fresh)), fresh.state))
        eventually(lambda: pods(view) == pods(fresh), lambda: set(pods(view)) ^ set(pods(fresh)))
        view.close()
        fresh.close()
        for number in range(NEW):
            direct.delete(ref_of(pod(PODS + number)))
            direct.create(pod(PODS + number - NEW))
