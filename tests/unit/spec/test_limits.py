"""What a platform offers and a quota grants: devices, storage classes, priority classes, and numbers of objects."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.manifests.quota import make_priority_quota, make_quota
from tenantkit.manifests.roles import rules_by_role
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota, StorageClassQuota
from tenantkit.spec.role_presets import PRESETS
from tenantkit.spec.tenant import Tenant


def quota(**fields: Any) -> Quota:
    return Quota(**{"requests_cpu": 4, "requests_memory": "8Gi"} | fields)


def hard(platform: Platform | None = None, **fields: Any) -> dict[str, str]:
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], quota=quota(**fields))
    entries: dict[str, str] = make_quota(tenant, platform or Platform(sizes={}))["spec"]["hard"]
    return entries


@pytest.mark.parametrize(
    "platform",
    [Platform(), Platform(roles=list(PRESETS), device_classes=["gpu.example.com"])],
    ids=["plain", "presets"],
)
def test_each_kind_that_the_roles_let_tenants_create_has_an_entry(platform: Platform) -> None:
    entries = hard(platform)
    named = {"persistentvolumeclaims", "services"}  # entries without `count/` that count the same objects

    created = {
        f"{resource}.{group}" if group else resource
        for rule in rules_by_role(platform)["owner"]
        if "create" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if "/" not in resource
    }
    assert not {kind for kind in created if f"count/{kind}" not in entries and kind not in named & entries.keys()}
    assert {"count/pods", "count/deployments.apps", "count/controllerrevisions.apps"} <= entries.keys()


def test_what_is_on_offer_and_not_granted_is_0() -> None:
    platform = Platform(
        sizes={},
        accelerators=["nvidia.com/gpu", "nvidia.com/mig-1g.10gb"],
        device_classes=["gpu.example.com", "nic.example.com"],
        storage_classes=["fast", "slow"],
    )
    granted = {"storage_classes": {"fast": StorageClassQuota(storage="1Ti")}, "device_classes": {"gpu.example.com": 2}}

    entries = hard(platform, **granted)

    assert {name: entries[name] for name in entries if "nvidia" in name or "class" in name} == {
        "requests.nvidia.com/gpu": "0",
        "requests.nvidia.com/mig-1g.10gb": "0",
        "gpu.example.com.deviceclass.resource.k8s.io/devices": "2",
        "nic.example.com.deviceclass.resource.k8s.io/devices": "0",
        "fast.storageclass.storage.k8s.io/requests.storage": "1Ti",
        "slow.storageclass.storage.k8s.io/requests.storage": "0",
    }


def test_a_quota_that_names_no_storage_class_leaves_all_of_them_open_within_its_storage() -> None:
    entries = hard(Platform(sizes={}, storage_classes=["fast", "slow"]), storage="2Ti")

    assert entries["requests.storage"] == "2Ti"
    assert not [name for name in entries if "storageclass" in name]


def test_counts_of_single_kinds_replace_the_defaults_and_add_others() -> None:
    entries = hard(counts={"deployments.apps": 3, "leases.coordination.k8s.io": 9})

    assert (entries["count/deployments.apps"], entries["count/leases.coordination.k8s.io"]) == ("3", "9")
    assert entries["count/statefulsets.apps"] == "50"


@pytest.mark.parametrize(("fields", "most"), [({}, "300"), ({"pods": 4}, "100"), ({"pods": 4, "all_pods": 7}, "7")])
def test_ended_pods_are_bounded(fields: dict[str, Any], most: str) -> None:
    assert hard(**fields)["count/pods"] == most


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"counts": {"count/deployments.apps": 1}}, "remove the prefix 'count/': use 'deployments.apps'"),
        ({"counts": {"deployments": 1}}, "add the group: use 'deployments.apps'"),
        ({"counts": {"jobs.batch": 1}}, "use the field jobs"),
        ({"counts": {"jobs": 1}}, "add the group: use 'jobs.batch'"),
        ({"counts": {"pods": 1}}, "use the field pods or all_pods"),
        ({"counts": {"Deployments.apps": 1}}, "use a resource and its group in lower case"),
        ({"counts": {"deployments.apps": -1}}, "use a whole number of 0 or more"),
        ({"pods": 5, "all_pods": 4}, "all_pods (4) is less than pods (5): use at least 5"),
        ({"device_classes": {"GPU": 1}}, "device_classes.GPU"),
    ],
)
def test_a_wrong_amount_says_what_to_use(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        quota(**fields)

    assert reason in str(caught.value)


def test_a_quota_that_was_stored_before_these_fields_is_read() -> None:
    stored = quota().to_stored()
    for field in ("counts", "deviceClasses"):
        del stored[field]

    assert Quota.from_stored(stored) == quota()


@pytest.mark.parametrize(
    ("platform", "grant", "field"),
    [
        (Platform(sizes={}), {"device_classes": {"gpu.example.com": 1}}, "vision.quota.device_classes"),
        (
            Platform(sizes={}, storage_classes=["fast"]),
            {"storage_classes": {"slow": StorageClassQuota(storage="1Gi")}},
            "vision.quota.storage_classes",
        ),
    ],
)
def test_a_grant_of_what_is_not_on_offer_is_refused(platform: Platform, grant: dict[str, Any], field: str) -> None:
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], quota=quota(**grant))

    with pytest.raises(InvalidSpecError) as caught:
        platform.check([tenant])

    assert [problem.field for problem in caught.value.problems] == [field]


def test_more_members_than_the_quota_allows_role_bindings_are_refused() -> None:
    tenant = Tenant(
        name="vision",
        team="cv",
        owners=["dana@example.com"],
        editors=["eve@example.com", "ada@example.com"],
        quota=quota(counts={"rolebindings.rbac.authorization.k8s.io": 2}),
    )

    with pytest.raises(InvalidSpecError, match=r"allow 2 RoleBindings, and the tenant has 3 members: name a group"):
        Platform().check([tenant])


def test_a_size_that_grants_what_is_not_on_offer_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match=r"size 'one' grants gpu\.example\.com: add it to device_classes"):
        Platform(sizes={"one": quota(device_classes={"gpu.example.com": 1})})


def test_the_classes_of_the_system_cannot_be_listed() -> None:
    with pytest.raises(InvalidSpecError, match="'system-node-critical' is for parts of the cluster"):
        Platform(priority_classes=["standard", "system-node-critical"])


@pytest.mark.parametrize("listed", [(), ("standard", "batch")])
def test_pods_of_a_class_outside_the_list_are_in_a_quota_of_0(listed: tuple[str, ...]) -> None:
    tenant = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small")

    spec = make_priority_quota(tenant, Platform(priority_classes=listed))["spec"]

    assert spec["hard"] == {"pods": "0"}
    [exists, *others] = spec["scopeSelector"]["matchExpressions"]
    assert exists == {"scopeName": "PriorityClass", "operator": "Exists"}
    wanted = [{"scopeName": "PriorityClass", "operator": "NotIn", "values": list(listed)}] if listed else []
    assert others == wanted
