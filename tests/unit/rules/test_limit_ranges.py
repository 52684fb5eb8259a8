"""LimitRanges: the same defaults and messages as from a real API server 1.37."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.limit_ranges import violations, with_defaults

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

CONTAINER_LIMIT = {
    "type": "Container",
    "default": {"cpu": "1", "memory": "1Gi"},
    "defaultRequest": {"cpu": "100m", "memory": "1Gi"},
    "max": {"cpu": "2", "memory": "1Gi"},
    "min": {"cpu": "50m"},
    "maxLimitRequestRatio": {"cpu": "10"},
}
POD_LIMIT = {
    "type": "Pod",
    "max": {"cpu": "1", "memory": "1G"},
    "min": {"memory": "1Mi"},
    "maxLimitRequestRatio": {"memory": "2"},
}


def limit_range(*limits: dict[str, Any]) -> Manifest:
    return {"metadata": {"name": "tenantkit-limits", "namespace": "vision"}, "spec": {"limits": list(limits)}}


def pod(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **spec: Any) -> Manifest:
    resources = {field: value for field, value in (("requests", requests), ("limits", limits)) if value}
    main = {"name": "main", "image": "busybox", "resources": resources}
    return {"metadata": {"name": "trainer", "namespace": "vision"}, "spec": {"containers": [main], **spec}}


def claim(storage: str) -> Manifest:
    return {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": storage}}}}


def test_a_container_without_resources_gets_the_defaults_and_the_pod_an_annotation() -> None:
    assert with_defaults(pod(), limit_range(CONTAINER_LIMIT)) == {
        "metadata": {
            "name": "trainer",
            "namespace": "vision",
            "annotations": {
                "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu, memory request for container main; "
                "cpu, memory limit for container main"
            },
        },
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "busybox",
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "1Gi"},
                        "limits": {"cpu": "1", "memory": "1Gi"},
                    },
                }
            ]
        },
    }


def test_init_containers_get_defaults_too_and_explicit_values_are_kept() -> None:
    sidecar = {"name": "proxy", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}}
    filled = with_defaults(pod(initContainers=[{"name": "fetch"}, sidecar]), limit_range(CONTAINER_LIMIT))
    assert filled["spec"]["initContainers"] == [
        {
            "name": "fetch",
            "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        },
        {
            "name": "proxy",
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        },
    ]
    assert filled["metadata"]["annotations"]["kubernetes.io/limit-ranger"].endswith(
        "; cpu, memory request for init container fetch; cpu, memory limit for init container fetch"
        "; memory request for init container proxy; memory limit for init container proxy"
    )


def test_a_pod_with_all_resources_is_unchanged() -> None:
    complete = pod({"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"})
    assert with_defaults(complete, limit_range(CONTAINER_LIMIT)) is complete


def test_defaults_do_not_change_the_original_pod() -> None:
    given = pod()
    with_defaults(given, limit_range(CONTAINER_LIMIT))
    assert given == pod()


@pytest.mark.parametrize(
    ("requests", "limits", "message"),
    [
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "1Gi"}, None),
        (
            {"cpu": "1", "memory": "1Gi"},
            {"cpu": "1", "memory": "2Gi"},
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
        ),
        (
            {"cpu": "3"},
            {"cpu": "3", "memory": "2048Mi"},
            (
                "[maximum cpu usage per Container is 2, but limit is 3, "
                "maximum memory usage per Container is 1Gi, but limit is 2Gi]"
            ),
        ),
        (
            {"cpu": "10m"},
            {"cpu": "1", "memory": "1Gi"},
            (
                "[minimum cpu usage per Container is 50m, but request is 10m, "
                "cpu max limit to request ratio per Container is 10, but provided ratio is 100.000000]"
            ),
        ),
        (
            {"cpu": "100m"},
            {"cpu": "1001m", "memory": "1Gi"},
            "cpu max limit to request ratio per Container is 10, but provided ratio is 10.010000",
        ),
        ({"cpu": "1"}, {"cpu": "1"}, "maximum memory usage per Container is 1Gi.  No limit is specified"),
    ],
)
def test_a_container_must_keep_minimum_maximum_and_ratio(
    requests: dict[str, str], limits: dict[str, str], message: str | None
) -> None:
    assert violations("pods", pod(requests, limits), limit_range(CONTAINER_LIMIT)) == message


@pytest.mark.parametrize(
    ("requests", "limits", "message"),
    [
        (
            {},
            {},
            (
                "[minimum memory usage per Pod is 1Mi.  No request is specified, "
                "maximum cpu usage per Pod is 1.  No limit is specified, "
                "maximum memory usage per Pod is 1G.  No limit is specified, "
                "memory max limit to request ratio per Pod is 2, but no request is specified or request is 0]"
            ),
        ),
        (
            {"cpu": "1", "memory": "1Gi"},
            {"cpu": "1", "memory": "1Gi"},
            "maximum memory usage per Pod is 1G, but limit is 1Gi",
        ),
        (
            {"cpu": "1", "memory": "100M"},
            {"cpu": "1", "memory": "250M"},
            "memory max limit to request ratio per Pod is 2, but provided ratio is 2.500000",
        ),
    ],
)
def test_the_sum_of_a_pods_containers_must_keep_the_limits_for_pods(
    requests: dict[str, str], limits: dict[str, str], message: str
) -> None:
    assert violations("pods", pod(requests, limits), limit_range(POD_LIMIT)) == message


def test_a_pods_overhead_does_not_count_towards_its_limit_range() -> None:
    heavy = pod({"memory": "1G"}, {"memory": "1G"}, overhead={"memory": "1G"})
    assert violations("pods", heavy, limit_range({"type": "Pod", "max": {"memory": "1G"}})) is None


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("10Gi", None),
        ("11Gi", "maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 11Gi"),
        ("512Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi"),
    ],
)
def test_a_claim_must_keep_minimum_and_maximum(storage: str, message: str | None) -> None:
    limit = {"type": "PersistentVolumeClaim", "max": {"storage": "10Gi"}, "min": {"storage": "1Gi"}}
    assert violations("persistentvolumeclaims", claim(storage), limit_range(limit)) == message


def test_a_limit_for_pods_does_not_apply_to_claims() -> None:
    assert violations("persistentvolumeclaims", claim("1Ti"), limit_range(CONTAINER_LIMIT, POD_LIMIT)) is None
