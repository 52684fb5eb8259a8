"""Kinds that the user may list only in part: each frame still answers, and names what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tenantkit.frames.events import events
from tenantkit.frames.pods import pods
from tenantkit.frames.quota import quota_usage
from tenantkit.frames.quota_holders import quota_holders
from tenantkit.frames.routes import routes
from tenantkit.frames.services import services
from tenantkit.frames.volumes import volumes
from tenantkit.frames.workloads import workloads
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import owned_by, pod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from tenantkit.cluster.http.transport import Request

DENIED = status(403, "Forbidden", "forbidden")
DEPLOYMENTS = "/apis/apps/v1/deployments"
HASH = {"ownerReferences": owned_by("ReplicaSet", "api-7d9f"), "labels": {"pod-template-hash": "7d9f"}}


class ByPath(Script):
    """Answers each list by its path; a path without an answer has no objects."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = answers

    def _next(self, request: Request) -> Any:
        self.requests.append(request)
        return self.answers.get(urlsplit(request.path).path, listed())


def listed(*items: Any) -> Any:
    return answer(body={"metadata": {"resourceVersion": "7"}, "items": list(items)})


def in_namespace(path: str, namespace: str) -> str:
    root, _, plural = path.rpartition("/")
    return f"{root}/namespaces/{namespace}/{plural}"


@pytest.mark.parametrize("denied", [DENIED, status(404, "NotFound", "none")])
def test_labels_of_a_kind_that_may_not_be_listed_select_nothing(denied: Any) -> None:
    script = ByPath(
        {
            "/api/v1/pods": listed(pod("api-7d9f-x", metadata=HASH), pod("alone")),
            DEPLOYMENTS: denied,
            in_namespace(DEPLOYMENTS, "default"): denied,
        }
    )

    frame = workloads(cluster(script), label_selector="app=ai")

    assert frame["workload"].tolist() == ["Pod/alone"]
    assert list(frame.attrs["incomplete"]) == ["Deployment"]


@pytest.mark.parametrize("read", [pods, workloads])
def test_owners_that_may_be_listed_in_one_namespace_only_are_incomplete(
    read: Callable[..., pd.DataFrame],
) -> None:
    script = ByPath({"/api/v1/pods": listed(pod("api-7d9f-x", metadata=HASH)), DEPLOYMENTS: DENIED})

    frame = read(cluster(script, namespace="speech"))

    assert frame.attrs["scope"] == "cluster"
    assert frame.attrs["incomplete"] == {"Deployment": "you may list Deployment only in speech"}


def test_owners_that_may_not_be_listed_in_one_namespace_are_incomplete() -> None:
    script = ByPath(
        {
            "/api/v1/namespaces/vision/pods": listed(pod("api-7d9f-x", metadata=HASH)),
            in_namespace(DEPLOYMENTS, "vision"): DENIED,
            "/api/v1/namespaces/vision": DENIED,
            "/api/v1/namespaces/speech": answer(body={"metadata": {"name": "speech"}}),
        }
    )

    frame = pods(cluster(script), namespaces=["vision", "speech"])

    assert frame.attrs["incomplete"] == {
        "Deployment": "not allowed to list Deployment in vision",
        "Namespace": "may not read namespaces: vision",
    }


def quota(namespace: str) -> dict[str, Any]:
    hard = {"pods": "4"}
    return {
        "metadata": {"name": "quota", "namespace": namespace},
        "spec": {"hard": hard},
        "status": {"hard": hard, "used": {"pods": "1"}},
    }


def test_holders_are_complete_where_pods_may_be_listed_in_every_namespace_with_a_quota() -> None:
    script = ByPath(
        {
            "/api/v1/namespaces/speech/resourcequotas": listed(quota("speech")),
            "/api/v1/namespaces/speech/pods": listed(pod("alone", namespace="speech")),
            "/api/v1/namespaces/vision/pods": DENIED,
            "/api/v1/namespaces/vision": answer(body={"metadata": {"name": "vision"}}),
            "/api/v1/namespaces/speech": answer(body={"metadata": {"name": "speech"}}),
        }
    )

    frame = quota_holders(cluster(script), namespaces=["speech", "vision"])

    assert frame["workload"].tolist() == ["Pod/alone"]
    assert frame.attrs["incomplete"] == {}


def test_quotas_of_a_namespace_whose_pods_may_not_be_listed_are_left_out() -> None:
    script = ByPath(
        {
            "/api/v1/namespaces/speech/resourcequotas": listed(quota("speech")),
            "/api/v1/namespaces/vision/resourcequotas": listed(quota("vision")),
            "/api/v1/namespaces/vision/pods": DENIED,
            "/api/v1/namespaces/vision": answer(body={"metadata": {"name": "vision"}}),
            "/api/v1/namespaces/speech": answer(body={"metadata": {"name": "speech"}}),
        }
    )

    frame = quota_holders(cluster(script), namespaces=["speech", "vision"])

    assert frame["namespace"].tolist() == ["speech"]
    assert frame.attrs["incomplete"] == {"Pod": "not allowed to list Pod in vision"}


@pytest.mark.parametrize(
    ("read", "kind", "path"),
    [
        (volumes, "Pod", "/api/v1/pods"),
        (services, "EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
        (events, "Pod", "/api/v1/pods"),
    ],
)
def test_what_a_frame_depends_on_may_be_listed_in_a_part_of_its_scope(
    read: Callable[..., pd.DataFrame], kind: str, path: str
) -> None:
    event = {"metadata": {"namespace": "vision"}, "involvedObject": {"kind": "Pod", "name": "x"}}
    script = ByPath({path: DENIED, "/api/v1/events": listed(event)})

    frame = read(cluster(script, namespace="speech"))

    assert frame.attrs["incomplete"] == {kind: f"you may list {kind} only in speech"}


def test_routes_name_the_namespaces_that_may_not_be_read() -> None:
    ingress = {"metadata": {"name": "ai", "namespace": "vision", "labels": {"tenantkit.dev/tenant": "vision"}}}
    script = ByPath(
        {
            "/apis/networking.k8s.io/v1/namespaces/vision/ingresses": listed(ingress),
            "/api/v1/namespaces/vision": DENIED,
            "/api/v1/namespaces/speech": answer(body={"metadata": {"name": "speech"}}),
        }
    )

    frame = routes(cluster(script), namespaces=["vision", "speech"])

    assert frame.attrs["incomplete"] == {"Namespace": "may not read namespaces: vision"}


def test_usage_that_is_measured_in_a_part_of_the_scope_is_incomplete() -> None:
    script = ByPath({"/apis/metrics.k8s.io/v1beta1/pods": DENIED})

    frame = quota_usage(cluster(script, namespace="speech"), metrics=True)

    assert frame.attrs["incomplete"] == {"PodMetrics": "you may list PodMetrics only in speech"}
