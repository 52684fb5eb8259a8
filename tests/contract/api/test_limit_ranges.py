"""LimitRanges: the defaults of containers, and the messages of refusals; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PermissionDenied, Rejected
from tests.contract.api.refusals import refusal
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


CONTAINER_LIMIT = {
    "type": "Container",
    "default": {"cpu": "1", "memory": "1Gi"},
    "defaultRequest": {"cpu": "100m"},
    "max": {"cpu": "2", "memory": "1Gi"},
    "min": {"cpu": "50m"},
    "maxLimitRequestRatio": {"cpu": "10"},
}


def limit_range(namespace: str, *limits: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "tenantkit-limits", "namespace": namespace},
        "spec": {"limits": list(limits)},
    }


def pod(
    namespace: str, requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **spec: Any
) -> Manifest:
    resources = {field: value for field, value in (("requests", requests), ("limits", limits)) if value}
    main = {"name": "main", "image": "busybox", "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trainer", "namespace": namespace},
        "spec": {"containers": [main], **spec},
    }


def put_limits(cluster: Cluster, namespace: str, *limits: dict[str, Any]) -> Manifest:
    """Create the LimitRange and wait until it is in force: a real server reads it from a cache that lags a little."""
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    created = cluster.create(limit_range(namespace, *limits))

    def is_kept() -> bool:
        try:
            probe = cluster.create(pod(namespace, {"cpu": "1000"}, {"cpu": "1000"}), dry_run=True)
        except PermissionDenied:
            return True
        return "annotations" in probe["metadata"]

    eventually(is_kept)
    return created


def test_a_limit_range_is_completed_by_the_server(cluster: Cluster, namespace: str) -> None:
    created = put_limits(cluster, namespace, {"type": "Container", "max": {"memory": "1024Mi"}})
    assert created["spec"] == {
        "limits": [
            {
                "type": "Container",
                "default": {"memory": "1Gi"},
                "defaultRequest": {"memory": "1Gi"},
                "max": {"memory": "1Gi"},
            }
        ]
    }


def test_containers_without_resources_get_the_defaults(cluster: Cluster, namespace: str) -> None:
    put_limits(cluster, namespace, CONTAINER_LIMIT)
    sidecar = {
        "name": "proxy",
        "image": "busybox",
        "restartPolicy": "Always",
        "resources": {"limits": {"cpu": "1"}},
    }
    created = cluster.create(pod(namespace, initContainers=[{"name": "fetch", "image": "busybox"}, sidecar]))
    defaults = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "1Gi"}}
    assert [container["resources"] for container in created["spec"]["containers"]] == [defaults]
    assert [container["resources"] for container in created["spec"]["initContainers"]] == [
        defaults,
        {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
    ]
    assert created["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu, memory request for container main; "
        "cpu, memory limit for container main; cpu, memory request for init container fetch; "
        "cpu, memory limit for init container fetch; memory request for init container proxy; "
        "memory limit for init container proxy"
    }
    assert created["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    ("requests", "limits", "message"),
    [
        (None, {"memory": "2Gi"}, "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        (
            {"cpu": "40m"},
            {"cpu": "100m"},
            "minimum cpu usage per Container is 50m, but request is 40m",
        ),
        (
            {"cpu": "100m"},
            {"cpu": "1001m"},
            "cpu max limit to request ratio per Container is 10, but provided ratio is 10.010000",
        ),
    ],
)
def test_a_container_outside_its_limits_is_refused(  # noqa: PLR0913, PLR0917 (four fixtures and a case)
    cluster: Cluster,
    wire: Wire,
    namespace: str,
    requests: dict[str, str] | None,
    limits: dict[str, str],
    message: str,
) -> None:
    put_limits(cluster, namespace, CONTAINER_LIMIT)
    assert refusal(wire, pod(namespace, requests, limits), dry_run=True) == message


def test_all_violations_of_a_container_are_reported_at_once(cluster: Cluster, wire: Wire, namespace: str) -> None:
    put_limits(cluster, namespace, CONTAINER_LIMIT)
    message = refusal(wire, pod(namespace, {"cpu": "3"}, {"cpu": "3", "memory": "2Gi"}), dry_run=True)
    memory = "maximum memory usage per Container is 1Gi, but limit is 2Gi"
    cpu = "maximum cpu usage per Container is 2, but limit is 3"
    # a real server iterates over a map, so the order is random
    assert message in {f"[{memory}, {cpu}]", f"[{cpu}, {memory}]"}


def test_a_default_limit_below_the_request_makes_the_pod_invalid(cluster: Cluster, namespace: str) -> None:
    put_limits(cluster, namespace, CONTAINER_LIMIT)
    with pytest.raises(Rejected, match="must be less than or equal to cpu limit of 1"):
        cluster.create(pod(namespace, {"cpu": "1500m"}))


def test_a_pods_limits_apply_to_the_sum_of_its_containers(cluster: Cluster, wire: Wire, namespace: str) -> None:
    limit = {
        "type": "Pod",
        "max": {"memory": "1G", "cpu": "1"},
        "min": {"memory": "1Mi"},
        "maxLimitRequestRatio": {"memory": "2"},
    }
    put_limits(cluster, namespace, limit)
    big = pod(namespace, {"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"})
    assert refusal(wire, big, dry_run=True) == "maximum memory usage per Pod is 1G, but limit is 1Gi"
    uneven = pod(namespace, {"cpu": "1", "memory": "100M"}, {"cpu": "1", "memory": "250M"})
    why = refusal(wire, uneven, dry_run=True)
    assert why == "memory max limit to request ratio per Pod is 2, but provided ratio is 2.500000"
    assert "maximum cpu usage per Pod is 1.  No limit is specified" in refusal(wire, pod(namespace), dry_run=True)


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("11Gi", "maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 11Gi"),
        ("512Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi"),
    ],
)
def test_a_claim_outside_its_limits_is_refused(
    cluster: Cluster, wire: Wire, namespace: str, storage: str, message: str
) -> None:
    claims = {"type": "PersistentVolumeClaim", "max": {"storage": "10Gi"}, "min": {"storage": "1Gi"}}
    put_limits(cluster, namespace, claims, {"type": "Container", "max": {"cpu": "2"}})
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}},
    }
    assert refusal(wire, claim, dry_run=True) == message
