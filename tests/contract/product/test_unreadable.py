"""An object that no parser reads: on both engines it is named, and everything else is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.requests.unreadable import UnreadableObject
from tenantkit.exceptions import Unreadable
from tenantkit.frames.pods import pods
from tenantkit.frames.resources import resources
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

DEEP = "is nested deeper than 1,024 levels"
LEVELS = 1_100
MANAGER = b'{"manager":"x","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":%s}'


@pytest.fixture
def plant(wire: Wire, namespace: str) -> Callable[[str, bytes], None]:
    """Create an object `odd` whose managed fields are nested so deeply that no parser reads them."""

    def planted(kind: str, rest: bytes) -> None:
        fields = b'"managedFields":[%s]' % MANAGER % (b'{"f:a":' * LEVELS + b"{}" + b"}" * LEVELS)
        body = b'{"apiVersion":"v1","kind":"%s","metadata":{"name":"odd",%s},%s}' % (kind.encode(), fields, rest)
        url = f"{wire.server}/api/v1/namespaces/{namespace}/{kind.lower()}s"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {wire.token}"}
        answer = wire.pool.request("POST", url, body=body, headers=headers)
        assert answer.status == 201, answer.data[:500]

    return planted


def test_a_list_names_the_object_and_has_all_others(
    cluster: Cluster, namespace: str, plant: Callable[[str, bytes], None]
) -> None:
    plant("ConfigMap", b'"data":{"k":"v"}')
    metadata = {"name": "even", "namespace": namespace}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "v"}})

    found = cluster.list("ConfigMap", namespace=namespace)

    assert "even" in [each["metadata"]["name"] for each in found]
    assert found.unreadable == (UnreadableObject("ConfigMap", namespace, "odd", DEEP),)
    assert {"even", "odd"} <= {*resources(cluster, "configmaps", namespaces=[namespace])["name"]}
    with pytest.raises(Unreadable):
        cluster.get("ConfigMap", "odd", namespace)
    events = {
        event.manifest["metadata"]["name"] for event in cluster.watch("ConfigMap", namespace=namespace, timeout_s=1)
    }
    assert {"even", "odd"} <= events


def test_a_frame_has_its_row(cluster: Cluster, namespace: str, plant: Callable[[str, bytes], None]) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    plant("Pod", b'"spec":{"containers":[{"name":"a","image":"a"}]}')

    frame = pods(cluster, namespaces=[namespace])

    assert frame["name"].tolist() == ["odd"]
    assert frame.attrs["incomplete"] == {}


def test_a_live_watch_goes_on_behind_its_events(
    cluster: Cluster, namespace: str, plant: Callable[[str, bytes], None]
) -> None:
    events = cluster.watch("ConfigMap", namespace=namespace, name="odd", timeout_s=30)
    plant("ConfigMap", b'"data":{"k":"v"}')

    assert next(events).manifest["data"] == {"k": "v"}
