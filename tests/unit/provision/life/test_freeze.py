"""Freezing and thawing, interrupted at each of their writes, and what a grant of another version says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.http.errors import Operation, error_of_status
from tenantkit.exceptions import InvalidSpecError, NotFound, PartialApplyError
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.content.members import Member, member_of
from tenantkit.provision.life.freeze import freeze, thaw
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.people import People
from tests.unit.provision.claimed import OWN, installed, taken_by
from tests.unit.provision.memory import NAMESPACE, Killed, Memory, cluster_of, run, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

FROZEN = ObjectRef("v1", "ResourceQuota", "tenantkit-frozen", "vision")


def with_members() -> Memory:
    memory = Memory()
    run(memory, tenant(editors=["eve@example.com"], viewers=["kim@example.com"]))
    return memory


def roles(memory: Memory) -> list[str]:
    return sorted(it["roleRef"]["name"] for ref, it in memory.objects.items() if ref.kind == "RoleBinding")


def read_only(cluster: Cluster) -> None:
    freeze(cluster, "vision", read_only=True, progress=False)


def thawed(cluster: Cluster) -> None:
    thaw(cluster, "vision", progress=False)


@pytest.mark.parametrize(("change", "first"), [(read_only, None), (thawed, read_only)], ids=["freeze", "thaw"])
def test_what_is_interrupted_at_any_write_is_finished_by_the_same_call(
    change: Callable[[Cluster], None], first: Callable[[Cluster], None] | None
) -> None:
    def prepared() -> Memory:
        memory = with_members()
        if first is not None:
            first(cluster_of(memory))
        memory.writes.clear()
        return memory

    whole = prepared()
    change(cluster_of(whole))
    count = len(whole.writes)
    assert count >= 5

    for last in range(count):
        memory = prepared()
        _killed_after(memory, last, change)
        change(cluster_of(memory))
        assert memory.state() == whole.state(), f"killed at write {last + 1} of {count}"


def _killed_after(memory: Memory, writes: int, change: Callable[[Cluster], None]) -> None:
    """Carry out a change that is killed before one of its writes."""

    def kill(_verb: str, _ref: ObjectRef) -> None:
        if len(memory.writes) > writes:
            raise Killed

    memory.on_write = kill
    with pytest.raises(Killed):
        change(cluster_of(memory))
    memory.on_write = lambda _verb, _ref: None


@pytest.mark.parametrize(("change", "first"), [(read_only, None), (thawed, read_only)], ids=["freeze", "thaw"])
def test_no_role_is_lost_where_the_other_binding_is_refused(
    change: Callable[[Cluster], None], first: Callable[[Cluster], None] | None
) -> None:
    memory = with_members()
    if first is not None:
        first(cluster_of(memory))
    before = get_tenant(cluster_of(memory), "vision")

    def refuse(verb: str, ref: ObjectRef) -> None:
        if verb == "apply" and ref.kind == "RoleBinding":
            raise error_of_status({"code": 403, "message": "exceeded quota: few"}, Operation("apply", ref.kind))

    memory.on_write = refuse
    with pytest.raises(PartialApplyError):
        change(cluster_of(memory))
    memory.on_write = lambda _verb, _ref: None

    assert get_tenant(cluster_of(memory), "vision").editors == before.editors
    change(cluster_of(memory))
    assert get_tenant(cluster_of(memory), "vision").editors == before.editors


def test_members_keep_their_roles_by_the_names_of_their_bindings() -> None:
    memory = with_members()

    freeze(cluster_of(memory), "vision", read_only=True, progress=False)

    assert set(roles(memory)) == {"tenantkit-viewer"}
    found = [member_of(it, People()) for ref, it in memory.objects.items() if ref.kind == "RoleBinding"]
    assert sorted(member for member in found if member is not None) == [
        Member("editor", "eve@example.com"),
        Member("owner", "dana@example.com"),
        Member("viewer", "kim@example.com"),
    ]
    thaw(cluster_of(memory), "vision", progress=False)
    assert roles(memory) == ["tenantkit-editor", "tenantkit-owner", "tenantkit-viewer"]


def test_freezing_in_another_way_replaces_the_first() -> None:
    memory = with_members()

    freeze(cluster_of(memory), "vision", read_only=True, progress=False)
    freeze(cluster_of(memory), "vision", progress=False)

    assert roles(memory) == ["tenantkit-editor", "tenantkit-owner", "tenantkit-viewer"]
    assert FROZEN in memory.objects
    assert get_tenant(cluster_of(memory), "vision").frozen == "pods"


def test_a_frozen_quota_that_somebody_deleted_is_made_again() -> None:
    memory = with_members()
    freeze(cluster_of(memory), "vision", progress=False)
    del memory.objects[FROZEN]

    freeze(cluster_of(memory), "vision", progress=False)

    assert FROZEN in memory.objects


def test_one_grant_that_cannot_be_read_stops_no_other_tenant() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech", routes=[]))
    memory.edit(NAMESPACE, lambda live: _with_grant(live, "[]"))

    with pytest.raises(PartialApplyError) as caught:
        freeze(cluster_of(memory), ["vision", "speech"], progress=False)

    assert [(outcome.tenant, outcome.code) for outcome in caught.value.report.failed] == [("vision", "does-not-fit")]
    assert get_tenant(cluster_of(memory), "speech").frozen == "pods"


def test_a_grant_of_an_older_version_is_neither_frozen_nor_boosted() -> None:
    memory = with_members()
    grant = json.loads(memory.objects[NAMESPACE]["metadata"]["annotations"][GRANT_ANNOTATION])

    assert not {"frozen", "boost"} & grant.keys()
    read = get_tenant(cluster_of(memory), "vision")
    assert (read.frozen, read.boost) == (None, None)


@pytest.mark.parametrize("claimant", [None, "gone"])
def test_claims_of_hosts_that_a_tenant_has_do_not_stop_a_freeze(claimant: str | None) -> None:
    memory = installed()
    run(memory, tenant())
    memory.objects.pop(OWN)
    if claimant is not None:
        taken_by(memory, claimant, "vision.example.ai")

    def refuse(verb: str, ref: ObjectRef) -> None:
        if ref.kind == "ConfigMap":
            raise error_of_status({"code": 403, "message": "may not"}, Operation(verb, ref.kind))

    memory.on_write = refuse
    report = freeze(cluster_of(memory), "vision", progress=False)

    assert report.summary == "2 applied"
    assert get_tenant(cluster_of(memory), "vision").frozen == "pods"


def test_a_name_that_no_tenant_has_is_an_error() -> None:
    with pytest.raises(NotFound, match="there is no tenant 'vision'"):
        freeze(cluster_of(Memory()), "vision", progress=False)
    with pytest.raises(InvalidSpecError, match="pass the name of a tenant"):
        freeze(cluster_of(Memory()), [tenant()], progress=False)  # type: ignore[list-item]


def _with_grant(live: Manifest, text: str) -> Manifest:
    live["metadata"]["annotations"][GRANT_ANNOTATION] = text
    return live
