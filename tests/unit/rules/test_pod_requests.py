"""The requests and limits of pods."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.rules.pod_requests import pod_limits, pod_requests
from tests.unit.strategies import quantities

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

GI = Fraction(2**30)


def asks(name: str = "main", **requests: str) -> Manifest:
    return {"name": name, "resources": {"requests": requests}}


def bounded(name: str = "main", **limits: str) -> Manifest:
    return {"name": name, "resources": {"limits": limits}}


def sidecar(**requests: str) -> Manifest:
    return {**asks("sidecar", **requests), "restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("spec", "requests"),
    [
        ({}, {}),
        ({"containers": [{"name": "main"}, {"name": "more", "resources": {"requests": None}}]}, {}),
        ({"containers": [asks(cpu="500m"), asks(cpu="1", memory="1Gi")]}, {"cpu": Fraction(3, 2), "memory": GI}),
        (
            {"containers": [asks(cpu="1")], "initContainers": [asks(cpu="3"), asks(cpu="2", memory="1Gi")]},
            {"cpu": Fraction(3), "memory": GI},
        ),
        ({"containers": [asks(cpu="1")], "initContainers": [sidecar(cpu="2")]}, {"cpu": Fraction(3)}),
        (
            {"containers": [asks(cpu="1")], "initContainers": [sidecar(cpu="2"), asks(cpu="5")]},
            {"cpu": Fraction(7)},
        ),
        (
            {"containers": [asks(cpu="1")], "initContainers": [asks(cpu="5"), sidecar(cpu="2")]},
            {"cpu": Fraction(5)},
        ),
        (
            {"containers": [asks(cpu="1")], "overhead": {"cpu": "250m", "memory": "1Gi"}},
            {"cpu": Fraction(5, 4), "memory": GI},
        ),
        (
            {
                "containers": [asks(cpu="1", memory="3Gi"), {"name": "more"}],
                "resources": {"requests": {"cpu": "4", "nvidia.com/gpu": "9"}},
                "overhead": {"cpu": "1"},
            },
            {"cpu": Fraction(5), "memory": 3 * GI},
        ),
        (
            {"containers": [asks()], "resources": {"requests": {"hugepages-2Mi": "1Gi"}}},
            {"hugepages-2Mi": GI},
        ),
    ],
    ids=[
        "nothing",
        "no requests",
        "containers add up",
        "the largest init container",
        "a sidecar adds up",
        "a sidecar runs beside later init containers",
        "a sidecar does not run beside earlier ones",
        "overhead on top",
        "the pod's own replace the sum, devices aside",
        "the pod's own huge pages",
    ],
)
def test_a_pod_requests_what_its_quota_counts(spec: Manifest, requests: dict[str, Fraction]) -> None:
    assert pod_requests(spec) == requests


@pytest.mark.parametrize(
    ("spec", "limits"),
    [
        ({"containers": [asks(cpu="1")]}, {}),
        ({"containers": [bounded(memory="1Gi"), bounded(memory="2Gi")]}, {"memory": 3 * GI}),
        (
            {"containers": [bounded(memory="1Gi")], "overhead": {"memory": "1Gi", "cpu": "1"}},
            {"memory": 2 * GI},
        ),
        ({"containers": [bounded(memory="0")], "overhead": {"memory": "1Gi"}}, {"memory": Fraction(0)}),
        (
            {"containers": [bounded(memory="1Gi")], "resources": {"limits": {"memory": "4Gi"}}},
            {"memory": 4 * GI},
        ),
    ],
    ids=["no limits", "containers add up", "overhead on what is limited", "no overhead on zero", "the pod's own"],
)
def test_a_pod_is_limited_to_what_its_quota_counts(spec: Manifest, limits: dict[str, Fraction]) -> None:
    assert pod_limits(spec) == limits


@pytest.mark.parametrize(
    ("status", "requested"),
    [
        ({}, 2),
        ({"containerStatuses": [{"name": "other", "allocatedResources": {"cpu": "9"}}]}, 2),
        ({"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "4"}}]}, 4),
        ({"containerStatuses": [{"name": "main", "resources": {"requests": {"cpu": "5"}}}]}, 5),
        ({"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "1"}}]}, 2),
        (
            {
                "containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "1"}}],
                "conditions": [{"type": "PodResizePending", "reason": "Infeasible"}],
            },
            1,
        ),
    ],
    ids=["none", "another's", "given more", "more in force", "given less", "refused by the node"],
)
def test_a_resize_counts_with_the_largest_of_desired_allocated_and_actual(status: Manifest, requested: int) -> None:
    assert pod_requests({"containers": [asks(cpu="2")]}, status=status) == {"cpu": Fraction(requested)}


def test_an_actual_limit_counts_until_it_is_lowered() -> None:
    status = {"containerStatuses": [{"name": "main", "resources": {"limits": {"cpu": "4"}}}]}
    assert pod_limits({"containers": [bounded(cpu="2")]}, status=status) == {"cpu": Fraction(4)}


def test_a_request_that_is_not_a_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="'1K' is not a quantity"):
        pod_requests({"containers": [asks(memory="1K")]})


requests = st.dictionaries(st.sampled_from(("cpu", "memory", "nvidia.com/gpu")), quantities)
containers = st.lists(requests.map(lambda entry: asks(**entry)), max_size=3)
init_containers = st.lists(
    requests.map(lambda entry: asks(**entry)) | requests.map(lambda entry: sidecar(**entry)), max_size=3
)


@given(running=containers, starting=init_containers)
def test_a_pod_requests_at_least_as_much_as_its_containers_and_each_init_container(
    running: list[Manifest], starting: list[Manifest]
) -> None:
    whole = pod_requests({"containers": running, "initContainers": starting})
    parts = [pod_requests({"containers": running}), *(pod_requests({"containers": [one]}) for one in starting)]
    assert [part for part in parts if any(whole[name] < amount for name, amount in part.items())] == []


@given(running=containers, starting=init_containers, extra=requests)
def test_one_more_container_adds_at_most_what_it_requests(
    running: list[Manifest], starting: list[Manifest], extra: dict[str, str]
) -> None:
    before = pod_requests({"containers": running, "initContainers": starting})
    after = pod_requests({"containers": [*running, asks(**extra)], "initContainers": starting})
    own = pod_requests({"containers": [asks(**extra)]})
    grown = {name: after[name] - before.get(name, Fraction(0)) for name in after}
    assert [name for name in after if not 0 <= grown[name] <= own.get(name, Fraction(0))] == []
