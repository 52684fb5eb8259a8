"""One wall of a tenant removed or weakened at a time: the audit names that wall and only that; on both engines.

All are broken on tenants of their own, and one audit judges them together, so that the broken content of one tenant
costs its own rows only.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import NotFound
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tests.contract.product.audit.tenant_breaks import TENANT_BREAKS
from tests.contract.product.audit.wall_breaks import EDITOR
from tests.contract.tenants import delete_namespace, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.audit.breaks import Break
    from tests.contract.wire import Wire

IDS = [each.id for each in TENANT_BREAKS]


@dataclass(frozen=True, slots=True)
class Audited:
    """The audits before and after, and the tenant of each break."""

    before: pd.DataFrame
    after: pd.DataFrame
    tenants: dict[str, str]

    def failing(self, frame: pd.DataFrame, namespace: str) -> set[str]:
        rows = frame[(frame["namespace"] == namespace) & (frame["state"] == "fail")]
        return set(rows["check"])


@pytest.fixture(scope="module")
def audited(cluster: Cluster, wire: Wire) -> Iterator[Audited]:
    install_platform(cluster, progress=False)
    run = uuid.uuid4().hex[:6]
    names = {each.id: f"a{place}-{run}" for place, each in enumerate(TENANT_BREAKS)}
    specs = [tenant(name, editors=[EDITOR]) for name in names.values()]
    apply(cluster, plan(cluster, specs), progress=False)
    (before,) = eventually(lambda: _at_rest(cluster, list(names.values())), poll_s=0.5)
    try:
        for each in TENANT_BREAKS:
            for operation in each.operations(names[each.id]):
                operation.do(wire, names[each.id])
        (after,) = eventually(lambda: _counted(cluster, [*names.values()]), poll_s=0.5)
        yield Audited(before, after, names)
    finally:
        for each in TENANT_BREAKS:
            for operation in each.after(names[each.id]):
                operation.do(wire, names[each.id])
        for name in names.values():
            with suppress(NotFound):
                delete_namespace(cluster, name)


def _at_rest(cluster: Cluster, names: list[str]) -> tuple[pd.DataFrame]:
    """The audit once the server's controllers have counted the new quotas."""
    frame = tk.audit(cluster, namespaces=names)
    rows = frame[frame["tenant"].notna() & (frame["state"] != "pass")]
    assert rows.empty, rows[["check", "state", "evidence"]].drop_duplicates().to_string()
    return (frame,)


def _counted(cluster: Cluster, names: list[str]) -> tuple[pd.DataFrame]:
    """The audit once the quotas that were changed are counted again."""
    frame = tk.audit(cluster, namespaces=names)
    waiting = frame[(frame["check"] == "quota-enforced") & (frame["state"] == "fail")]
    assert waiting.empty, waiting["evidence"].to_string()
    return (frame,)


@pytest.mark.parametrize("each", TENANT_BREAKS, ids=IDS)
def test_a_wall_that_is_removed_is_named_and_no_other(audited: Audited, each: Break) -> None:
    namespace = audited.tenants[each.id]

    assert audited.failing(audited.before, namespace) == set()
    assert audited.failing(audited.after, namespace) == {each.code, *each.also}


@pytest.mark.parametrize("each", TENANT_BREAKS, ids=IDS)
def test_the_failures_of_a_wall_have_evidence_and_a_next_step(audited: Audited, each: Break) -> None:
    rows = audited.after[(audited.after["namespace"] == audited.tenants[each.id]) & (audited.after["state"] == "fail")]

    assert rows["evidence"].str.contains("/").all()
    assert rows["what_to_do"].str.len().gt(0).all()
