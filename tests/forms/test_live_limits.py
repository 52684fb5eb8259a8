"""A live view says what it leaves out."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.cluster.visible import read_existing_own
from tenantkit.forms.kit.markup import joined
from tenantkit.forms.live import feed, view
from tenantkit.forms.live.causes import holders_content
from tenantkit.forms.live.texts import own_limit_content
from tests.eventually import eventually
from tests.forms.live_pages import LivePage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.live.view import LiveView
    from tenantkit.spec.tenant import Tenant


def held(number: int) -> str:
    rows = [{"namespace": "vision", "resource": "pods", "workload": f"Job/{each}", "objects": 1, "used": 1.0,
             "unit": "count"} for each in range(number)]  # fmt: skip
    return str(joined(*holders_content(pd.DataFrame(rows), "vision", "pods")))


def test_the_holders_beyond_the_largest_are_counted() -> None:
    assert ": the 50 largest of 1,200" in held(1_200)
    assert "largest of" not in held(50)


def test_the_tenants_that_are_not_watched_are_counted() -> None:
    assert "The first 20 of 25 of your tenants are watched." in str(own_limit_content(25, 20))
    assert own_limit_content(20, 20) is None


@pytest.fixture
def owner(
    cluster: Cluster, vision: Tenant, names: Callable[[], str], connect_as: Callable[[str], Cluster]
) -> Iterator[Cluster]:
    """An owner of two tenants."""
    tk.apply(cluster, tk.plan(cluster, vision.with_(name=names(), routes=[])), progress=False)
    with connect_as("owner") as owner:
        eventually(lambda: len(read_existing_own(owner).namespaces) > 1)
        yield owner


@pytest.mark.parametrize("view_class", [tk.Explorer, tk.QuotaDashboard])
def test_a_view_of_a_member_of_many_tenants_watches_the_first_and_says_so(
    owner: Cluster, view_class: Callable[[Cluster], LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (feed, view):
        monkeypatch.setattr(module, "MOST_NAMESPACES", 1)

    with closing(view_class(owner)) as shown:
        page = LivePage(shown)
        page.wait(
            lambda text: (
                f"The first 1 of {len(read_existing_own(owner).namespaces)} of your tenants are watched." in text
            )
        )

        assert all(len(each) == 1 for each in shown.feed.narrowed.values())
        watched = {namespace for found in shown.feed.model.objects.values() for namespace, _ in found}
        assert watched - {""} <= {*shown.feed.namespaces}
