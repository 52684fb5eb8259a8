"""The frames of services and of volumes, from objects as a server returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.kit.namespace_owners import NamespaceOwner
from tenantkit.frames.services import SERVICES, services, services_frame
from tenantkit.frames.volumes import VOLUMES, volumes, volumes_frame
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE, pod

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

OWNED = {"vision": NamespaceOwner("vision", "cv")}
DENIED = status(403, "Forbidden", "it is forbidden")


def service(name: str = "ai", **spec: Any) -> Manifest:
    metadata = {"name": name, "namespace": "vision", "creationTimestamp": CREATED}
    return {"metadata": metadata, "spec": {"type": "ClusterIP", "clusterIP": "10.0.0.7", **spec}}


def slice_of(service: str, ready: list[bool | None], family: str = "IPv4") -> Manifest:
    labels = {"kubernetes.io/service-name": service}
    points = [{"addresses": ["x"], "conditions": {} if each is None else {"ready": each}} for each in ready]
    return {"metadata": {"namespace": "vision", "labels": labels}, "addressType": family, "endpoints": points}


def claim(name: str = "data", **parts: Any) -> Manifest:
    requested = {"resources": {"requests": {"storage": "10Gi"}}, "accessModes": ["ReadWriteOnce"]}
    return {
        "metadata": {"name": name, "namespace": "vision", "creationTimestamp": CREATED, **parts.get("metadata", {})},
        "spec": {**requested, "storageClassName": "fast", "volumeName": "pv-1"} | parts.get("spec", {}),
        "status": {"phase": "Bound", "capacity": {"storage": "16Gi"}, "accessModes": ["ReadWriteOnce"]}
        | parts.get("status", {}),
    }


def mounting(name: str, *claims: str, **parts: Any) -> Manifest:
    return pod(
        name, spec={"volumes": [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]}, **parts
    )


def listed(*items: Manifest) -> Any:
    return answer(body={"metadata": {"resourceVersion": "7"}, "items": list(items)})


def test_a_service_is_one_row_with_its_endpoints() -> None:
    ports = [{"port": 80, "protocol": "TCP"}, {"port": 53, "nodePort": 30053, "protocol": "UDP"}]
    found = service(type="LoadBalancer", ports=ports, selector={"b": "2", "a": "1"}, externalIPs=["192.0.2.1"])
    found["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}, {"hostname": "lb.example.ai"}]}}

    frame = services_frame([found], slices=[slice_of("ai", [True, False, None]), slice_of("ai", [True])], owned=OWNED)

    expected = pd.DataFrame(
        {
            "tenant": ["vision"],
            "team": ["cv"],
            "namespace": ["vision"],
            "name": ["ai"],
            "type": ["LoadBalancer"],
            "cluster_ip": ["10.0.0.7"],
            "external": ["192.0.2.7, lb.example.ai, 192.0.2.1"],
            "ports": ["80/TCP, 53:30053/UDP"],
            "selector": ["a=1,b=2"],
            "endpoints": [4],
            "endpoints_ready": [3],
            "created": [CREATED],
        }
    ).astype(SERVICES)
    pd.testing.assert_frame_equal(frame, expected)


def test_ipv4_and_ipv6_endpoints_count_once() -> None:
    slices = [slice_of("ai", [True, True]), slice_of("ai", [True, True], "IPv6")]

    assert services_frame([service()], slices=slices)["endpoints"].tolist() == [2]


def test_a_service_without_slices_has_no_endpoints_and_an_external_name_has_no_count() -> None:
    frame = services_frame([service(), service("b", type="ExternalName", externalName="example.ai")], slices=[])

    assert frame["endpoints"].fillna(-1).tolist() == [0, -1]
    assert frame["external"].tolist()[1] == "example.ai"


def test_endpoints_that_may_not_be_read_are_unknown() -> None:
    frame = services(cluster(Script(listed(service()), DENIED, DENIED, listed())))

    assert frame[["endpoints", "endpoints_ready"]].isna().all(axis=None)
    assert list(frame.attrs["incomplete"]) == ["EndpointSlice"]


def test_a_claim_is_one_row_with_the_pods_that_use_it() -> None:
    users = [
        mounting("b", "data"),
        mounting("a", "data", "other"),
        mounting("done", "data", status={"phase": "Failed"}),
    ]

    frame = volumes_frame([claim()], pods=users, owned=OWNED)

    expected = pd.DataFrame(
        {
            "tenant": ["vision"],
            "team": ["cv"],
            "namespace": ["vision"],
            "name": ["data"],
            "phase": ["Bound"],
            "requested_bytes": [10 * 2**30],
            "capacity_bytes": [2**34],
            "storage_class": ["fast"],
            "access_modes": ["ReadWriteOnce"],
            "volume": ["pv-1"],
            "used_by": ["a, b"],
            "created": [CREATED],
        }
    ).astype(VOLUMES)
    pd.testing.assert_frame_equal(frame, expected)


def test_an_ephemeral_volume_is_a_claim_named_after_pod_and_volume() -> None:
    own = pod("train", spec={"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}]})

    assert volumes_frame([claim("train-scratch")], pods=[own])["used_by"].tolist() == ["train"]


def test_an_unused_claim_differs_from_one_with_unknown_users() -> None:
    assert volumes_frame([claim()], pods=[])["used_by"].tolist() == [""]
    assert volumes_frame([claim()])["used_by"].isna().all()

    frame = volumes(cluster(Script(listed(claim()), DENIED, DENIED, listed())))
    assert frame["used_by"].isna().all()
    assert list(frame.attrs["incomplete"]) == ["Pod"]


def test_a_deleted_claim_is_terminating_and_a_new_one_has_no_capacity() -> None:
    going = claim("going", metadata={"deletionTimestamp": CREATED})
    new = {"metadata": {"name": "new", "namespace": "vision"}, "status": {"phase": "Pending"}}

    frame = volumes_frame([going, new], pods=[])

    assert frame["phase"].tolist() == ["Terminating", "Pending"]
    assert frame[["requested_bytes", "capacity_bytes", "volume", "storage_class"]].iloc[1].isna().all()


@pytest.mark.parametrize(("frame", "schema"), [(services_frame([]), SERVICES), (volumes_frame([]), VOLUMES)])
def test_an_empty_frame_has_the_same_columns_and_dtypes(frame: pd.DataFrame, schema: dict[str, str]) -> None:
    pd.testing.assert_frame_equal(frame, pd.DataFrame({name: [] for name in schema}).astype(schema))


@pytest.mark.parametrize("frame_of", [services, volumes])
def test_a_user_who_may_list_nothing_gets_an_error(frame_of: Any) -> None:
    with pytest.raises(PermissionDenied):
        frame_of(cluster(Script(DENIED, DENIED)))


def test_hostile_texts_are_kept_as_data() -> None:
    named = services_frame([service(HOSTILE, selector={HOSTILE: HOSTILE})]).iloc[0]
    stored = volumes_frame([claim(HOSTILE, spec={"storageClassName": HOSTILE})]).iloc[0]

    assert named[["name", "selector"]].tolist() == [HOSTILE, f"{HOSTILE}={HOSTILE}"]
    assert stored[["name", "storage_class"]].tolist() == [HOSTILE, HOSTILE]
