"""What may not be read, and what cannot be parsed, is unknown in the network that `connectivity` reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tenantkit.cluster.http.transport import Answer
from tenantkit.exceptions import PermissionDenied
from tenantkit.findings.connectivity.connectivity import connectivity
from tenantkit.findings.connectivity.read_network import read_network
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tests.unit.cluster.seam import answer, cluster, status
from tests.unit.frames.test_partly_readable import DENIED, ByPath, in_namespace, listed
from tests.unit.rules.network_policies.worlds import NAME_LABEL, address

if TYPE_CHECKING:
    from collections.abc import Mapping

PODS, SPACES, NODES = "/api/v1/pods", "/api/v1/namespaces", "/api/v1/nodes"
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"
SLICES = in_namespace("/apis/discovery.k8s.io/v1/endpointslices", "default")
SETTINGS = "/api/v1/namespaces/tenantkit-system/configmaps/platform"
LABELS = {NAME_LABEL: "vision", TENANT_LABEL: "cv", MANAGED_BY_LABEL: MANAGED_BY}
VISION = {"metadata": {"name": "vision", "labels": LABELS}}
POD = {
    "metadata": {"name": "a", "namespace": "vision", "labels": {"app": "x"}},
    "status": {"phase": "Running", "podIP": "10.0.0.1", "hostIPs": [{"ip": "192.168.0.1"}]},
}
DENY = {"metadata": {"name": "deny", "namespace": "vision"}, "spec": {"podSelector": {}}}
KINDS = {"networking.k8s.io": "networkpolicies", "cilium.io": "ciliumclusterwidenetworkpolicies"}
CILIUM = "/apis/cilium.io/v1/ciliumclusterwidenetworkpolicies"
SLICE = {"metadata": {"name": "k"}, "ports": [{"port": 6443}], "endpoints": [{"addresses": ["10.9.0.1"]}]}
NOTHING = status(404, "NotFound", "there is none")


def kinds(version: str, plurals: Mapping[str, str] = MappingProxyType({})) -> Any:
    """What a server says about its kinds: plurals by group."""
    groups = [
        {
            "metadata": {"name": group},
            "versions": [
                {
                    "version": version,
                    "resources": [
                        {"resource": plural, "responseKind": {"kind": plural}, "scope": "Cluster", "verbs": ["list"]}
                    ],
                }
            ],
        }
        for group, plural in plurals.items()
    ]
    return answer(body={"kind": "APIGroupDiscoveryList", "items": groups})


def server(**changed: Any) -> ByPath:
    """A cluster with one tenant; `changed` by the last part of the path."""
    answers = {
        PODS: listed(POD),
        SPACES: listed(VISION),
        POLICIES: listed(DENY),
        NODES: listed({"metadata": {"name": "n"}, "status": {"addresses": [{"address": "192.168.0.2"}, {}, None]}}),
        SLICES: listed(
            {"metadata": {"name": "k"}, "ports": [{"port": 6443}], "endpoints": [{"addresses": ["10.9.0.1"]}]}
        ),
        SETTINGS: NOTHING,
        "/api": kinds("v1"),
        "/apis": kinds("v1", KINDS),
    }
    by_name = {path.rpartition("/")[2]: path for path in answers}
    return ByPath(answers | {by_name.get(name, name): each for name, each in changed.items()})


def test_the_whole_cluster_is_read_by_one_list_of_each_kind() -> None:
    script = server()
    reading = read_network(cluster(script), None)
    network = reading.network
    assert (reading.scope, reading.incomplete, network.is_whole) == ("cluster", {}, True)
    assert network.tenants == {"vision": "cv"}
    assert [policy.name for policy in network.policies["vision"]] == ["deny"]
    assert network.nodes == (address("192.168.0.2"),)
    assert network.api_server == ((address("10.9.0.1"), 6443),)
    assert len(script.requests) == 9  # six kinds, the server's kinds, and those of another group


def test_ended_pods_have_no_network() -> None:
    ended = POD | {"status": {"phase": "Succeeded", "podIP": "10.0.0.1"}}
    assert read_network(cluster(server(pods=listed(ended))), None).network.pods == []


def test_where_nodes_may_not_be_listed_their_addresses_come_from_pods() -> None:
    reading = read_network(cluster(server(nodes=DENIED, endpointslices=DENIED)), None)
    assert reading.network.nodes == (address("192.168.0.1"),)
    assert reading.network.api_server == ()
    assert [*reading.incomplete] == ["Node", "EndpointSlice"]


def test_a_user_of_one_namespace_reads_that_one_and_is_told_so() -> None:
    script = server(
        pods=DENIED,
        namespaces=DENIED,
        networkpolicies=DENIED,
        **{
            in_namespace(PODS, "vision"): listed(POD),
            in_namespace(POLICIES, "vision"): listed(DENY),
            f"{SPACES}/vision": answer(body=VISION),
        },
    )
    reading = read_network(cluster(script), ["vision"])
    assert reading.scope == ("vision",)
    assert not reading.network.is_whole
    assert reading.incomplete == {
        kind: f"you may list {kind} only in vision" for kind in ("NetworkPolicy", "Pod", "Namespace")
    }


def test_pods_that_may_not_be_read_leave_the_tenants_walls_known() -> None:
    script = server(pods=DENIED, **{in_namespace(PODS, "default"): DENIED})
    frame = connectivity(cluster(script))
    assert "Pod" in frame.attrs["incomplete"]
    rows = frame.query("namespace == 'vision' and direction == 'Ingress' and peer == 'internet'")
    assert rows["allowed"].to_list() == [False]


def test_a_policy_that_cannot_be_parsed_makes_its_namespace_unknown() -> None:
    nested = b'{"a":' * 1_100 + b"{}" + b"}" * 1_100
    odd = b'{"metadata":{"name":"odd","namespace":"vision"},"spec":%s}' % nested
    body = b'{"metadata":{"resourceVersion":"7"},"items":[%s,%s]}' % (orjson.dumps(DENY), odd)
    frame = connectivity(cluster(server(networkpolicies=Answer(200, {"content-type": "application/json"}, body))))
    rows = frame.query("namespace == 'vision' and direction == 'Ingress' and peer == 'internet'")
    assert rows["code"].to_list() == ["unknown"]
    assert "NetworkPolicy 'odd' in 'vision'" in frame.attrs["incomplete"]["NetworkPolicy"]


def test_without_any_policies_it_is_an_error() -> None:
    script = server(networkpolicies=DENIED, **{in_namespace(POLICIES, "vision"): DENIED})
    with pytest.raises(PermissionDenied):
        connectivity(cluster(script), namespaces=["vision"])


def test_policies_of_other_kinds_are_named_since_they_are_not_evaluated() -> None:
    some = server(**{CILIUM: listed({"metadata": {"name": "open"}})})
    assert read_network(cluster(some), None).incomplete == {
        "ciliumclusterwidenetworkpolicies.cilium.io": "not evaluated; the cluster has 1"
    }
    assert (
        "may not list"
        in read_network(cluster(server(**{CILIUM: DENIED})), None).incomplete[
            "ciliumclusterwidenetworkpolicies.cilium.io"
        ]
    )
