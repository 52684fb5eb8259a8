"""Live views: they show what changes, say when they can't, and leave nothing running."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest

import tenantkit as tk
from tenantkit.cluster.config import connect
from tenantkit.forms.live import cells
from tenantkit.forms.live.feed import THREAD_NAME
from tenantkit.forms.live.model import Model
from tests.forms.pages import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.sandbox.server import Sandbox
    from tenantkit.spec.tenant import Tenant

WAIT_S = 30
HOSTILE = "<script>alert(1)</script>=1+1 \x1b[31m \u202e🦊"


class Shown:
    """Waits for what a view shows, by its widgets' own events."""

    def __init__(self, view: LiveView) -> None:
        self.view, self.changed = view, threading.Condition()
        for widget in (view.body, view.status, view.panel.widget):
            widget.observe(self._tell, names="value")

    def wait(self, is_so: Callable[[str], bool]) -> str:
        with self.changed:
            assert self.changed.wait_for(lambda: is_so(self.page), WAIT_S), self.page
        return self.page

    @property
    def page(self) -> str:
        return text("\n".join(it.value for it in (self.view.status, self.view.body, self.view.panel.widget)))

    def _tell(self, _change: object) -> None:
        with self.changed:
            self.changed.notify_all()


def watchers() -> list[threading.Thread]:
    return [it for it in threading.enumerate() if it.name in (THREAD_NAME, "tenantkit-watch")]


def left_over() -> list[threading.Thread]:
    """Those that do not end of themselves, once their stop was set."""
    found = watchers()
    for thread in found:
        thread.join(WAIT_S)
    return [thread for thread in found if thread.is_alive()]


@pytest.fixture
def views() -> Iterator[list[LiveView]]:
    opened: list[LiveView] = []
    yield opened
    for view in opened:
        view.close()


def pod(name: str, namespace: str, **metadata: Any) -> dict[str, Any]:
    wants = {"cpu": "100m", "memory": "64Mi"}
    container = {"name": "main", "image": "x", "resources": {"requests": wants, "limits": wants}}
    spec = {"containers": [container]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


def test_the_dashboard_shows_a_tenants_quota_and_what_becomes_of_it(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.QuotaDashboard(admin)
    views.append(view)
    shown = Shown(view)
    shown.wait(lambda page: vision.name in page and page.startswith("live"))
    view.filters["tenant"].value = vision.name

    admin.create(pod("p", vision.name))

    shown.wait(lambda page: "1 of" in page and "0.1 of" in page)


def test_the_explorer_filters_by_kind_tenant_and_state(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    shown = Shown(view)
    admin.create(pod("seen", vision.name))
    shown.wait(lambda page: vision.name in page and "seen" in page)

    view.filters["tenant"].value = vision.name
    view.filters["kind"].value = "Pod"
    assert "1 objects" in shown.page
    view.filters["kind"].value = "Job"

    assert "0 objects" in shown.page


def test_why_is_told_of_the_chosen_tenant(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    shown = Shown(view)
    view.why_button.click()
    assert "Choose a tenant first" in shown.page
    shown.wait(lambda _: vision.name in view.filters["tenant"].options)

    view.filters["tenant"].value = vision.name
    view.why_button.click()

    shown.wait(lambda page: f"Why something of {vision.name} does not run" in page)


def test_what_may_not_be_read_is_said_and_is_no_zero(
    connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        view = tk.QuotaDashboard(owner)
        views.append(view)
        page = Shown(view).wait(lambda page: page.count("Not readable") == 2)
        view.close()

    assert vision.name not in page
    assert "0 entries" not in page


def test_stop_ends_every_thread_and_says_so(admin: Cluster, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    Shown(view).wait(lambda page: page.startswith("live"))

    view.stop_button.click()

    assert left_over() == []
    assert text(view.status.value) == "stopped"


def test_twenty_runs_of_a_cell_leave_no_more_than_one(
    admin: Cluster, monkeypatch: pytest.MonkeyPatch, views: list[LiveView]
) -> None:
    counts = []
    for run in range(20):
        monkeypatch.setattr(cells, "_cell", lambda run=run: ("cell", run))
        views.append(tk.QuotaDashboard(admin))
        Shown(views[-1]).wait(lambda page: page.startswith("live"))
        counts.append(sum(it.name == THREAD_NAME for it in watchers()))

    assert counts == [3] * 20  # two kinds, and one that tells
    views[-1].close()
    assert left_over() == []


def test_a_cut_connection_is_said_and_then_all_is_right_again(
    sandbox: Sandbox, admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    with Relay(urlsplit(admin.server).port or 0) as relay, relay.connect(sandbox) as cluster:
        view = tk.Explorer(cluster)
        views.append(view)
        shown = Shown(view)
        shown.wait(lambda page: page.startswith("live") and vision.name in view.filters["tenant"].options)

        relay.cut()
        shown.wait(lambda page: page.startswith("reconnecting since"))
        admin.create(pod("meanwhile", vision.name))
        relay.mend()

        shown.wait(lambda page: page.startswith("live") and "meanwhile" in page)
        view.close()


def test_hostile_strings_are_text() -> None:
    model = Model()
    metadata = {"name": "e", "namespace": "n", "annotations": {"big": "x" * 1_000_000}}
    model.take("ADDED", {"metadata": metadata, "type": "Warning", "message": HOSTILE * 1000}, "Event")

    [row] = model.rows()

    assert len(row.detail) == 300


class Relay:
    """A TCP way to a port that can be cut: then what is open is closed, and nobody answers."""

    def __init__(self, port: int) -> None:
        self._port, self._is_cut, self._ends = port, False, set[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._ways: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(WAIT_S)
        for way in self._ways:
            way.join(WAIT_S)

    def connect(self, sandbox: Sandbox) -> Cluster:
        here = self._listener.getsockname()[1]
        whole = connect(kubeconfig=sandbox.kubeconfig, context="sandbox-admin")
        with closing(whole):
            config = sandbox.kubeconfig.read_text().replace(f":{self._port}", f":{here}")
        file = sandbox.kubeconfig.with_name("relayed")
        file.write_text(config)
        file.chmod(0o600)
        return connect(kubeconfig=file, context="sandbox-admin")

    def cut(self) -> None:
        self._is_cut = True
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._port))
            self._ends |= {near, far}
            for pair in ((near, far), (far, near)):
                self._ways.append(threading.Thread(target=self._pass_on, args=pair, daemon=True))
                self._ways[-1].start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                far.sendall(data)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        near.close()  # the other way's thread closes the other end
