"""Frames of workloads, services, events, volumes and other kinds, and quota holders; the same on both engines.

A metrics server and custom kinds are custom resources here, which the sandbox does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.lists import served_kinds
from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.events import events
from tenantkit.frames.pods import pods
from tenantkit.frames.quota import quota_usage
from tenantkit.frames.quota_holders import quota_holders
from tenantkit.frames.resources import FIRST, LAST, resources
from tenantkit.frames.services import services
from tenantkit.frames.volumes import volumes
from tenantkit.frames.workloads import workloads
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.product.pods_with_gpus import HOSTILE, pod
from tests.contract.tenants import fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

NO_CUSTOM_KINDS = pytest.mark.gap("sandbox", raises=AssertionError, reason="has no custom resources")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def template(name: str) -> Manifest:
    main = {"name": "main", "image": "i", "resources": {"requests": {"cpu": "1"}}}
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [main], "restartPolicy": "Always"}}


def made(api_version: str, kind: str, namespace: str, name: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def custom_kind(kind: str, plural: str, group: str, version: str) -> Manifest:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    column = {"name": "Size In Pods", "type": "integer", "jsonPath": ".spec.size"}
    served = {
        "name": version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
        "additionalPrinterColumns": [column],
    }
    approved = {"api-approved.kubernetes.io": "unapproved, for a test"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": approved},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [served],
        },
    }


@pytest.fixture
def define(cluster: Cluster, wire: Wire, eventually: Callable[..., Any]) -> Iterator[Callable[..., str]]:
    """Make a custom kind; the path of its objects in a namespace, once it is served."""
    names: list[str] = []

    def defined(kind: str, plural: str, group: str, version: str, namespace: str) -> str:
        answer = wire("POST", CRDS, custom_kind(kind, plural, group, version))
        assert answer.status == 201, answer.body
        names.append(answer.body["metadata"]["name"])
        path = f"/apis/{group}/{version}/namespaces/{namespace}/{plural}"
        eventually(lambda: wire("GET", path).status == 200)
        return path

    yield defined
    for name in names:
        assert wire("DELETE", f"{CRDS}/{name}").status == 200
    # discovery lists a kind for a moment after its deletion, and the next test lists all kinds
    eventually(lambda: not {each.place.qualified for each in served_kinds(cluster)} & set(names))


def test_workloads_have_their_state(cluster: Cluster, namespace: str, eventually: Callable[..., Any]) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    job = {**template("train"), "spec": {**template("train")["spec"], "restartPolicy": "Never"}}
    selector = {"matchLabels": {"app": "api"}}
    cluster.create(
        made("apps/v1", "Deployment", namespace, "api", replicas=0, selector=selector, template=template("api"))
    )
    cluster.create(made("batch/v1", "Job", namespace, "train", suspend=True, completions=3, template=job))
    nightly = {"suspend": True, "schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": job}}}
    cluster.create(made("batch/v1", "CronJob", namespace, "nightly", **nightly))
    cluster.create(pod(namespace, "alone"))

    frame = workloads(cluster, namespaces=[namespace])

    shown = (
        frame[["workload", "root_workload", "state", "pods_desired", "pods", "accelerators"]]
        .fillna(-1)
        .to_numpy()
        .tolist()
    )
    assert shown == [
        ["CronJob/nightly", "CronJob/nightly", "Suspended", -1, 0, 0],
        ["Deployment/api", "Deployment/api", "ScaledDown", 0, 0, 0],
        ["Job/train", "Job/train", "Suspended", 3, 0, 0],
        ["Pod/alone", "Pod/alone", "Pending", 1, 1, 1],
    ]
    assert frame.attrs["scope"] == (namespace,)


@NO_CUSTOM_KINDS
def test_custom_kinds_are_workloads(
    cluster: Cluster, wire: Wire, namespace: str, define: Any, eventually: Callable[..., Any]
) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    path = define("RayThing", "raythings", "ray.example.ai", "v1", namespace)
    answer = wire("POST", path, made("ray.example.ai/v1", "RayThing", namespace, "llm", size=7))
    owner = {
        "apiVersion": "ray.example.ai/v1",
        "kind": "RayThing",
        "name": "llm",
        "uid": answer.body["metadata"]["uid"],
    }
    head = pod(namespace, "head")
    head["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
    cluster.create(head)

    assert pods(cluster, namespaces=[namespace])["root_workload"].tolist() == ["RayThing/llm"]
    assert workloads(cluster, namespaces=[namespace])[["workload", "pods"]].to_numpy().tolist() == [["RayThing/llm", 1]]
    frame = resources(cluster, "raythings.ray.example.ai", namespaces=[namespace])
    assert frame[["name", "size_in_pods"]].to_numpy().tolist() == [["llm", 7]]
    assert frame.dtypes["size_in_pods"] == "Int64"


def test_services_have_their_endpoints(cluster: Cluster, namespace: str) -> None:
    cluster.create(made("v1", "Service", namespace, "ai", ports=[{"port": 80}]))
    behind = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "ai-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": "ai"}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": ["192.0.2.1"], "conditions": {"ready": True}},
            {"addresses": ["192.0.2.2"], "conditions": {"ready": False}},
        ],
    }
    cluster.create(behind)

    frame = services(cluster, namespaces=[namespace])

    row = frame[["name", "type", "ports", "endpoints", "endpoints_ready"]].to_numpy().tolist()
    assert row == [["ai", "ClusterIP", "80/TCP", 2, 1]]


def test_events_of_both_apis_are_one_row(cluster: Cluster, wire: Wire, namespace: str) -> None:
    about = {"kind": "Pod", "name": "api-1", "namespace": namespace, "apiVersion": "v1"}
    old = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "old", "namespace": namespace},
        "involvedObject": about,
        "reason": "BackOff",
        "message": HOSTILE,
        "type": "Warning",
        "count": 4,
        "firstTimestamp": "2026-11-25T12:00:00Z",
        "lastTimestamp": "2026-11-25T12:05:00Z",
        "source": {"component": "kubelet"},
    }
    new = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "new", "namespace": namespace},
        "regarding": about,
        "reason": "BackOff",
        "note": HOSTILE,
        "type": "Warning",
        "action": "Waiting",
        "reportingController": "example.ai/test",
        "reportingInstance": "x",
        "eventTime": "2026-11-25T11:59:00.000000Z",
        "series": {"count": 3, "lastObservedTime": "2026-11-25T12:06:00.500000Z"},
    }
    cluster.create(old)
    assert wire("POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", new).status == 201

    frame = events(cluster, namespaces=[namespace])

    [row] = frame[frame["object"] == "Pod/api-1"].to_dict("records")
    assert (row["count"], row["message"], row["type"]) == (7, HOSTILE, "Warning")
    assert row["first_seen"].isoformat() == "2026-11-25T11:59:00+00:00"
    assert row["last_seen"].isoformat() == "2026-11-25T12:06:00.500000+00:00"


def test_volumes_have_the_pods_that_use_them(cluster: Cluster, namespace: str, eventually: Callable[..., Any]) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    asked = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
    }
    cluster.create(made("v1", "PersistentVolumeClaim", namespace, "data", **asked))
    cluster.create(pod(namespace, "a", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]))

    frame = volumes(cluster, namespaces=[namespace])

    row = frame[["name", "phase", "requested_bytes", "storage_class", "used_by"]].to_numpy().tolist()
    assert row == [["data", "Pending", 2**30, "fast", "a"]]


def test_every_kind_that_the_server_lists_is_a_frame(cluster: Cluster) -> None:
    kinds = [each.place for each in served_kinds(cluster) if each.can_list]

    for kind in kinds:
        frame = resources(cluster, f"{kind.api_version}/{kind.kind}")
        columns = list(frame)
        assert columns[:4] + columns[-1:] == [*FIRST, *LAST], kind
        assert len(set(columns)) == len(columns), kind
    assert len(kinds) > 15


def test_a_kind_that_the_server_does_not_have_is_refused(cluster: Cluster) -> None:
    with pytest.raises(
        InvalidSpecError, match="the server does not serve a kind of this name that can be listed: it has deployment"
    ):
        resources(cluster, "deploymet")


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


def test_an_owner_sees_who_holds_the_quota(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., Any]
) -> None:
    owner = connect_as("owner")
    eventually(lambda: owner.can("list", "Pod", namespace=name))
    eventually(lambda: cluster.get("ServiceAccount", "default", name))
    eventually(lambda: "pending" not in set(quota_usage(cluster, namespaces=[name])["state"]))
    secure = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    light = pod(name, "trainer", securityContext=secure)
    light["spec"]["containers"][0] |= {
        "resources": {"requests": {"cpu": "500m", "memory": "64Mi"}, "limits": {"memory": "64Mi", "cpu": "1"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    cluster.create(light)

    def cpu() -> pd.DataFrame:
        return quota_holders(owner, name).query("resource == 'requests.cpu'")

    eventually(lambda: len(cpu()) == 1)
    row = cpu().iloc[0].drop(["since", "hard", "share_pct"]).dropna().to_dict()

    assert row == {
        "tenant": name,
        "team": "cv",
        "namespace": name,
        "quota": "tenantkit-quota",
        "resource": "requests.cpu",
        "unit": "cores",
        "workload": "Pod/trainer",
        "root_workload": "Pod/trainer",
        "creator": HOSTILE,
        "owners": "owner@example.com",
        "used": 0.5,
        "objects": 1,
    }


def test_a_team_has_the_sum_of_its_tenants(cluster: Cluster, name: str, eventually: Callable[..., Any]) -> None:
    def total() -> pd.DataFrame:
        return quota_usage(cluster, namespaces=[name], by="team").query("resource == 'requests.cpu'")

    eventually(lambda: total()["state"].tolist() == ["ok"])
    assert total()[["team", "namespaces", "used", "hard"]].to_numpy().tolist() == [["cv", 1, 0.0, 4.0]]


@NO_CUSTOM_KINDS
def test_measured_usage_comes_from_the_metrics_server(cluster: Cluster, wire: Wire, name: str, define: Any) -> None:
    path = define("PodMetrics", "pods", "metrics.k8s.io", "v1beta1", name)
    used = {"name": "main", "usage": {"cpu": "250m", "memory": "64Mi"}}
    metrics = {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": "x"}}
    assert wire("POST", path, {**metrics, "containers": [used], "window": "30s"}).status == 201

    frame = quota_usage(cluster, namespaces=[name], metrics=True).set_index("resource")

    assert frame.loc[["requests.cpu", "requests.memory"], "measured"].tolist() == [0.25, 2.0**26]
    assert frame.attrs["incomplete"] == {}


def test_without_a_metrics_server_the_reason_is_in_attrs(cluster: Cluster, name: str) -> None:
    frame = quota_usage(cluster, namespaces=[name], metrics=True)

    assert frame["measured"].isna().all()
    assert list(frame.attrs["incomplete"]) == ["PodMetrics"]
