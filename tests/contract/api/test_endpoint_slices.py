"""EndpointSlices of Services: which pods they list, how, and when; the same on both engines."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.workloads import Workloads, pod_spec
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

HTTP = {"name": "http", "port": 80, "targetPort": 8080}


@pytest.fixture
def workloads(wire: Wire, namespace: str) -> Workloads:
    found = Workloads(wire, namespace)
    eventually(lambda: wire("GET", found.path("serviceaccounts", "default")).status == 200)
    return found


@pytest.fixture
def node(workloads: Workloads) -> Iterator[str]:
    """A node without a kubelet: pods are bound to it by their spec."""
    name = f"contract-{uuid.uuid4().hex[:8]}"
    labels = {"topology.kubernetes.io/zone": "zone-a"}
    manifest = {"metadata": {"name": name, "labels": labels}, "spec": {}}
    assert workloads.wire("POST", "/api/v1/nodes", manifest).status == 201
    yield name
    for pod in workloads.all("pods"):
        workloads.delete("pods", pod["metadata"]["name"], gracePeriodSeconds=0)
    assert workloads.wire("DELETE", f"/api/v1/nodes/{name}").status == 200


def service(workloads: Workloads, *ports: Manifest, **fields: Any) -> Manifest:
    spec = {"selector": {"app": "web"}, "ports": list(ports or [HTTP]), **fields}
    return workloads.create("services", "web", spec, labels={"team": "vision"})


def pod(workloads: Workloads, node: str, address: str, *, ready: bool = True, name: str = "a", **spec: Any) -> Manifest:
    """A pod with an address."""
    fields = {"nodeName": node, **spec} if node else spec
    made = workloads.create("pods", name, pod_spec(**fields), labels={"app": "web"})
    workloads.say_ready(made, ready=ready, address=address)
    return made


def one_slice(workloads: Workloads, *addresses: str) -> Manifest:
    """The one slice, once it has these addresses."""

    def found() -> bool:
        items = workloads.all("endpointslices")
        assert len(items) == 1
        present = sorted(address for endpoint in items[0]["endpoints"] or () for address in endpoint["addresses"])
        assert present == sorted(addresses)
        return True

    eventually(found)
    (item,) = workloads.all("endpointslices")
    return item


def test_a_service_without_pods_has_an_empty_slice(workloads: Workloads) -> None:
    owner = service(workloads)
    found = one_slice(workloads)
    metadata = found["metadata"]
    assert re.fullmatch(r"web-[bcdfghjklmnpqrstvwxz2456789]{5}", metadata["name"])
    assert metadata["labels"] == {
        "team": "vision",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    (reference,) = metadata["ownerReferences"]
    assert (reference["apiVersion"], reference["kind"], reference["uid"], reference["controller"]) == (
        "v1",
        "Service",
        owner["metadata"]["uid"],
        True,
    )
    assert (found["addressType"], found["ports"], found["endpoints"]) == ("IPv4", None, None)


def test_a_ready_pod_is_listed_with_its_node_and_zone(workloads: Workloads, node: str) -> None:
    service(workloads)
    made = pod(workloads, node, "10.1.0.1")
    found = one_slice(workloads, "10.1.0.1")
    assert found["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    reference = {"kind": "Pod", "namespace": workloads.namespace, "name": "a", "uid": made["metadata"]["uid"]}
    assert found["endpoints"] == [
        {
            "addresses": ["10.1.0.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": reference,
            "nodeName": node,
            "zone": "zone-a",
        }
    ]


def test_a_pod_that_is_not_ready_is_listed_as_not_ready(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, node, "10.1.0.1", ready=False)
    (endpoint,) = one_slice(workloads, "10.1.0.1")["endpoints"]
    assert endpoint["conditions"] == {"ready": False, "serving": False, "terminating": False}


def test_a_service_that_publishes_pods_that_are_not_ready_lists_them_as_ready(workloads: Workloads, node: str) -> None:
    service(workloads, publishNotReadyAddresses=True)
    pod(workloads, node, "10.1.0.1", ready=False)
    (endpoint,) = one_slice(workloads, "10.1.0.1")["endpoints"]
    assert endpoint["conditions"] == {"ready": True, "serving": False, "terminating": False}


def test_a_terminating_pod_is_no_longer_ready(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, node, "10.1.0.1")
    one_slice(workloads, "10.1.0.1")
    workloads.delete("pods", "a")
    going = {"ready": False, "serving": True, "terminating": True}
    eventually(lambda: one_slice(workloads, "10.1.0.1")["endpoints"][0]["conditions"] == going)


def test_a_pod_without_a_node_is_in_no_slice(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, "", "10.1.0.1", name="nowhere")
    pod(workloads, node, "10.1.0.2", name="there")
    one_slice(workloads, "10.1.0.2")


def test_a_deleted_pod_leaves_an_empty_slice(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, node, "10.1.0.1")
    before = one_slice(workloads, "10.1.0.1")
    workloads.delete("pods", "a", gracePeriodSeconds=0)
    after = one_slice(workloads)
    assert after["metadata"]["name"] == before["metadata"]["name"]
    assert (after["ports"], after["endpoints"]) == (None, None)


def test_a_finished_pod_is_in_no_slice(workloads: Workloads, node: str) -> None:
    service(workloads)
    made = pod(workloads, node, "10.1.0.1")
    one_slice(workloads, "10.1.0.1")
    workloads.say_finished(made, "Succeeded")
    one_slice(workloads)


def test_only_pods_that_match_the_selector_are_listed(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, node, "10.1.0.1")
    pod(workloads, node, "10.1.0.2", name="b")
    one_slice(workloads, "10.1.0.1", "10.1.0.2")
    workloads.patch("pods", "b", {"metadata": {"labels": {"app": "other"}}})
    one_slice(workloads, "10.1.0.1")


def test_a_new_selector_lists_other_pods(workloads: Workloads, node: str) -> None:
    service(workloads)
    pod(workloads, node, "10.1.0.1")
    one_slice(workloads, "10.1.0.1")
    workloads.patch("services", "web", {"spec": {"selector": {"app": "other"}}})
    one_slice(workloads)


def test_a_named_port_is_the_containers_port(workloads: Workloads, node: str) -> None:
    service(workloads, {"name": "http", "port": 80, "targetPort": "web", "appProtocol": "http"})
    container = {"name": "main", "image": "busybox", "ports": [{"name": "web", "containerPort": 9090}]}
    pod(workloads, node, "10.1.0.1", containers=[container])
    found = one_slice(workloads, "10.1.0.1")
    assert found["ports"] == [{"name": "http", "port": 9090, "protocol": "TCP", "appProtocol": "http"}]


def test_pods_with_other_numbers_for_a_named_port_get_separate_slices(workloads: Workloads, node: str) -> None:
    service(workloads, {"name": "http", "port": 80, "targetPort": "web"})
    for name, number in (("a", 8001), ("b", 8002), ("c", 8001)):
        ports = [{"name": "web", "containerPort": number}]
        containers = [{"name": "main", "image": "busybox", "ports": ports}]
        pod(workloads, node, f"10.1.0.{ord(name)}", name=name, containers=containers)

    def found() -> list[tuple[int, int]]:
        items = [item for item in workloads.all("endpointslices") if item["ports"]]
        return sorted((item["ports"][0]["port"], len(item["endpoints"])) for item in items)

    eventually(lambda: found() == [(8001, 2), (8002, 1)])


def test_a_port_that_no_container_names_is_left_out(workloads: Workloads, node: str) -> None:
    service(workloads, HTTP, {"name": "metrics", "port": 90, "targetPort": "metrics"})
    pod(workloads, node, "10.1.0.1")
    assert one_slice(workloads, "10.1.0.1")["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


def test_the_slice_of_a_headless_service_is_labelled_headless(workloads: Workloads, node: str) -> None:
    service(workloads, clusterIP="None")
    pod(workloads, node, "10.1.0.1", hostname="db-0", subdomain="web")
    found = one_slice(workloads, "10.1.0.1")
    assert found["metadata"]["labels"]["service.kubernetes.io/headless"] == ""
    assert found["endpoints"][0]["hostname"] == "db-0"


def test_labels_of_the_service_are_copied_to_the_slice(workloads: Workloads) -> None:
    service(workloads)
    one_slice(workloads)
    workloads.patch("services", "web", {"metadata": {"labels": {"team": "speech"}}})
    eventually(lambda: one_slice(workloads)["metadata"]["labels"]["team"] == "speech")


@pytest.mark.parametrize(
    "spec",
    [
        {"ports": [HTTP]},
        {"type": "ExternalName", "externalName": "example.com", "selector": {"app": "web"}},
    ],
)
def test_a_service_without_a_selector_or_with_an_external_name_has_no_slice(
    workloads: Workloads, spec: Manifest
) -> None:
    workloads.create("services", "plain", spec)
    service(workloads)
    one_slice(workloads)


def test_a_deleted_slice_is_created_again(workloads: Workloads) -> None:
    service(workloads)
    name = one_slice(workloads)["metadata"]["name"]
    assert workloads.delete("endpointslices", name).status == 200
    eventually(lambda: name not in {item["metadata"]["name"] for item in workloads.all("endpointslices")})
    assert one_slice(workloads)["metadata"]["name"] != name


def test_slices_are_deleted_with_their_service(workloads: Workloads) -> None:
    service(workloads)
    one_slice(workloads)
    assert workloads.delete("services", "web").status == 200
    eventually(lambda: not workloads.all("endpointslices"), timeout_s=40)
