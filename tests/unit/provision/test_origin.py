"""A plan is applied on the cluster and for the platform for which it was made, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.base import canonical_json
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import PLATFORM, Memory, run, tenant

KUBE_SYSTEM = ObjectRef("v1", "Namespace", "kube-system")


def cluster(uid: str | None, **fields: Any) -> Memory:
    memory = Memory(**fields)
    if uid is not None:
        memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}})
        memory.objects[KUBE_SYSTEM]["metadata"]["uid"] = uid
        memory.writes.clear()
    return memory


def test_a_cluster_is_known_by_the_uid_of_kube_system() -> None:
    assert plan(cluster("a"), tenant()).cluster_id == "uid:a"
    assert plan(cluster("a"), []).cluster_id == "uid:a"
    assert plan_platform(cluster("a")).cluster_id == "uid:a"


def test_a_user_who_may_not_read_kube_system_has_the_servers_url_and_authority_instead() -> None:
    assert plan(cluster(None, server="x"), tenant()).cluster_id == "server:x"


@pytest.mark.parametrize(("there", "here"), [("a", "b"), (None, None)])
def test_a_plan_of_another_cluster_is_refused_and_nothing_is_written(there: str | None, here: str | None) -> None:
    made = plan(cluster(there, server="x"), tenant())
    other = cluster(here, server="y")

    with pytest.raises(StalePlanError, match=r"the plan was made on another cluster \(.*, this one is .*\)"):
        apply(other, made, progress=False)
    assert other.writes == []


def test_a_platform_plan_of_another_cluster_is_refused() -> None:
    made = plan_platform(cluster("a"))
    other = cluster("b")

    with pytest.raises(StalePlanError, match="another cluster"):
        apply(other, made, progress=False)
    assert other.writes == []


def test_a_plan_whose_cluster_cannot_be_compared_is_refused() -> None:
    made = plan(cluster("a"), tenant())

    with pytest.raises(StalePlanError, match="it is not known whether the plan was made on this cluster"):
        apply(cluster(None), made, progress=False)


def test_a_plan_for_an_earlier_platform_is_refused_and_nothing_is_written() -> None:
    memory = cluster("a")
    install_platform(memory, progress=False)
    made = plan(memory, tenant())
    install_platform(memory, Platform(domain="other.example.com"), progress=False)
    memory.writes.clear()

    with pytest.raises(StalePlanError) as caught:
        apply(memory, made, progress=False)

    assert str(caught.value) == (
        "the plan was made for other settings than those of the platform on the cluster, and nothing was written: "
        "install the platform with these settings, or plan again"
    )
    assert memory.writes == []


def test_a_plan_for_settings_that_were_never_installed_is_refused() -> None:
    made = plan(cluster("a"), tenant(), platform=Platform(domain="other.example.com"))

    with pytest.raises(StalePlanError, match="install the platform with these settings"):
        apply(cluster("a"), made, progress=False)


def test_the_digest_of_a_platform_changes_with_each_setting() -> None:
    planned = [plan(cluster("a"), tenant(), platform=platform) for platform in (PLATFORM, Platform(labels={"a": "b"}))]

    assert planned[0].platform_digest == plan(cluster("b"), [], platform=Platform()).platform_digest
    assert planned[0].platform_digest != planned[1].platform_digest


def test_another_prefix_is_refused_while_tenants_exist() -> None:
    memory = cluster("a")
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech"))
    memory.writes.clear()

    for change in (plan_platform, install_platform):
        with pytest.raises(InvalidSpecError) as caught:
            change(memory, Platform(namespace_prefix="team-"))
        assert str(caught.value) == (
            "namespace_prefix='team-': cannot change while tenants exist, since a namespace cannot be renamed: "
            "speech, vision"
        )
    assert memory.writes == []


def test_another_prefix_is_refused_also_if_a_tenant_came_after_the_plan() -> None:
    memory = cluster("a")
    install_platform(memory, progress=False)
    made = plan_platform(memory, Platform(namespace_prefix="team-"))
    run(memory, tenant())

    with pytest.raises(InvalidSpecError, match="cannot change while tenants exist"):
        apply(memory, made, progress=False)


def test_without_tenants_the_prefix_may_change() -> None:
    memory = cluster("a")
    install_platform(memory, progress=False)

    assert install_platform(memory, Platform(namespace_prefix="team-"), progress=False).is_complete


def test_lost_settings_are_installed_again_only_with_the_prefix_of_the_tenants() -> None:
    memory = cluster("a")
    prefixed = Platform(namespace_prefix="team-")
    run(memory, tenant(), platform=prefixed)
    memory.objects = {ref: one for ref, one in memory.objects.items() if ref.name != "platform"}

    with pytest.raises(InvalidSpecError, match="cannot change while tenants exist"):
        plan_platform(memory, Platform())
    assert plan_platform(memory, prefixed).has_changes


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_namespace_with_another_name_that_no_prefix_gave_does_not_stop_an_installation(*, is_installed: bool) -> None:
    memory = cluster("a")
    if is_installed:
        install_platform(memory, progress=False)
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "speech"}
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "odd", "labels": labels}})

    assert plan_platform(memory, PLATFORM).has_changes is not is_installed


def test_a_tenant_in_a_namespace_of_another_name_is_found_and_gets_no_second_one() -> None:
    memory, by_hand = Memory(), PLATFORM.with_(namespace_prefix="team-")
    install_platform(memory, PLATFORM, progress=False)
    run(memory, tenant())
    settings = next(ref for ref in memory.objects if ref.kind == "ConfigMap")
    memory.objects[settings]["data"] = {"platform.json": canonical_json(by_hand.to_stored())}

    stored = get_tenant(memory, tenant().name)
    planned = plan(memory, [stored, tenant(name="other")], platform=by_hand)

    assert stored.name == tenant().name
    assert [(it.action, it.code) for it in planned.rows if it.ref.name == f"team-{stored.name}"] == [
        ("blocked", "exists-elsewhere")
    ]
    assert {it.action for it in planned.changes if it.tenant == "other"} == {"create"}
