"""Live views show changes, report what they cannot read, and leave no thread behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import tenantkit as tk
from tenantkit.forms.live import per_cell
from tenantkit.forms.live.explorer import KINDS
from tenantkit.forms.live.feed import THREAD_NAME
from tenantkit.forms.live.model import Model
from tenantkit.rules.manifest import ref_of
from tests.eventually import eventually
from tests.forms.live_pages import LivePage, running_after_stop, watch_threads
from tests.forms.pages import text
from tests.forms.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.sandbox.server import Sandbox
    from tenantkit.spec.tenant import Tenant

RETRIES = 3  # of the view while it has no connection
HOSTILE = "<script>alert(1)</script>=1+1 \x1b[31m \u202e🦊"


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


def test_the_dashboard_shows_a_tenants_quota_and_its_changes(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.QuotaDashboard(admin)
    views.append(view)
    page = LivePage(view)
    page.wait(lambda text: vision.name in text and text.startswith("live"))
    view.filters["tenant"].value = vision.name

    admin.create(pod("p", vision.name))

    page.wait(lambda text: "1 of" in text and "0.1 of" in text)


def test_the_dashboard_says_what_is_frozen_or_ends(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.QuotaDashboard(admin)
    views.append(view)
    page = LivePage(view)
    page.wait(lambda text: vision.name in text and text.startswith("live"))

    tk.freeze(admin, vision.name, progress=False)
    page.wait(lambda text: f"{vision.name}: it is frozen: what runs goes on, but no new pods start" in text)
    tk.thaw(admin, vision.name, progress=False)

    page.wait(lambda text: "it is frozen" not in text)


def test_the_explorer_filters_by_kind_tenant_and_state(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    page = LivePage(view)
    admin.create(pod("new", vision.name))
    page.wait(lambda text: text.startswith("live") and vision.name in text and "new" in text)

    view.filters["tenant"].value = vision.name
    view.filters["kind"].value = "Pod"
    assert "1 object\n" in page.text
    view.filters["kind"].value = "Job"

    assert "0 objects" in page.text


def test_why_explains_the_selected_tenant(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    page = LivePage(view)
    view.why_button.click()
    assert "Select a tenant first" in page.text
    page.wait(lambda _: vision.name in view.filters["tenant"].options)

    view.filters["tenant"].value = vision.name
    view.why_button.click()
    page.wait(lambda text: f"No problems found for all workloads in {vision.name} at 20" in text)

    admin.create(pod("stuck", vision.name))
    page.wait(lambda text: "stuck" in text)
    view.why_button.click()

    page.wait(lambda text: f"Problems found for all workloads in {vision.name} at 20" in text)

    assert "UTC: 1 cause" in page.text


def deployment(name: str, namespace: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod(name, namespace)["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_the_filters_lead_from_a_tenant_to_a_workload_a_pod_its_events_and_its_problems(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    page = LivePage(view)
    admin.create(deployment("web", vision.name))
    admin.create(pod("alone", vision.name))
    page.wait(lambda text: "alone" in text and vision.name in view.filters["tenant"].options)
    assert view.filters["workload"].options == ("all",)

    view.filters["tenant"].value = vision.name
    page.wait(lambda _: {"Deployment/web", "Pod/alone"} <= {*view.filters["workload"].options})
    view.filters["workload"].value = "Deployment/web"
    page.wait(lambda text: "ReplicaSet" in text and "alone" not in text and len(view.filters["pod"].options) > 1)
    [label] = [option for option in view.filters["pod"].options if option != "all"]
    assert label.startswith("Pod/web-")

    view.filters["pod"].value = label
    page.wait(lambda text: "FailedScheduling" in text and "ScalingReplicaSet" not in text)
    view.why_button.click()
    shown = page.wait(lambda text: f"Problems found for {label} in {vision.name}" in text)

    assert "no node" in shown


def test_another_tenant_resets_the_selected_workload(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    page = LivePage(view)
    admin.create(deployment("web", vision.name))
    page.wait(lambda text: "web" in text and vision.name in view.filters["tenant"].options)
    view.filters["tenant"].value = vision.name
    page.wait(lambda _: "Deployment/web" in view.filters["workload"].options)
    view.filters["workload"].value = "Deployment/web"

    view.filters["tenant"].value = "all"

    assert (view.filters["workload"].value, view.filters["workload"].options) == ("all", ("all",))


def test_a_selected_workload_that_is_deleted_is_reported(admin: Cluster, vision: Tenant, views: list[LiveView]) -> None:
    view = tk.Explorer(admin, namespaces=[vision.name])
    views.append(view)
    page = LivePage(view)
    created = admin.create(pod("short", vision.name))
    page.wait(lambda _: "Pod/short" in view.filters["workload"].options)
    view.filters["workload"].value = "Pod/short"

    admin.delete(ref_of(created))

    page.wait(lambda text: "Pod/short no longer exists" in text)
    assert view.filters["workload"].value == "Pod/short"


def test_owners_in_a_circle_have_a_root() -> None:
    model = Model()
    for name, other in (("a", "b"), ("b", "a")):
        owners = [{"kind": "Job", "name": other, "controller": True}]
        model.update("ADDED", {"metadata": {"name": name, "namespace": "n", "ownerReferences": owners}}, "Job")

    assert {model.root(row) for row in model.rows()} <= {"Job/a", "Job/b"}


def test_a_kind_that_cannot_be_read_is_reported_and_not_shown_as_zero(
    connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("stranger") as stranger:
        view = tk.QuotaDashboard(stranger)
        views.append(view)
        shown = LivePage(view).wait(lambda text: "Not readable\nNamespace, ResourceQuota: " in text)
        view.close()

    assert vision.name not in shown
    assert "0 entries" not in shown


@pytest.mark.parametrize(
    ("view_class", "kinds"),
    [(tk.QuotaDashboard, ["Namespace", "ResourceQuota"]), (tk.Explorer, sorted(["Namespace", *KINDS]))],
)
def test_a_namespace_that_cannot_be_read_is_reported_once_and_not_as_an_empty_table(
    view_class: Callable[..., LiveView], kinds: list[str], connect_as: Callable[[str], Cluster], views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        views.append(view_class(owner, namespaces=["default"]))
        shown = LivePage(views[0]).wait(lambda text: f"{', '.join(kinds)} in default: " in text)
        views[0].close()

    assert shown.count("Not readable") == 1
    assert "0 entries" not in shown
    assert "0 objects" not in shown


def test_a_user_of_one_namespace_watches_that_namespace(
    connect_as: Callable[[str], Cluster], admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        views += [tk.QuotaDashboard(owner, namespaces=[vision.name]), tk.Explorer(owner, namespaces=[vision.name])]
        dashboard, explorer = (LivePage(view) for view in views)
        dashboard.wait(lambda text: text.startswith("live") and "requests.cpu" in text)
        explorer.wait(lambda text: text.startswith("live"))

        admin.create(pod("new", vision.name))

        explorer.wait(lambda text: "new" in text and vision.name in text)
        dashboard.wait(lambda text: "0.1 of" in text)
        assert "Not readable" not in dashboard.text + explorer.text
        assert {*views[1].filters["tenant"].options} == {"all", vision.name}
        for view in views:
            view.close()


def test_a_user_without_cluster_access_watches_the_connections_own_namespace_and_sees_a_note(
    connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        owner.namespace = vision.name
        views.append(tk.QuotaDashboard(owner))
        shown = LivePage(views[0]).wait(lambda text: text.startswith("live") and "requests.cpu" in text)
        views[0].close()

    assert f"You may watch Namespace, ResourceQuota only in namespace {vision.name}." in shown


def test_a_member_watches_all_their_tenants_without_naming_them(
    connect_as: Callable[[str], Cluster],
    admin: Cluster,
    vision: Tenant,
    names: Callable[[], str],
    views: list[LiveView],
) -> None:
    mine, others = (vision.with_(name=names(), owners=[owner]) for owner in ("owner@example.com", "eve@example.com"))
    tk.apply(admin, tk.plan(admin, [mine, others]), progress=False)

    with connect_as("owner") as owner:
        views.append(tk.Explorer(owner))
        page = LivePage(views[0])
        page.wait(lambda _: {vision.name, mine.name} <= {*views[0].filters["tenant"].options})
        admin.create(pod("new", mine.name))
        page.wait(lambda text: text.startswith("live") and "new" in text)
        views[0].close()

    assert others.name not in views[0].filters["tenant"].options
    assert running_after_stop() == []


def test_stop_ends_every_thread_and_the_view_says_stopped(admin: Cluster, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)
    LivePage(view).wait(lambda text: text.startswith("live"))

    view.stop_button.click()

    assert running_after_stop() == []
    assert text(view.status.value).startswith("stopped\nStopped\nThe table shows the state at 20")


def test_twenty_runs_of_a_cell_leave_one_view(
    admin: Cluster, monkeypatch: pytest.MonkeyPatch, views: list[LiveView]
) -> None:
    counts = []
    for run in range(20):
        monkeypatch.setattr(per_cell, "_current_cell", lambda run=run: ("cell", run))
        views.append(tk.QuotaDashboard(admin))
        LivePage(views[-1]).wait(lambda text: text.startswith("live"))
        counts.append(sum(it.name == THREAD_NAME for it in watch_threads()))

    assert counts == [3] * 20  # two kinds, and the one that draws
    views[-1].close()
    assert running_after_stop() == []


@pytest.mark.parametrize("cut", [Relay.cut, Relay.drop])
def test_a_lost_connection_is_reported_and_the_view_is_right_again_once_it_is_restored(
    cut: Callable[[Relay], None], sandbox: Sandbox, admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    for name in ("unchanged", "changed", "deleted"):
        admin.create(pod(name, vision.name))
    with (
        Relay(urlsplit(admin.server).port or 0) as relay,
        relay.connect(sandbox.kubeconfig, "sandbox-admin") as cluster,
    ):
        view = tk.Explorer(cluster, namespaces=[vision.name])
        views.append(view)
        view.filters["kind"].value = "Pod"
        page = LivePage(view)
        page.wait(lambda text: text.startswith("live") and "deleted" in text)

        cut(relay)
        page.wait(lambda text: text.startswith("reconnecting since"))
        admin.create(pod("created", vision.name))
        admin.delete(ref_of(pod("deleted", vision.name)))
        failed = [{"op": "replace", "path": "/status/phase", "value": "Failed"}]
        admin.patch_json(ref_of(pod("changed", vision.name)), failed, subresource="status")
        # a dead watch that nobody has noticed would be dead until the server's timeout
        eventually(lambda: len(view.feed._disconnected) == len(KINDS) and relay.attempts >= RETRIES)
        assert "created" not in page.text
        relay.restore()

        page.wait(lambda text: text.startswith("live") and "created" in text and "deleted" not in text)
        fresh = tk.Explorer(admin, namespaces=[vision.name])
        views.append(fresh)
        fresh.filters["kind"].value = "Pod"
        LivePage(fresh).wait(lambda text: text.startswith("live") and text == page.text)
        view.close()


def test_a_row_holds_only_the_start_of_a_long_message() -> None:
    model = Model()
    metadata = {"name": "e", "namespace": "n", "annotations": {"big": "x" * 1_000_000}}
    model.update("ADDED", {"metadata": metadata, "type": "Warning", "message": HOSTILE * 1000}, "Event")

    [row] = model.rows()

    assert 250 < len(row.detail) <= 500
