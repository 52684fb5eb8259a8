"""Live views: they show what changes, say when they can't, and leave nothing running."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import tenantkit as tk
from tenantkit.forms.live import per_cell as cells
from tenantkit.forms.live.explorer import KINDS
from tenantkit.forms.live.feed import THREAD_NAME
from tenantkit.forms.live.model import Model
from tenantkit.rules.manifest import ref_of
from tests.forms.pages import text
from tests.forms.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.sandbox.server import Sandbox
    from tenantkit.spec.tenant import Tenant

WAIT_S = 30
CUT_S = 10
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
    shown.wait(lambda page: f"Nothing is found that keeps anything of {vision.name} from running" in page)

    admin.create(pod("stuck", vision.name))
    shown.wait(lambda page: "stuck" in page)
    view.why_button.click()

    shown.wait(lambda page: f"Why something of {vision.name} does not run: 1 cause" in page)


def deployment(name: str, namespace: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod(name, namespace)["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_the_way_goes_from_a_tenant_to_a_workload_a_pod_its_events_and_the_reason(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    shown = Shown(view)
    admin.create(deployment("web", vision.name))
    admin.create(pod("alone", vision.name))
    shown.wait(lambda page: "alone" in page and vision.name in view.filters["tenant"].options)
    assert view.filters["workload"].options == ("all",)

    view.filters["tenant"].value = vision.name
    shown.wait(lambda _: {"Deployment/web", "Pod/alone"} <= {*view.filters["workload"].options})
    view.filters["workload"].value = "Deployment/web"
    shown.wait(lambda page: "ReplicaSet" in page and "alone" not in page and len(view.filters["pod"].options) > 1)
    [label] = [option for option in view.filters["pod"].options if option != "all"]
    assert label.startswith("Pod/web-")

    view.filters["pod"].value = label
    shown.wait(lambda page: "FailedScheduling" in page and "ScalingReplicaSet" not in page)
    view.why_button.click()
    page = shown.wait(lambda page: f"Why {label} of {vision.name} does not run" in page)

    assert "no node" in page


def test_another_tenant_has_workloads_of_its_own(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    shown = Shown(view)
    admin.create(deployment("web", vision.name))
    shown.wait(lambda page: "web" in page and vision.name in view.filters["tenant"].options)
    view.filters["tenant"].value = vision.name
    shown.wait(lambda _: "Deployment/web" in view.filters["workload"].options)
    view.filters["workload"].value = "Deployment/web"

    view.filters["tenant"].value = "all"

    assert (view.filters["workload"].value, view.filters["workload"].options) == ("all", ("all",))


def test_what_is_chosen_and_goes_is_said_to_be_gone(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin, namespaces=[vision.name])
    views.append(view)
    shown = Shown(view)
    made = admin.create(pod("short", vision.name))
    shown.wait(lambda _: "Pod/short" in view.filters["workload"].options)
    view.filters["workload"].value = "Pod/short"

    admin.delete(ref_of(made))

    shown.wait(lambda page: "Pod/short is there no longer" in page)
    assert view.filters["workload"].value == "Pod/short"


def test_owners_in_a_circle_end_somewhere() -> None:
    model = Model()
    for name, other in (("a", "b"), ("b", "a")):
        owners = [{"kind": "Job", "name": other, "controller": True}]
        model.take("ADDED", {"metadata": {"name": name, "namespace": "n", "ownerReferences": owners}}, "Job")

    assert {model.root(row) for row in model.rows()} <= {"Job/a", "Job/b"}


def test_what_may_not_be_read_is_said_and_is_no_zero(
    connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        view = tk.QuotaDashboard(owner)
        views.append(view)
        page = Shown(view).wait(lambda page: "Not readable\nNamespace, ResourceQuota: " in page)
        view.close()

    assert vision.name not in page
    assert "0 entries" not in page


@pytest.mark.parametrize(
    ("made", "kinds"),
    [(tk.QuotaDashboard, ["Namespace", "ResourceQuota"]), (tk.Explorer, sorted(["Namespace", *KINDS]))],
)
def test_a_namespace_that_may_not_be_read_is_said_once_and_is_no_empty_table(
    made: Callable[..., LiveView], kinds: list[str], connect_as: Callable[[str], Cluster], views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        views.append(made(owner, namespaces=["default"]))
        page = Shown(views[0]).wait(lambda page: f"{', '.join(kinds)} in default: " in page)
        views[0].close()

    assert page.count("Not readable") == 1
    assert "0 entries" not in page
    assert "0 objects" not in page


def test_who_sees_some_namespaces_only_follows_those(
    connect_as: Callable[[str], Cluster], admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        views += [tk.QuotaDashboard(owner, namespaces=[vision.name]), tk.Explorer(owner, namespaces=[vision.name])]
        dashboard, explorer = (Shown(view) for view in views)
        dashboard.wait(lambda page: page.startswith("live") and "requests.cpu" in page)
        explorer.wait(lambda page: page.startswith("live"))

        admin.create(pod("seen", vision.name))

        explorer.wait(lambda page: "seen" in page and vision.name in page)
        dashboard.wait(lambda page: "0.1 of" in page)
        assert "Not readable" not in dashboard.page + explorer.page
        assert {*views[1].filters["tenant"].options} == {"all", vision.name}
        for view in views:
            view.close()


def test_who_may_not_see_the_whole_cluster_gets_the_connections_own_namespace_and_is_told(
    connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        owner.namespace = vision.name
        views.append(tk.QuotaDashboard(owner))
        page = Shown(views[0]).wait(lambda page: page.startswith("live") and "requests.cpu" in page)
        views[0].close()

    assert f"You may watch Namespace, ResourceQuota in namespace {vision.name} only." in page


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


@pytest.mark.parametrize("cut", [Relay.cut, Relay.swallow])
def test_a_way_cut_for_ten_seconds_is_said_and_then_all_is_right_again(
    cut: Callable[[Relay], None], sandbox: Sandbox, admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    for name in ("stays", "changes", "goes"):
        admin.create(pod(name, vision.name))
    with (
        Relay(urlsplit(admin.server).port or 0) as relay,
        relay.connect(sandbox.kubeconfig, "sandbox-admin") as cluster,
    ):
        view = tk.Explorer(cluster, namespaces=[vision.name])
        views.append(view)
        view.filters["kind"].value = "Pod"
        shown = Shown(view)
        shown.wait(lambda page: page.startswith("live") and "goes" in page)

        mended_at = time.monotonic() + CUT_S
        cut(relay)
        shown.wait(lambda page: page.startswith("reconnecting since"))
        assert time.monotonic() < mended_at
        admin.create(pod("comes", vision.name))
        admin.delete(ref_of(pod("goes", vision.name)))
        failed = [{"op": "replace", "path": "/status/phase", "value": "Failed"}]
        admin.patch_json(ref_of(pod("changes", vision.name)), failed, subresource="status")
        time.sleep(mended_at - time.monotonic())  # as long as it is to be cut
        assert "comes" not in shown.page
        relay.mend()

        shown.wait(lambda page: page.startswith("live") and "comes" in page and "goes" not in page)
        fresh = tk.Explorer(admin, namespaces=[vision.name])
        views.append(fresh)
        fresh.filters["kind"].value = "Pod"
        Shown(fresh).wait(lambda page: page.startswith("live") and page == shown.page)
        view.close()


def test_hostile_strings_are_text() -> None:
    model = Model()
    metadata = {"name": "e", "namespace": "n", "annotations": {"big": "x" * 1_000_000}}
    model.take("ADDED", {"metadata": metadata, "type": "Warning", "message": HOSTILE * 1000}, "Event")

    [row] = model.rows()

    assert len(row.detail) == 300
