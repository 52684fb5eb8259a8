"""Boosts: another quota until a date, taken back by the next plan; on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import InvalidSpecError, PartialApplyError, StalePlanError
from tenantkit.frames.tenants import tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.life.boost import boost
from tenantkit.provision.plan import plan, plan_at
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.spec.boost import Boost
from tests.contract.tenants import fresh_name, hard, live_objects, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster

UNTIL = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, wanted(name)), progress=False)
        yield name


def wanted(name: str, **fields: Any) -> Any:
    return tenant(name, routes=None, **fields)


def test_a_boost_changes_the_quota_and_the_first_plan_after_its_end_takes_it_back(cluster: Cluster, name: str) -> None:
    before = live_objects(cluster, name)

    report = boost(cluster, name, size="large", until=UNTIL, progress=False)
    boosted = get_tenant(cluster, name)
    during = plan_at(cluster, [boosted], UNTIL - timedelta(seconds=1))
    after = plan_at(cluster, [boosted], UNTIL)

    assert [outcome.ref.kind for outcome in report.applied] == ["Namespace", "ResourceQuota", "LimitRange"]
    assert hard(cluster, name)["pods"] == "200"
    assert tenants(cluster, tenant=name)["boost_until"].tolist() == [pd.Timestamp(UNTIL)]
    assert not during.has_changes
    assert [(notice.code, notice.text) for notice in during.notices] == [
        ("boosted", "its quota is boosted until 2099-01-01 00:00+00:00")
    ]
    assert [(notice.code, notice.text) for notice in after.notices if notice.code == "boost-ended"] == [
        ("boost-ended", "its boost ended at 2099-01-01 00:00+00:00: this plan takes it back")
    ]

    apply(cluster, after, progress=False)
    assert live_objects(cluster, name) == before
    assert not plan(cluster, boosted.with_(boost=Boost(size="large", until="2020-01-01T00:00:00Z"))).has_changes


def test_a_spec_that_does_not_know_of_the_boost_ends_it_and_its_plan_says_so(cluster: Cluster, name: str) -> None:
    boost(cluster, name, size="medium", until=UNTIL, progress=False)

    planned = plan(cluster, wanted(name))

    assert [notice.code for notice in planned.notices] == ["boost-dropped"]
    assert ("50", "20") in [(row.before, row.after) for row in planned.rows if row.field == "spec.hard.pods"]


def test_a_boost_that_does_not_fit_or_has_ended_is_refused(cluster: Cluster, name: str) -> None:
    before = live_objects(cluster, name)

    with pytest.raises(InvalidSpecError, match="is in the past"):
        boost(cluster, name, size="large", until="2020-01-01T00:00:00Z", progress=False)
    with pytest.raises(InvalidSpecError, match="set either size or quota"):
        boost(cluster, name, until=UNTIL, progress=False)
    with pytest.raises(PartialApplyError, match=r"boost\.size='huge': the platform's sizes are"):
        boost(cluster, name, size="huge", until=UNTIL, progress=False)

    assert live_objects(cluster, name) == before


def test_a_boost_that_ends_between_plan_and_apply_is_not_applied(cluster: Cluster, name: str) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    short = wanted(name, boost=Boost(size="large", until=moment))

    with pytest.raises(StalePlanError, match="ended after the plan was made"):
        apply(cluster, plan_at(cluster, [short], moment - timedelta(hours=1)), progress=False)


def test_an_owner_sees_the_boost_and_cannot_change_it(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))
    boost(cluster, name, size="medium", until=UNTIL, progress=False)

    report = boost(owner, name, size="large", until=UNTIL, progress=False)

    assert {outcome.code for outcome in report.pending} == {"not-yours"}
    assert get_tenant(owner, name).boost == Boost(size="medium", until=UNTIL)
    assert hard(cluster, name)["pods"] == "50"
