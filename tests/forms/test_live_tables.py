"""The worst comes first, headings sort, words are searched, and rows lead down and back up."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.forms.live.grid import Column, Grid, Row, TableContent
from tenantkit.forms.live.states import tone_of
from tests.forms.live_pages import LivePage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.spec.tenant import Tenant


@pytest.fixture
def explorer(admin: Cluster, vision: Tenant) -> Iterator[tk.Explorer]:
    view = tk.Explorer(admin, namespaces=[vision.name])
    yield view
    view.close()


@pytest.fixture
def dashboard(admin: Cluster, vision: Tenant) -> Iterator[tk.QuotaDashboard]:
    view = tk.QuotaDashboard(admin, namespaces=[vision.name])
    LivePage(view).wait(lambda text: text.startswith("live") and "requests.cpu" in text)
    yield view
    view.close()


def fill(view: LiveView, *objects: tuple[str, dict[str, Any]]) -> None:
    """Let a view show objects that no server has."""
    LivePage(view).wait(lambda text: text.startswith("live"))
    with view.feed.lock:
        for kind, manifest in objects:
            view.feed.model.update("ADDED", manifest, kind)
    view._draw()


def pod(name: str, namespace: str, phase: str, created: str = "2027-01-01T00:00:00Z") -> tuple[str, dict[str, Any]]:
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created}
    return "Pod", {"metadata": metadata, "status": {"phase": phase}}


def event(name: str, namespace: str, about: str, seen: str) -> tuple[str, dict[str, Any]]:
    kind, _, subject = about.partition("/")
    involved = {"kind": kind, "name": subject, "namespace": namespace}
    body = {"type": "Warning", "reason": "Tested", "message": "m", "involvedObject": involved, "lastTimestamp": seen}
    return "Event", {"metadata": {"name": name, "namespace": namespace}, **body}


def act(view: LiveView, action: str, on: str = "") -> None:
    """Send what a page sends."""
    view.table._handle_custom_msg({"action": action, "on": on}, [])


def shown(view: LiveView, column: str = "name") -> list[str]:
    """The cells of a column."""
    at = [name for name, *_ in view.table.columns].index(column)
    return [cells[at] for _, cells, *_ in view.table.rows]


def row(view: LiveView, text: str) -> list[Any]:
    return next(it for it in view.table.rows if text in it[1])


@pytest.mark.parametrize(
    ("tone", "states"),
    [
        (
            "error",
            ["CrashLoopBackOff", "Init:CrashLoopBackOff", "ExitCode:3", "BackendError", "DeadlineExceeded", "full"],
        ),
        ("warning", ["Pending", "Init:0/2", "PodInitializing", "near", "Terminating"]),
        ("other", ["SomethingNew", "Resumed"]),
        ("ok", ["Running", "Ready", "ok"]),
        ("done", ["Completed", "Complete", "Normal", "none"]),
    ],
)
def test_a_state_is_judged_by_its_word(tone: str, states: list[str]) -> None:
    assert {tone_of(state) for state in states} == {tone}


def test_the_worst_objects_come_first_and_the_latest_events_last(explorer: tk.Explorer, vision: Tenant) -> None:
    it = vision.name
    fill(
        explorer,
        *(pod("a-runs", it, "Running"), pod("b-waits", it, "Pending"), pod("c-failed", it, "Failed")),
        *(event("old", it, "Pod/e-old", "2027-01-01T00:00:00Z"), event("new", it, "Pod/f-new", "2027-01-02T00:00:00Z")),
    )

    names = [name for name in shown(explorer) if name[1:2] == "-"]

    assert names == ["c-failed", "b-waits", "a-runs", "f-new", "e-old"]


def test_a_heading_sorts_one_way_then_the_other_then_not(explorer: tk.Explorer, vision: Tenant) -> None:
    fill(
        explorer,
        *(pod(name, vision.name, phase) for name, phase in [("a", "Failed"), ("b", "Pending"), ("c", "Failed")]),
    )
    explorer.filters["kind"].value = "Pod"
    orders = [shown(explorer)]
    for _ in range(3):
        act(explorer, "sort", "name")
        orders.append(shown(explorer))

    assert orders == [["a", "c", "b"], ["a", "b", "c"], ["c", "b", "a"], ["a", "c", "b"]]


def test_the_age_is_sorted_with_the_youngest_first(explorer: tk.Explorer, vision: Tenant) -> None:
    times = {"a": "2027-01-02T00:00:00Z", "b": "2027-01-03T00:00:00Z", "c": "2027-01-01T00:00:00Z"}
    fill(explorer, *(pod(name, vision.name, "Running", time) for name, time in times.items()))
    explorer.filters["kind"].value = "Pod"

    act(explorer, "sort", "age")

    assert shown(explorer) == ["b", "a", "c"]
    assert (explorer.table.sort_column, explorer.table.is_descending) == ("age", True)


def test_all_words_of_a_search_must_be_in_the_row(explorer: tk.Explorer, vision: Tenant) -> None:
    fill(explorer, *(pod(name, vision.name, "Pending") for name in ("web-1", "web-2", "train")))
    explorer.filters["kind"].value = "Pod"

    explorer.search.value = "-2 WEB pending"

    assert shown(explorer) == ["web-2"]
    assert explorer.table.caption == "1 object"


def test_states_are_counted_before_they_are_filtered_and_their_counts_filter(
    explorer: tk.Explorer, vision: Tenant
) -> None:
    fill(
        explorer,
        *(pod(name, vision.name, phase) for name, phase in [("a", "Failed"), ("b", "Pending"), ("c", "Failed")]),
    )
    explorer.filters["kind"].value = "Pod"
    counts = [["Failed", "error", 2], ["Pending", "warning", 1]]

    act(explorer, "state", "Pending")
    assert (shown(explorer), explorer.table.counts, explorer.table.state) == (["b"], counts, "Pending")
    act(explorer, "state", "Pending")

    assert (shown(explorer), explorer.table.counts, explorer.table.state) == (["a", "c", "b"], counts, "")


def test_a_row_leads_down_to_its_pod_and_the_path_leads_back_up(explorer: tk.Explorer, vision: Tenant) -> None:
    kind, manifest = pod("train-x", vision.name, "Pending")
    manifest["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "train", "controller": True}]
    fill(explorer, (kind, manifest), event("e", vision.name, "Pod/train-x", "2027-01-01T00:00:00Z"))

    act(explorer, "open", row(explorer, "Warning")[0])
    selected = {name: box.value for name, box in explorer.filters.items() if box.value != "all"}
    path = explorer.table.path
    act(explorer, "up", "1")

    assert selected == {"tenant": vision.name, "workload": "Job/train", "pod": "Pod/train-x"}
    assert path == ["All tenants", vision.name, "Job/train", "Pod/train-x"]
    assert explorer.table.path == ["All tenants", vision.name]


def test_only_what_does_not_run_has_a_button_why(explorer: tk.Explorer, vision: Tenant) -> None:
    fill(explorer, pod("a", vision.name, "Failed"), pod("b", vision.name, "Running"))
    explorer.filters["kind"].value = "Pod"

    assert [actions for _, _, actions, _ in explorer.table.rows] == [["why"], []]


def test_why_beside_a_row_explains_that_row(explorer: tk.Explorer, admin: Cluster, vision: Tenant) -> None:
    page = LivePage(explorer)
    container = {"name": "main", "image": "x", "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}}
    metadata = {"name": "stuck", "namespace": vision.name}
    admin.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    page.wait(lambda text: "stuck" in text)

    act(explorer, "why", f"Pod/{vision.name}/stuck")

    page.wait(lambda text: f"Problems found for Pod/stuck in {vision.name} at 20" in text)


@pytest.mark.parametrize(
    "message", [None, 3, {"action": "open", "on": "Pod/none/none"}, {"action": "delete", "on": {}}]
)
def test_a_message_that_fits_nothing_changes_nothing(explorer: tk.Explorer, vision: Tenant, message: Any) -> None:
    fill(explorer, pod("a", vision.name, "Running"))
    before = explorer.table.texts

    explorer.table._handle_custom_msg(message, [])

    assert explorer.table.texts == before
    assert explorer.panel.html == ""


def test_more_rows_are_shown_on_request(explorer: tk.Explorer, vision: Tenant) -> None:
    fill(explorer, *(pod(f"p-{number:03}", vision.name, "Running") for number in range(130)))
    explorer.filters["kind"].value = "Pod"
    assert (len(shown(explorer)), explorer.table.caption) == (100, "the first 100 of 130 objects")

    act(explorer, "more")

    assert (len(shown(explorer)), explorer.table.has_more) == (130, False)


@pytest.mark.parametrize("view_class", [tk.QuotaDashboard, tk.Explorer])
def test_a_view_that_was_stopped_starts_again(
    view_class: Callable[..., LiveView], admin: Cluster, vision: Tenant
) -> None:
    view = view_class(admin, namespaces=[vision.name])
    page = LivePage(view)
    page.wait(lambda text: text.startswith("live") and view.start_button.layout.display == "none")
    view.stop_button.click()
    stopped = (view.table.is_running, view.table.is_stale, view.stop_button.disabled, view.start_button.disabled)

    view.start_button.click()

    page.wait(lambda text: text.startswith("live"))
    assert stopped == (False, True, True, False)
    assert (view.table.is_running, view.table.is_stale, view.start_button.disabled) == (True, False, True)
    view.close()


def test_the_dashboard_filters_by_resource(dashboard: tk.QuotaDashboard) -> None:
    assert "requests.cpu" in dashboard.filters["resource"].options

    dashboard.filters["resource"].value = "requests.cpu"

    assert set(shown(dashboard, "resource")) == {"requests.cpu"}


def test_the_dashboard_filters_by_gpus_of_any_vendor(admin: Cluster, vision: Tenant) -> None:
    hard = {"requests.nvidia.com/gpu": "1", "requests.amd.com/gpu": "2", "requests.cpu": "3"}
    metadata = {"name": "gpus", "namespace": vision.name}
    admin.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    with closing(tk.QuotaDashboard(admin, namespaces=[vision.name])) as view:
        page = LivePage(view)
        page.wait(lambda text: text.startswith("live") and "amd.com/gpu" in text)
        # the thread of the view sets the choices, and the widget takes a value only once it has them all
        page.wait(lambda _: "GPUs" in view.filters["resource"]._options_values)

        view.filters["resource"].value = "GPUs"

        assert sorted(set(shown(view, "resource"))) == ["requests.amd.com/gpu", "requests.nvidia.com/gpu"]


def test_a_row_of_the_dashboard_leads_to_its_tenant_and_then_to_who_holds_it(
    dashboard: tk.QuotaDashboard, vision: Tenant
) -> None:
    key = row(dashboard, "requests.cpu")[0]

    act(dashboard, "open", key)
    assert dashboard.filters["tenant"].value == vision.name
    act(dashboard, "open", key)

    LivePage(dashboard).wait(lambda text: f"Nothing in {vision.name} holds requests.cpu at 20" in text)


def test_the_share_is_sorted_with_the_fullest_first(dashboard: tk.QuotaDashboard) -> None:
    act(dashboard, "sort", "share")

    shares = [float(share) for share in shown(dashboard, "share") if share]
    assert shares == sorted(shares, reverse=True)


def test_a_table_without_columns_has_no_text() -> None:
    grid = Grid()
    grid.show(TableContent((Column("name"),), (Row("k", ("a",), "ok"),), "1 object", {"Running": 1}))
    assert grid.texts == ["1 object", "name", "a"]

    grid.clear()

    assert grid.texts == []
    grid.close()
