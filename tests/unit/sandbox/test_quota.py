"""The usage of quotas, and refusals with the messages of a real API server (1.37)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.amounts import written
from tenantkit.sandbox.admission.resource_quota import QuotaExceededError, reserve
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.apis.quota_usage import counts_less, in_scope, tracked, usage

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PODS = find("", "v1", "pods")
SERVICES = find("", "v1", "services")
CLAIMS = find("", "v1", "persistentvolumeclaims")
CONFIG_MAPS = find("", "v1", "configmaps")
INGRESSES = find("networking.k8s.io", "v1", "ingresses")
EVENTS = find("", "v1", "events")


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> Manifest:
    counted = dict.fromkeys(hard, "0") if used is None else used
    return {
        "metadata": {"name": "tenantkit-quota", "namespace": "vision"},
        "spec": {"hard": hard, **spec},
        "status": {"hard": hard, "used": counted},
    }


def pod(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **spec: Any) -> Manifest:
    resources = {field: value for field, value in (("requests", requests), ("limits", limits)) if value}
    return {
        "metadata": {"name": "trainer", "namespace": "vision"},
        "spec": {"containers": [{"name": "main", "resources": resources}], **spec},
    }


def service(**spec: Any) -> Manifest:
    return {"metadata": {"name": "ai"}, "spec": {"ports": [{"port": 80}, {"port": 81}], **spec}}


def refusal(of: Manifest, manifest: Manifest, resource: Any = PODS, old: Manifest | None = None) -> str:
    with pytest.raises(QuotaExceededError) as caught:
        reserve([of], resource, manifest, old, NOW)
    return str(caught.value)


@pytest.mark.parametrize(
    ("resource", "names"),
    [
        (
            PODS,
            {
                "cpu",
                "pods",
                "count/pods",
                "limits.memory",
                "requests.cpu",
                "requests.ephemeral-storage",
                "requests.nvidia.com/gpu",
                "requests.hugepages-2Mi",
            },
        ),
        (SERVICES, {"services", "services.nodeports", "services.loadbalancers", "count/services"}),
        (
            CLAIMS,
            {
                "requests.storage",
                "persistentvolumeclaims",
                "gold.storageclass.storage.k8s.io/requests.storage",
                "gold.storageclass.storage.k8s.io/persistentvolumeclaims",
            },
        ),
        (CONFIG_MAPS, {"configmaps", "count/configmaps"}),
        (INGRESSES, {"count/ingresses.networking.k8s.io"}),
        (EVENTS, set()),
    ],
)
def test_each_kind_counts_towards_its_own_entries(resource: Any, names: set[str]) -> None:
    everything = {
        "cpu",
        "pods",
        "count/pods",
        "limits.memory",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.nvidia.com/gpu",
        "requests.hugepages-2Mi",
        "services",
        "services.nodeports",
        "services.loadbalancers",
        "count/services",
        "requests.storage",
        "persistentvolumeclaims",
        "gold.storageclass.storage.k8s.io/requests.storage",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims",
        "configmaps",
        "count/configmaps",
        "count/ingresses.networking.k8s.io",
        "count/events",
        "nvidia.com/gpu",
        "ingresses",
    }
    assert tracked(resource, everything) == names


def test_a_pod_uses_its_requests_its_limits_and_one_of_pods() -> None:
    asking = pod({"cpu": "500m", "memory": "512Mi", "nvidia.com/gpu": "1"}, {"memory": "1Gi", "nvidia.com/gpu": "1"})
    assert written(usage(PODS, asking, NOW)) == {
        "count/pods": "1",
        "cpu": "500m",
        "limits.memory": "1Gi",
        "memory": "512Mi",
        "pods": "1",
        "requests.cpu": "500m",
        "requests.memory": "512Mi",
        "requests.nvidia.com/gpu": "1",
    }


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_counts_only_as_an_object(phase: str) -> None:
    finished = {**pod({"cpu": "1"}), "status": {"phase": phase}}
    assert written(usage(PODS, finished, NOW)) == {"count/pods": "1"}


def test_a_pod_beyond_its_grace_period_counts_only_as_an_object() -> None:
    stuck = pod({"cpu": "1"})
    stuck["metadata"] |= {"deletionTimestamp": "2026-11-25T11:59:00Z", "deletionGracePeriodSeconds": 30}
    assert written(usage(PODS, stuck, NOW)) == {"count/pods": "1"}
    assert "pods" in usage(PODS, stuck, NOW - timedelta(seconds=40))


@pytest.mark.parametrize(
    ("spec", "node_ports", "load_balancers"),
    [
        ({"type": "ClusterIP"}, "0", "0"),
        ({"type": "NodePort"}, "2", "0"),
        ({"type": "LoadBalancer"}, "2", "1"),
        ({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}, "0", "1"),
    ],
)
def test_a_service_uses_node_ports_and_load_balancers_by_its_type(
    spec: dict[str, Any], node_ports: str, load_balancers: str
) -> None:
    assert written(usage(SERVICES, service(**spec), NOW)) == {
        "count/services": "1",
        "services": "1",
        "services.loadbalancers": load_balancers,
        "services.nodeports": node_ports,
    }


def test_a_claim_uses_storage_of_its_class() -> None:
    claim = {
        "metadata": {"name": "d"},
        "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "1Gi"}}},
    }
    assert written(usage(CLAIMS, claim, NOW)) == {
        "count/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "persistentvolumeclaims": "1",
        "requests.storage": "1Gi",
    }


def test_usage_is_reserved_in_the_quotas_status() -> None:
    live = quota({"pods": "2", "requests.memory": "2Gi"}, {"pods": "1", "requests.memory": "1Gi"})
    assert reserve([live], PODS, pod({"memory": "512Mi"}), None, NOW) == [
        {**live, "status": {"hard": live["status"]["hard"], "used": {"pods": "2", "requests.memory": "1536Mi"}}}
    ]
    assert live["status"]["used"] == {"pods": "1", "requests.memory": "1Gi"}


def test_with_a_cpu_or_memory_quota_each_container_must_set_it() -> None:
    live = quota({"limits.cpu": "1", "limits.memory": "2Gi", "requests.cpu": "1", "requests.nvidia.com/gpu": "1"})
    incomplete = pod({"cpu": "1"}, initContainers=[{"name": "fetch", "resources": {"limits": {"cpu": "1"}}}])
    assert refusal(live, incomplete) == (
        "failed quota: tenantkit-quota: must specify "
        "limits.cpu for: main; limits.memory for: fetch,main; requests.cpu for: fetch"
    )


def test_pod_level_resources_are_enough() -> None:
    live = quota({"requests.cpu": "1"})
    assert reserve([live], PODS, pod(resources={"requests": {"cpu": "1"}}), None, NOW) != []


def test_a_quota_without_a_status_is_not_enforced() -> None:
    fresh = {**quota({"pods": "0"}), "status": {}}
    assert reserve([fresh], PODS, pod(), None, NOW) == []


def test_an_entry_without_a_known_usage_refuses() -> None:
    live = quota({"pods": "1", "requests.nvidia.com/gpu": "1"}, {"pods": "0"})
    assert refusal(live, pod()) == (
        "status unknown for quota: tenantkit-quota, resources: pods,requests.nvidia.com/gpu"
    )


def test_a_limit_of_zero_refuses_the_first_object() -> None:
    live = quota({"services.loadbalancers": "0", "services": "5"})
    assert refusal(live, service(type="LoadBalancer"), SERVICES) == (
        "exceeded quota: tenantkit-quota, requested: services.loadbalancers=1, used: services.loadbalancers=0, "
        "limited: services.loadbalancers=0"
    )


def test_an_update_uses_only_the_increase() -> None:
    live = quota({"services.nodeports": "2", "services": "1"}, {"services.nodeports": "0", "services": "1"})
    (reserved,) = reserve([live], SERVICES, service(type="NodePort"), service(type="ClusterIP"), NOW)
    assert reserved["status"]["used"] == {"services": "1", "services.nodeports": "2"}


def test_an_exceeded_quota_allows_updates_that_use_no_more() -> None:
    live = quota({"services": "1"}, {"services": "2"})
    assert reserve([live], SERVICES, service(), service(), NOW) == []


@pytest.mark.parametrize(
    ("spec", "manifest", "expected"),
    [
        ({"scopes": ["Terminating"]}, pod(activeDeadlineSeconds=10), True),
        ({"scopes": ["Terminating"]}, pod(), False),
        ({"scopes": ["NotTerminating"]}, pod(), True),
        ({"scopes": ["BestEffort"]}, pod(), True),
        ({"scopes": ["BestEffort"]}, pod({"nvidia.com/gpu": "1"}), True),
        ({"scopes": ["BestEffort"]}, pod({"cpu": "1"}), False),
        ({"scopes": ["NotBestEffort"]}, pod(None, {"memory": "1Gi"}), True),
        ({"scopes": ["NotBestEffort", "Terminating"]}, pod(None, {"memory": "1Gi"}), False),
        ({"scopes": ["PriorityClass"]}, pod(priorityClassName="high"), True),
        ({"scopes": ["PriorityClass"]}, pod(), False),
    ],
)
def test_a_scope_matches_its_pods(spec: dict[str, Any], manifest: Manifest, *, expected: bool) -> None:
    assert in_scope(quota({"pods": "1"}, **spec), PODS, manifest) is expected


@pytest.mark.parametrize(
    ("operator", "priority_class", "expected"),
    [
        ("In", "high", True),
        ("In", "low", False),
        ("In", None, False),
        ("NotIn", "low", True),
        ("NotIn", None, True),
        ("Exists", "low", True),
        ("DoesNotExist", None, True),
        ("DoesNotExist", "low", False),
    ],
)
def test_a_scope_selector_compares_the_priority_class(
    operator: str, priority_class: str | None, *, expected: bool
) -> None:
    expression = {"scopeName": "PriorityClass", "operator": operator}
    if operator in {"In", "NotIn"}:
        expression |= {"values": ["high"]}  # type: ignore[dict-item]
    scoped = quota({"pods": "1"}, scopeSelector={"matchExpressions": [expression]})
    manifest = pod(priorityClassName=priority_class) if priority_class else pod()
    assert in_scope(scoped, PODS, manifest) is expected


def test_a_scoped_quota_applies_to_pods_only() -> None:
    assert not in_scope(quota({"services": "1"}, scopes=["BestEffort"]), SERVICES, service())


def test_an_ended_pod_and_a_service_without_node_ports_release_quota() -> None:
    running, finished = {**pod(), "status": {"phase": "Running"}}, {**pod(), "status": {"phase": "Succeeded"}}
    assert counts_less(PODS, running, finished, NOW)
    assert not counts_less(PODS, pod(), running, NOW)
    assert counts_less(SERVICES, service(type="NodePort"), service(type="ClusterIP"), NOW)
    assert not counts_less(CONFIG_MAPS, {"metadata": {}}, {"metadata": {}}, NOW)
