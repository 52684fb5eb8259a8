"""The frame of pods, from objects as a server returns them."""

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
from tenantkit.frames.kit.namespace_owners import NamespaceOwner
from tenantkit.frames.kit.owners import Chains, Owner
from tenantkit.frames.kit.pod_amounts import AmountsOfPods
from tenantkit.frames.kit.pod_fields import PodFields
from tenantkit.frames.pods import PODS, pods, pods_frame
from tenantkit.rules.pod_requests import pod_limits, pod_requests
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE, STARTED, owned_by, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
OWNED = {"vision": NamespaceOwner("vision", "cv")}
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
            "root_workload": ["Deployment/api"],
            "phase": ["Running"],
            "status": ["Running"],
            "ready": [True],
            "restarts": [1],
            "node": ["gpu-1"],
            "cpu_requests_cores": [0.5],
            "memory_requests_bytes": [2**30],
            "cpu_limits_cores": [None],
            "memory_limits_bytes": [2**31],
            "accelerators": [2],
            "accelerator_kinds": ["nvidia.com/gpu"],
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


def test_a_pod_with_hardly_any_field_is_a_row() -> None:
    frame = pods_frame([{"metadata": {"name": "new", "namespace": "vision"}}])

    row = frame.iloc[0].dropna().to_dict()
    assert row == {
        "namespace": "vision",
        "name": "new",
        "workload": "Pod/new",
        "root_workload": "Pod/new",
        "ready": False,
        "restarts": 0,
        "cpu_requests_cores": 0.0,
        "memory_requests_bytes": 0,
        "accelerators": 0,
        "counted": True,
    }


def test_null_is_like_a_missing_field() -> None:
    nothing = pod(metadata={"labels": None, "annotations": None, "ownerReferences": None})
    nothing["spec"] = {"containers": [{"name": "main", "resources": None}], "initContainers": None, "overhead": None}
    nothing["status"] = {"phase": "Pending", "conditions": None, "containerStatuses": None}

    body = orjson.dumps({"items": [nothing]})
    [read] = page_parser(PodFields)(body)["items"]

    pd.testing.assert_frame_equal(pods_frame([read]), pods_frame([nothing]))


def test_partly_decoded_pods_give_the_same_frame() -> None:
    whole = [pod(name) for name in ("a", "b")]
    whole[0]["metadata"] |= {
        "labels": {"app": "x", "pod-template-hash": "1", "hub.jupyter.org/username": "dana"},
        "annotations": {"huge": "x" * 1_000_000, "opendatahub.io/username": "sam"},
        "ownerReferences": owned_by("ReplicaSet", "a-1"),
        "deletionTimestamp": "2026-11-25T12:59:45Z",
        "deletionGracePeriodSeconds": 30,
        "managedFields": [{"manager": "kubectl"}],
    }

    parts = page_parser(PodFields)(orjson.dumps({"items": whole}))["items"]

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
        ({}, [], "Pod/api-7d9f-x"),
    ],
)
def test_the_workload_is_the_owner_that_the_pod_names(
    labels: dict[str, str], owner: list[Manifest], workload: str
) -> None:
    row = only(metadata={"labels": labels, "ownerReferences": owner})

    assert (row["workload"], row["root_workload"]) == (workload, workload)


def test_the_root_workload_is_the_last_owner_that_is_known() -> None:
    service = Owner("serving.kserve.io/v1beta1", "InferenceService", "llm")
    chains = Chains(owners={("vision", DEPLOYMENT): service, ("vision", service): None})
    metadata = {"ownerReferences": owned_by("Deployment", "api")}

    frame = pods_frame([pod(metadata=metadata), pod("b", namespace="other", metadata=metadata)], chains=chains)

    assert frame["workload"].tolist() == ["Deployment/api", "Deployment/api"]
    assert frame["root_workload"].tolist() == ["Deployment/api", "InferenceService/llm"]


def test_owners_that_own_each_other_end() -> None:
    other = Owner("v1", "ConfigMap", "x")
    chains = Chains(owners={("vision", DEPLOYMENT): other, ("vision", other): DEPLOYMENT})

    frame = pods_frame([pod(metadata={"ownerReferences": owned_by("Deployment", "api")})], chains=chains)

    assert frame["root_workload"].notna().all()


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
def test_pods_that_are_finished_or_past_their_grace_period_are_not_counted(parts: Any, expected: bool) -> None:  # noqa: FBT001
    assert only(**parts)["counted"] is expected


def test_the_reason_is_the_pods_own_or_of_its_scheduling() -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    waiting = pod()
    del waiting["spec"]["nodeName"]
    waiting["status"] = {"phase": "Pending", "conditions": [unscheduled]}

    assert only(status={"phase": "Failed", "reason": "Evicted"})["reason"] == "Evicted"
    assert pods_frame([waiting])["reason"].tolist() == ["Unschedulable"]


def test_the_creator_is_named_by_the_pod_or_its_workload() -> None:
    chains = Chains(owners={("vision", DEPLOYMENT): None}, creators={("vision", DEPLOYMENT): "sam"})
    owner = {"ownerReferences": owned_by("Deployment", "api")}
    own = pod("b", metadata={**owner, "annotations": {"hub.jupyter.org/username": "dana@example.com"}})

    frame = pods_frame([pod("a", metadata=owner), own, pod("c")], chains=chains)

    assert frame["creator"].fillna("-").tolist() == ["sam", "dana@example.com", "-"]


def test_hostile_texts_are_kept_as_data() -> None:
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
def test_cached_amounts_equal_computed_ones(
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


def test_a_list_that_expires_half_way_is_restarted_and_has_each_pod_once() -> None:
    script = Script(
        pages(pod("a"), token="next"), status(410, "Expired", "too old"), pages(pod("a"), pod("b")), pages()
    )

    frame = pods(cluster(script))

    assert frame["name"].tolist() == ["a", "b"]
    assert frame.attrs == {"scope": "cluster", "incomplete": {}}


def test_tenants_are_missing_where_namespaces_may_not_be_listed() -> None:
    denied = status(403, "Forbidden", "namespaces is forbidden")

    frame = pods(cluster(Script(pages(pod("a")), denied, denied)))

    assert frame[["name", "namespace"]].to_numpy().tolist() == [["a", "vision"]]
    assert frame[["tenant", "team"]].isna().all(axis=None)


def test_owners_that_may_not_be_listed_are_in_incomplete() -> None:
    denied = status(403, "Forbidden", "deployments.apps is forbidden")
    owned = pod("a", metadata={"ownerReferences": owned_by("Deployment", "api")})

    frame = pods(cluster(Script(pages(owned), denied, denied, pages())))

    assert frame["workload"].tolist() == ["Deployment/api"]
    assert list(frame.attrs["incomplete"]) == ["Deployment"]


def test_a_user_who_may_not_list_pods_gets_an_error() -> None:
    denied = status(403, "Forbidden", "pods is forbidden")

    with pytest.raises(PermissionDenied, match="may not list Pod"):
        pods(cluster(Script(denied, denied)))
