"""What a live view says about itself is true: live, deleted, no problems and zero are shown only if they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tenantkit as tk
from tenantkit.cluster.own_namespaces import own_namespaces
from tenantkit.cluster.visible import read_existing_own
from tenantkit.findings.why import WHY
from tenantkit.forms.live.causes import causes_content
from tenantkit.forms.live.explorer import KINDS
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.rules.manifest import ref_of
from tests.eventually import eventually
from tests.forms.gates import WAIT_S, Gate
from tests.forms.live_pages import LivePage
from tests.forms.pages import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.spec.tenant import Tenant
    from tests.forms.faults import FaultyTransport

VIEWS = [tk.QuotaDashboard, tk.Explorer]


@pytest.fixture
def views() -> Iterator[list[LiveView]]:
    opened: list[LiveView] = []
    yield opened
    for view in opened:
        view.close()


def pod(name: str, namespace: str) -> dict[str, Any]:
    container = {"name": "main", "image": "x", "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


@pytest.mark.parametrize("view_class", VIEWS)
def test_a_view_that_may_read_nothing_is_not_called_live(
    view_class: Callable[..., LiveView], connect_as: Callable[[str], Cluster], views: list[LiveView]
) -> None:
    with connect_as("stranger") as stranger:
        views.append(view_class(stranger))
        shown = LivePage(views[0]).wait(lambda text: text.startswith("not readable"))
        views[0].close()

    assert "may not watch" in shown or "cannot" in shown


@pytest.mark.parametrize("view_class", VIEWS)
def test_a_view_that_may_read_some_namespaces_is_called_live_in_part(
    view_class: Callable[..., LiveView], connect_as: Callable[[str], Cluster], vision: Tenant, views: list[LiveView]
) -> None:
    with connect_as("owner") as owner:
        views.append(view_class(owner, namespaces=[vision.name, "default"]))
        shown = LivePage(views[0]).wait(lambda text: text.startswith("live in part"))
        views[0].close()

    assert "in default: " in shown


@pytest.mark.parametrize("view_class", VIEWS)
def test_nothing_is_counted_before_it_was_read(
    view_class: Callable[..., LiveView], cluster: Cluster, faults: FaultyTransport, views: list[LiveView]
) -> None:
    gate = faults.fault = Gate(lambda request: "limit=" in request.path)

    views.append(view_class(cluster))
    assert gate.reached.wait(WAIT_S)
    page = LivePage(views[0])
    before = page.text
    gate.opened.set()
    page.wait(lambda text: text.startswith("live"))

    assert before == "connecting"


def test_a_pod_is_called_deleted_only_if_pods_can_be_read(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.Explorer(admin, namespaces=[vision.name])
    views.append(view)
    page = LivePage(view)
    created = admin.create(pod("alone", vision.name))
    page.wait(lambda text: text.startswith("live") and "Pod/alone" in view.filters["workload"].options)
    view.filters["workload"].value = "Pod/alone"
    with view.feed.lock:  # as after a 403
        view.feed.model.forget("Pod", vision.name)
        view.feed.model.unreadable["Pod", vision.name] = "pods is forbidden"

    view._draw()

    assert "no longer exists" not in page.text
    assert "Whether Pod/alone still exists is not known: Pod objects cannot be read." in page.text
    admin.delete(ref_of(created))


def test_a_workload_of_a_kind_that_is_not_watched_is_not_called_deleted(
    admin: Cluster, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.Explorer(admin, namespaces=[vision.name])
    views.append(view)
    page = LivePage(view)
    owner = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "name": "ray", "uid": "1", "controller": True}
    page.wait(lambda text: text.startswith("live"))
    with view.feed.lock:
        orphan = {"metadata": {"name": "head", "namespace": vision.name, "ownerReferences": [owner]}}
        view.feed.model.update("ADDED", orphan, "Pod")
    view._draw()
    view.filters["workload"].value = "RayCluster/ray"
    with view.feed.lock:
        view.feed.model.update("DELETED", orphan, "Pod")

    view._draw()

    assert "No object of RayCluster/ray exists. RayCluster/ray itself is not watched." in page.text
    assert "no longer exists" not in page.text


def test_the_kinds_of_the_explorer_are_listed_before_it_counts_objects(admin: Cluster, views: list[LiveView]) -> None:
    view = tk.Explorer(admin)
    views.append(view)

    LivePage(view).wait(lambda text: " objects" in text and "so far" not in text)

    assert view.feed.is_listed(("Namespace", *KINDS))


def _causes(*causes: tuple[str, str]) -> Any:
    rows = [
        (None, "vision", "Job/train", "Job/train", blocked, cause, "", "", "", 1, None) for cause, blocked in causes
    ]
    return frame_of_rows(rows, WHY)


def test_what_why_could_not_read_is_not_counted_as_a_problem() -> None:
    shown = "\n".join(text(str(part)) for part in causes_content(_causes(("not readable", "Event")), "vision") if part)

    assert shown.startswith("Not readable\nEvent could not be read, so causes that depend on them are not shown.")
    assert "No problems found for vision at 20" in shown
    assert "1 cause" not in shown


def test_what_why_could_not_read_is_named_beside_the_causes() -> None:
    causes = _causes(("no node fits", "Pod/train"), ("not readable", "Event"))

    shown = "\n".join(text(str(part)) for part in causes_content(causes, "vision") if part)

    assert "Event could not be read" in shown
    assert "UTC: 1 cause" in shown


def test_why_that_was_cancelled_shows_no_causes(
    cluster: Cluster, faults: FaultyTransport, vision: Tenant, views: list[LiveView]
) -> None:
    view = tk.Explorer(cluster, namespaces=[vision.name])
    views.append(view)
    page = LivePage(view)
    page.wait(lambda text: text.startswith("live"))
    gate = faults.fault = Gate(lambda request: "/pods" in request.path)

    view.why_button.click()
    assert gate.reached.wait(WAIT_S)
    view.cancel_button.click()
    gate.opened.set()

    assert view.job.wait(WAIT_S)
    assert f"Cancelled\nThe problems of all workloads in {vision.name} are not shown." in page.text


def test_a_namespace_that_the_index_still_names_after_its_deletion_is_not_watched(
    admin: Cluster, vision: Tenant, names: Callable[[], str], connect_as: Callable[[str], Cluster]
) -> None:
    deleted = vision.with_(name=names())
    tk.apply(admin, tk.plan(admin, deleted), progress=False)
    admin.delete(tk.ObjectRef("v1", "Namespace", deleted.name))

    with connect_as("owner") as owner:
        indexed = own_namespaces(owner)
        eventually(lambda: deleted.name not in read_existing_own(owner).namespaces)

        assert deleted.name in indexed
        assert vision.name in read_existing_own(owner).namespaces
