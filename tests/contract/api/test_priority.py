"""A pod's priority comes from its class, from the default one, or is 0; and workloads count against quotas.

The rules: pages "Pod Priority and Preemption" and "Resource Quotas", section "Object count quota".
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import GOOD, POD, QUIET
from tests.contract.namespaces import fresh_name
from tests.contract.wire import MERGE_PATCH
from tests.eventually import eventually
from tests.statuses import forbidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.api.kind_samples import Json
    from tests.contract.wire import Answer, Wire

CLASSES = GOOD["PriorityClass"].path("")
DRY_RUN = {"dryRun": "All"}


@pytest.fixture
def home(cluster: Cluster, namespace: str) -> str:
    """A namespace that is ready for pods."""
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    return namespace


@pytest.fixture
def make_class(wire: Wire) -> Iterator[Callable[..., str]]:
    """Create a PriorityClass and return its name."""
    made: list[str] = []

    def make(**fields: Any) -> str:
        name = fresh_name()
        answer = wire("POST", CLASSES, {"metadata": {"name": name}, "value": 1000, **fields})
        assert answer.status == 201, answer.body
        made.append(name)
        return name

    yield make
    for name in made:
        wire("DELETE", f"{CLASSES}/{name}")


def pod(wire: Wire, namespace: str, **spec: Any) -> Answer:
    manifest = {"metadata": {"name": "web"}, "spec": {**POD, **spec}}
    return wire("POST", f"/api/v1/namespaces/{namespace}/pods", manifest, query=DRY_RUN)


def priority(answer: Answer) -> Json:
    fields = ("priorityClassName", "priority", "preemptionPolicy")
    return {key: answer.body["spec"][key] for key in fields if key in answer.body["spec"]}


@pytest.mark.parametrize(
    ("name", "value"), [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)]
)
def test_two_priority_classes_exist_from_the_beginning(wire: Wire, home: str, name: str, value: int) -> None:
    found = wire("GET", f"{CLASSES}/{name}").body

    assert (found["value"], found["preemptionPolicy"], found["metadata"]["generation"]) == (
        value,
        "PreemptLowerPriority",
        1,
    )
    expected = {"priorityClassName": name, "priority": value, "preemptionPolicy": "PreemptLowerPriority"}
    assert priority(pod(wire, home, priorityClassName=name)) == expected


def test_a_pod_without_a_class_has_priority_0(wire: Wire, home: str) -> None:
    assert priority(pod(wire, home)) == {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}


def test_a_pods_priority_is_its_classs(wire: Wire, home: str, make_class: Callable[..., str]) -> None:
    name = make_class(value=7, preemptionPolicy="Never")

    def created() -> Answer | None:
        answer = pod(wire, home, priorityClassName=name)
        return answer if answer.status == 201 else None

    assert priority(eventually(created)) == {"priorityClassName": name, "priority": 7, "preemptionPolicy": "Never"}


def test_a_class_that_does_not_exist_is_refused(wire: Wire, home: str) -> None:
    answer = pod(wire, home, priorityClassName="urgent")

    assert (answer.status, answer.body) == (
        403,
        forbidden("pods", "web", "no PriorityClass with name urgent was found"),
    )


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"priority": 5},
            (
                "the integer value of priority (5) must not be provided in pod spec; priority admission controller "
                "computed 0 from the given PriorityClass name"
            ),
        ),
        (
            {"preemptionPolicy": "Never"},
            (
                "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission "
                "controller computed PreemptLowerPriority from the given PriorityClass name"
            ),
        ),
    ],
    ids=str,
)
def test_a_pod_may_not_set_its_own_priority(wire: Wire, home: str, spec: Json, why: str) -> None:
    answer = pod(wire, home, **spec)

    assert (answer.status, answer.body) == (403, forbidden("pods", "web", why))


def test_at_most_one_class_is_the_default(wire: Wire, home: str, make_class: Callable[..., str]) -> None:
    name = make_class(value=3, globalDefault=True)
    expected = {"priorityClassName": name, "priority": 3, "preemptionPolicy": "PreemptLowerPriority"}
    eventually(lambda: priority(pod(wire, home)) == expected)

    second = wire("POST", CLASSES, {"metadata": {"name": "second"}, "value": 1, "globalDefault": True}, query=DRY_RUN)

    why = f"PriorityClass {name} is already marked as default. Only one default can exist"
    refusal = f'priorityclasses.scheduling.k8s.io "second" is forbidden: {why}'
    assert (second.status, second.body["message"]) == (403, refusal)
    same = wire("GET", f"{CLASSES}/{name}").body
    assert wire("PUT", f"{CLASSES}/{name}", {**same, "description": "for all"}, query=DRY_RUN).status == 200


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob"])
def test_workloads_count_against_a_quota(wire: Wire, home: str, kind: str) -> None:
    good = GOOD[kind]
    counted = f"count/{good.plural}.{good.api_version.partition('/')[0]}"
    quotas = f"/api/v1/namespaces/{home}/resourcequotas"
    wire("POST", quotas, {"metadata": {"name": "few"}, "spec": {"hard": {counted: "1"}}})
    eventually(lambda: wire("GET", f"{quotas}/few").body["status"].get("used") == {counted: "0"})
    assert wire("POST", good.path(home), good.named("first", QUIET[kind])).status == 201
    # the controller may count from a cache without the first one; a change of the quota's spec makes it recount
    others = itertools.count(10)

    def counted_anew() -> bool:
        wire("PATCH", f"{quotas}/few", {"spec": {"hard": {"pods": str(next(others))}}}, content_type=MERGE_PATCH)
        return bool(wire("GET", f"{quotas}/few").body["status"]["used"] == {counted: "1", "pods": "0"})

    eventually(counted_anew)

    second = wire("POST", good.path(home), good.named("second", QUIET[kind]))

    why = f"exceeded quota: few, requested: {counted}=1, used: {counted}=1, limited: {counted}=1"
    assert (second.status, second.body["message"]) == (
        403,
        f'{counted.removeprefix("count/")} "second" is forbidden: {why}',
    )
