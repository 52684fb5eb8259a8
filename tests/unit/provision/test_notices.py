"""Notices: what a plan says before its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.notice import PlanNotice, notice_lines
from tenantkit.provision.plans.unlisted import unlisted_tenants
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tests.unit.provision.memory import NAMESPACE, PLATFORM, QUOTA, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan

GPUS = Platform(accelerators=("nvidia.com/gpus", "nvidia.com/gpu"))


# said of each cluster without DNS and without an ingress controller
NETWORK_OF_MEMORY = ("dns-not-found", "controller-not-named")


def told(made: Plan) -> list[tuple[str, str | None, str]]:
    notices = [notice for notice in made.notices if notice.code not in NETWORK_OF_MEMORY]
    return [(notice.code, notice.tenant, notice.words()) for notice in notices]


def with_node(memory: Memory, **allocatable: str) -> Memory:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": allocatable}}
    memory.create(node)
    return memory


def test_a_quota_below_what_is_in_use_is_said() -> None:
    memory = Memory()
    run(memory, tenant(size="medium"))
    memory.objects[QUOTA]["status"]["used"] = {"pods": "33", "requests.cpu": "1500m", "requests.memory": "64Gi"}

    made = plan(memory, tenant(size="small"), platform=PLATFORM)

    amounts = {text for code, _, text in told(made) if code == "quota-below-use"}
    assert amounts == {
        (
            "its quota pods becomes 20, below the 33 in use: what exists stays, and nothing more is admitted until "
            "less is in use"
        ),
        (
            "its quota requests.memory becomes 16Gi, below the 64Gi in use: what exists stays, and nothing more is "
            "admitted until less is in use"
        ),
    }
    assert "\nnote: vision: its quota pods becomes 20" in str(made)
    assert not plan(memory, tenant(size="medium"), platform=PLATFORM).notices


def test_an_expired_grant_is_said() -> None:
    made = plan(Memory(), [tenant(expires="2020-01-31T18:00:00Z"), tenant(name="speech")], platform=PLATFORM)

    assert told(made) == [
        (
            "expired",
            "vision",
            (
                "its grant expired at 2020-01-31 18:00+00:00: nothing happens by itself, so set another time or "
                "delete the tenant"
            ),
        )
    ]


def test_a_new_host_outside_the_domain_is_said_once() -> None:
    memory = Memory()
    wanted = tenant(hosts=["vision.example.org", "b.example.ai", "notexample.ai"])

    made = plan(memory, wanted, platform=PLATFORM)
    run(memory, wanted)

    assert [text for _, _, text in told(made)] == [
        "its host 'vision.example.org' is outside the platform's domain 'example.ai'",
        "its host 'notexample.ai' is outside the platform's domain 'example.ai'",
    ]
    assert not plan(memory, wanted, platform=PLATFORM).notices


def test_an_accelerator_that_no_node_offers_is_said_with_the_near_name() -> None:
    memory = with_node(Memory(), **{"nvidia.com/gpu": "8", "cpu": "64"})
    quota = Quota(requests_cpu=4, requests_memory="16Gi", accelerators={"nvidia.com/gpus": 2})

    made = plan(memory, tenant(size=None, quota=quota), platform=GPUS)
    of_platform = plan_platform(memory, GPUS)

    text = "no node offers 'nvidia.com/gpus': did you mean 'nvidia.com/gpu'?"
    assert ("accelerator-not-offered", "vision", text) in told(made)
    assert ("accelerator-not-offered", None, text) in told(of_platform)


def test_an_accelerator_without_a_near_name_may_come_with_new_nodes() -> None:
    memory = with_node(Memory(), cpu="64", **{"amd.com/cards": "1"})
    quota = Quota(requests_cpu=4, requests_memory="16Gi", accelerators={"nvidia.com/gpu": 2})

    assert not plan(memory, tenant(size=None, quota=quota), platform=PLATFORM).notices


def test_a_user_who_may_not_list_nodes_gets_a_plan() -> None:
    quota = Quota(requests_cpu=4, requests_memory="16Gi", accelerators={"nvidia.com/gpu": 2})

    assert plan(Memory(refused=("Node",)), tenant(size=None, quota=quota), platform=PLATFORM).has_changes


def test_every_tenant_whom_other_sizes_concern_is_listed_before_anything_is_written() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech", size="medium"), tenant(name="search", size="large"))
    sizes = {**PLATFORM.sizes, "medium": PLATFORM.sizes["medium"].model_copy(update={"pods": 40})}
    del sizes["small"]
    memory.writes.clear()

    made = plan_platform(memory, Platform(sizes=sizes))

    assert told(made) == [
        (
            "size-removed",
            "vision",
            "its size 'small' no longer fits (the platform's sizes are medium, large): its plans will be blocked",
        ),
        (
            "quota-changed",
            "speech",
            "its quota (size 'medium') changes with its next plan: pods 50 → 40, count/pods 500 → 400",
        ),
    ]
    assert memory.writes == []


def test_every_tenant_whose_host_changes_is_listed() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech"))

    by_domain = plan_platform(memory, Platform(domain="ai.example.com"))
    by_template = plan_platform(memory, Platform(host_template="{name}-{team}.{domain}"))

    assert told(by_domain) == [
        (
            "host-changed",
            name,
            f"its own host changes from '{name}.example.ai' to '{name}.ai.example.com' with its next plan",
        )
        for name in ("speech", "vision")
    ]
    assert [tenant_ for _, tenant_, _ in told(by_template)] == ["speech", "vision"]


def test_tenants_that_would_share_a_host_are_listed() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech", hosts=["vision.example.com"]))

    made = plan_platform(memory, Platform(domain="example.com"))

    shared = [(tenant_, text) for code, tenant_, text in told(made) if code == "host-shared"]
    assert shared == [
        (
            "speech",
            "its host 'vision.example.com' would also be a host of 'vision': plans will be blocked",
        ),
        (
            "vision",
            "its host 'vision.example.com' would also be a host of 'speech': plans will be blocked",
        ),
    ]


def test_other_settings_name_every_tenant_in_one_line() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech"))

    made = plan_platform(memory, Platform(labels={"cost-center": "42"}))

    assert {code for code, _, _ in told(made)} == {"settings-changed"}
    assert "\nnote: speech, vision: labels change with its next plan\n" in made.words("shell")


def test_a_grant_that_cannot_be_read_is_said_and_stops_no_other_notice() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant(), tenant(name="speech"))
    memory.objects[NAMESPACE]["metadata"]["annotations"]["tenantkit.dev/grant"] = "{"

    made = plan_platform(memory, Platform(domain="example.com"))

    assert [(code, tenant_) for code, tenant_, _ in told(made)] == [
        ("grant-not-readable", "vision"),
        ("host-changed", "speech"),
    ]


def test_a_user_who_may_not_list_tenants_is_told_that_it_is_not_known_whom_the_settings_concern() -> None:
    [(code, tenant_, _)] = told(plan_platform(Memory(refused=("Namespace",))))

    assert (code, tenant_) == ("tenants-not-listed", None)


def test_the_same_settings_concern_nobody() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant())

    assert told(plan_platform(memory, PLATFORM)) == []


@pytest.mark.parametrize("may_list", [True, False])
def test_tenants_that_are_in_no_file_are_listed(*, may_list: bool) -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"), tenant(name="search"))
    memory.refused = () if may_list else ("Namespace",)

    names = [notice.tenant for notice in unlisted_tenants(memory, ["vision"])]

    assert names == (["search", "speech"] if may_list else [])


def test_notices_with_one_text_are_one_line() -> None:
    notices = [PlanNotice("expired", "old", "a"), PlanNotice("expired", "new", "b"), PlanNotice("expired", "old", "c")]

    assert notice_lines([*notices, PlanNotice("tenants-not-listed", "unknown")], "python") == [
        "a, c: old",
        "b: new",
        "unknown",
    ]


def test_devices_and_classes_that_no_quota_limits_are_named() -> None:
    memory = with_node(Memory(), **{"nvidia.com/gpu": "8", "nvidia.com/mig-1g.10gb": "7", "cpu": "4", "pods": "110"})
    for name in ("fast", "slow"):
        memory.create({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}})

    made = plan_platform(memory, Platform(storage_classes=["fast"]))

    assert [text for code, _, text in told(made) if code == "not-limited"] == [
        "nodes offer 'nvidia.com/mig-1g.10gb', which no quota limits: add it to accelerators",
        "storage class 'slow' is limited by a quota's storage only: add it to storage_classes",
    ]


def test_a_plan_says_that_its_quota_would_refuse_the_clusters_default_priority_class() -> None:
    memory = Memory()
    default = {"kind": "PriorityClass", "metadata": {"name": "everyday"}, "value": 5, "globalDefault": True}
    memory.create({"apiVersion": "scheduling.k8s.io/v1", **default})

    codes = [code for code, _, _ in told(plan(memory, tenant(), platform=PLATFORM))]
    listed = plan(memory, tenant(), platform=PLATFORM.with_(priority_classes=["everyday"]))

    assert codes == ["default-class-refused"]
    assert not told(listed)
