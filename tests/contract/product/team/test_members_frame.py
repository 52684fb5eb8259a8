"""Who has which role, since when and by whom, as owners, members and strangers read it; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.members import members
from tenantkit.provision.apply import apply
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.members import add_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster


def shown(frame: pd.DataFrame) -> list[tuple[str, str, str | None]]:
    """Person, role, and who added them."""
    return [
        (row["person"], row["role"], None if pd.isna(row["added_by"]) else row["added_by"])
        for row in frame.to_dict("records")
    ]


def test_who_was_added_by_whom_is_known(owner: Cluster, viewer: Cluster, name: str) -> None:
    add_member(owner, name, ["sam@example.com", "group:ml-vision"], progress=False)

    frame = members(viewer, tenant=name)

    assert shown(frame) == [
        ("owner@example.com", "owner", None),
        ("editor@example.com", "editor", None),
        ("group:ml-vision", "viewer", "owner@example.com"),
        ("sam@example.com", "viewer", "owner@example.com"),
        ("viewer@example.com", "viewer", None),
    ]
    assert set(frame["tenant"]) == set(frame["namespace"]) == {name}
    assert set(frame["field_manager"]) == {"tenantkit"}
    assert not frame["foreign"].any()
    assert (frame.attrs["scope"], frame.attrs["incomplete"]) == ((name,), {})


def test_the_note_stays_through_plans_and_freezes(owner: Cluster, cluster: Cluster, name: str) -> None:
    add_member(owner, name, "sam@example.com", role="editor", progress=False)
    freeze(cluster, name, read_only=True, progress=False)
    frozen = shown(members(cluster, tenant=name))
    thaw(cluster, name, progress=False)

    planned = plan(cluster, get_tenant(cluster, name))
    apply(cluster, planned, progress=False)

    assert not planned.has_changes
    assert ("sam@example.com", "editor", "owner@example.com") in frozen
    assert ("sam@example.com", "editor", "owner@example.com") in shown(members(cluster, tenant=name))


def test_a_stranger_learns_nothing(connect_as: Callable[[str], Cluster], name: str) -> None:
    with pytest.raises(PermissionDenied):
        members(connect_as("stranger"), tenant=name)
