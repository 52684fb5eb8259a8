"""The frame of pods, from objects as a server answers them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.cluster.requests.page_parser import page_parser
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.kit.namespace_owners import Whose
from tenantkit.frames.kit.owners import Chains, Owner
from tenantkit.frames.kit.pod_amounts import AmountsOfPods
from tenantkit.frames.kit.pod_fields import PodParts
from tenantkit.frames.pods import PODS, pods, pods_frame
from tenantkit.rules.pod_requests import pod_limits, pod_requests
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE, STARTED, owned_by, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
OWNED = {"vision": Whose("vision", "cv")}
DEPLOYMENT = Owner("apps/v1", "Deployment", "api")


def only(**parts: Any) -> dict[str, Any]:
    """The one row of a pod."""
    frame = pods_frame([pod(**parts)], now=NOW)
    return {str(name): value for name, value in frame.iloc[0].to_dict().items()}


def test_a_pod_is_one_row_in_base_units() -> None:
    metadata = {"labels": {"pod-template-hash": "7d9f"}, "ownerReferences": owned_by("ReplicaSet", "api-7d9f")}

    frame = pods_frame([pod(metadata=metadata, spec={"priorityClassName": "high"})], owned=OWNED, now=NOW)

    expected = pd.DataFrame(
        {
            "tenant": ["vision"],
            "team": ["cv"],
            "namespace": ["vision"],
            "name": ["api-7d9f-x"],
            "workload": ["Deployment/api"],
            "phase": ["Running"],
            "status": ["Running"],
            "ready": [True],
            "restarts": [1],
            "node": ["gpu-1"],
            "requests_cpu_cores": [0.5],
            "requests_memory_bytes": [2**30],
            "limits_cpu_cores": [None],
            "limits_memory_bytes": [2**31],
            "accelerators": [2],
            "accelerator": ["nvidia.com/gpu"],
            "created": [CREATED],
            "started": [STARTED],
            "counted": [True],
            "qos": ["Burstable"],
            "priority_class": ["high"],
            "reason": [None],
            "creator": [None],
        }
    ).astype(PODS)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    pd.testing.assert_frame_equal(pods_frame([]), pd.DataFrame({name: [] for name in PODS}).astype(PODS))


def test_a_pod_that_says_next_to_nothing_is_a_row_all_the_same() -> None:
    frame = pods_frame([{"metadata": {"name": "new", "namespace": "vision"}}])

    row = frame.iloc[0].dropna().to_dict()
    assert row == {
        "namespace": "vision",
        "name": "new",
        "ready": False,
        "restarts": 0,
        "requests_cpu_cores": 0.0,
        "requests_memory_bytes": 0,
        "accelerators": 0,
        "counted": True,
    }


def test_null_is_as_if_it_were_not_there() -> None:
    nothing = pod(metadata={"labels": None, "annotations": None, "ownerReferences": None})
    nothing["spec"] = {"containers": [{"name": "main", "resources": None}], "initContainers": None, "overhead": None}
    nothing["status"] = {"phase": "Pending", "conditions": None, "containerStatuses": None}

    body = orjson.dumps({"items": [nothing]})
    [read] = page_parser(PodParts)(body)["items"]

    pd.testing.assert_frame_equal(pods_frame([read]), pods_frame([nothing]))


def test_what_is_read_in_part_gives_the_same_frame() -> None:
    whole = [pod(name) for name in ("a", "b")]
    whole[0]["metadata"] |= {
        "labels": {"app": "x", "pod-template-hash": "1", "hub.jupyter.org/username": "dana"},
        "annotations": {"huge": "x" * 1_000_000, "opendatahub.io/username": "sam"},
        "ownerReferences": owned_by("ReplicaSet", "a-1"),
        "deletionTimestamp": "2026-11-25T12:59:45Z",
        "deletionGracePeriodSeconds": 30,
        "managedFields": [{"manager": "kubectl"}],
    }

    parts = page_parser(PodParts)(orjson.dumps({"items": whole}))["items"]

    assert "huge" not in parts[0]["metadata"]["annotations"]
    pd.testing.assert_frame_equal(pods_frame(parts, now=NOW), pods_frame(whole, now=NOW))


@pytest.mark.parametrize(
    ("labels", "owner", "workload"),
    [
        ({"pod-template-hash": "7d9f"}, owned_by("ReplicaSet", "api-7d9f"), "Deployment/api"),
        ({"pod-template-hash": "7d9f"}, owned_by("ReplicaSet", "by-hand"), "ReplicaSet/by-hand"),
        ({"rollouts-pod-template-hash": "1"}, owned_by("ReplicaSet", "api-1"), "Rollout/api"),
        ({}, owned_by("ReplicaSet", "api-7d9f"), "ReplicaSet/api-7d9f"),
        ({}, owned_by("RayCluster", "ray", "ray.io/v1"), "RayCluster/ray"),
        ({}, [{"apiVersion": "v1", "kind": "Spark", "name": "s"}], "Spark/s"),
        ({}, [], None),
    ],
)
def test_the_workload_is_what_the_pod_knows_of_its_owners(
    labels: dict[str, str], owner: list[Manifest], workload: str | None
) -> None:
    found = only(metadata={"labels": labels, "ownerReferences": owner})["workload"]

    assert (None if found is pd.NA else found) == workload


def test_the_workload_is_the_root_of_the_owners_that_are_known() -> None:
    service = Owner("serving.kserve.io/v1beta1", "InferenceService", "llm")
    chains = Chains(owners={("vision", DEPLOYMENT): service, ("vision", service): None})
    metadata = {"ownerReferences": owned_by("Deployment", "api")}

    frame = pods_frame([pod(metadata=metadata), pod("b", namespace="other", metadata=metadata)], chains=chains)

    assert frame["workload"].tolist() == ["Deployment/api", "InferenceService/llm"]


def test_owners_that_own_each_other_end_somewhere() -> None:
    other = Owner("v1", "ConfigMap", "x")
    chains = Chains(owners={("vision", DEPLOYMENT): other, ("vision", other): DEPLOYMENT})

    frame = pods_frame([pod(metadata={"ownerReferences": owned_by("Deployment", "api")})], chains=chains)

    assert frame["workload"].notna().all()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"status": {"phase": "Succeeded"}}, False),
        ({"status": {"phase": "Failed", "reason": "Evicted"}}, False),
        ({"status": {"phase": "Pending"}}, True),
        ({"metadata": {"deletionTimestamp": "2026-11-25T12:59:45Z", "deletionGracePeriodSeconds": 30}}, True),
        ({"metadata": {"deletionTimestamp": "2026-11-25T12:59:15Z", "deletionGracePeriodSeconds": 30}}, False),
    ],
)
def test_what_is_finished_or_outstays_its_grace_is_not_counted(parts: Any, expected: bool) -> None:  # noqa: FBT001
    assert only(**parts)["counted"] is expected


def test_the_reason_is_the_pods_own_or_why_it_has_no_node() -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    waiting = pod()
    del waiting["spec"]["nodeName"]
    waiting["status"] = {"phase": "Pending", "conditions": [unscheduled]}

    assert only(status={"phase": "Failed", "reason": "Evicted"})["reason"] == "Evicted"
    assert pods_frame([waiting])["reason"].tolist() == ["Unschedulable"]


def test_the_creator_is_who_the_pod_or_its_workload_says() -> None:
    chains = Chains(owners={("vision", DEPLOYMENT): None}, creators={("vision", DEPLOYMENT): "sam"})
    owner = {"ownerReferences": owned_by("Deployment", "api")}
    own = pod("b", metadata={**owner, "annotations": {"hub.jupyter.org/username": "dana@example.com"}})

    frame = pods_frame([pod("a", metadata=owner), own, pod("c")], chains=chains)

    assert frame["creator"].fillna("-").tolist() == ["sam", "dana@example.com", "-"]


def test_strings_are_data_whatever_they_say() -> None:
    labels = {"hub.jupyter.org/username": HOSTILE}
    row = only(name=HOSTILE, metadata={"labels": labels}, status={"reason": HOSTILE}, spec={"nodeName": HOSTILE})

    assert (row["name"], row["node"], row["reason"], row["creator"]) == (HOSTILE,) * 4


def test_rows_are_in_a_stable_order() -> None:
    found = [pod("b"), pod("a", namespace="web"), pod("a")]

    assert pods_frame(found)[["namespace", "name"]].to_numpy().tolist() == [
        ["vision", "a"],
        ["vision", "b"],
        ["web", "a"],
    ]


resources = st.fixed_dictionaries(
    {},
    optional={
        column: st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), st.sampled_from(["1", "500m"]))
        for column in ("requests", "limits")
    },
)
containers = st.lists(
    st.fixed_dictionaries({"resources": resources}, optional={"restartPolicy": st.just("Always")}), max_size=3
)
seen = st.fixed_dictionaries({}, optional={"allocatedResources": st.just({"cpu": "2"}), "resources": resources})


@given(
    main=containers,
    prepared=containers,
    told=st.lists(seen, max_size=3),
    spec=st.fixed_dictionaries({}, optional={"overhead": st.just({"cpu": "100m"}), "resources": resources}),
    refused=st.booleans(),
)
def test_what_is_reckoned_once_is_what_is_reckoned_each_time(
    main: list[Manifest],
    prepared: list[Manifest],
    told: list[Manifest],
    spec: Manifest,
    refused: bool,  # noqa: FBT001
) -> None:
    for number, container in enumerate(main):
        container["name"] = f"c{number}"
    statuses = [{**each, "name": f"c{number}"} for number, each in enumerate(told)]
    pending = [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}] if refused else []
    full = {"containers": main, "initContainers": prepared, **spec}
    whole = {"spec": full, "status": {"containerStatuses": statuses, "conditions": pending}}
    amounts_of = AmountsOfPods()

    for _ in range(2):
        amounts = amounts_of(whole)
        assert amounts.requests == pod_requests(full, status=whole["status"])
        assert amounts.limits == pod_limits(full, status=whole["status"])


def pages(*items: Manifest, token: str = "") -> Any:
    return answer(body={"metadata": {"resourceVersion": "7", "continue": token}, "items": list(items)})


def test_a_list_that_expires_half_way_is_begun_again_and_tells_each_pod_once() -> None:
    script = Script(
        pages(pod("a"), token="next"), status(410, "Expired", "too old"), pages(pod("a"), pod("b")), pages()
    )

    frame = pods(cluster(script))

    assert frame["name"].tolist() == ["a", "b"]
    assert frame.attrs == {"scope": "cluster", "unread": {}}


def test_who_may_list_pods_and_not_namespaces_sees_them_as_nobodys() -> None:
    denied = status(403, "Forbidden", "namespaces is forbidden")

    frame = pods(cluster(Script(pages(pod("a")), denied, denied)))

    assert frame[["name", "namespace"]].to_numpy().tolist() == [["a", "vision"]]
    assert frame[["tenant", "team"]].isna().all(axis=None)


def test_owners_that_may_not_be_read_are_said_to_be_unknown() -> None:
    denied = status(403, "Forbidden", "deployments.apps is forbidden")
    owned = pod("a", metadata={"ownerReferences": owned_by("Deployment", "api")})

    frame = pods(cluster(Script(pages(owned), denied, denied, pages())))

    assert frame["workload"].tolist() == ["Deployment/api"]
    assert list(frame.attrs["unread"]) == ["Deployment"]


def test_who_may_list_no_pods_is_told_so() -> None:
    denied = status(403, "Forbidden", "pods is forbidden")

    with pytest.raises(PermissionDenied, match="may not list Pod"):
        pods(cluster(Script(denied, denied)))
