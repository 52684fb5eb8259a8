"""Read the network of a cluster: each kind once for the whole cluster, or else only where the user may read it.

The other end of a connection is mostly in another namespace, so filters do not limit what is read. What may not be read
is unknown, and not taken as absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, SpecVersionError, Worded
from tenantkit.findings.connectivity.network import ClusterNetwork
from tenantkit.findings.connectivity.other_policies import note_other_policies
from tenantkit.frames.kit.coverage import gap_in, note_unreadable
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored.platform import find_platform
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.rules.manifest import list_in, mapping_in
from tenantkit.rules.network_policies.addresses import read_address
from tenantkit.rules.network_policies.endpoints import is_port, read_labels, read_pod
from tenantkit.rules.network_policies.policies import odd_policy, read_policy
from tenantkit.rules.pod_status import ENDED
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.spec.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.unreadable import ObjectList
    from tenantkit.cluster.visible import Scope
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.addresses import Address
    from tenantkit.rules.network_policies.policies import Policy

_Read = TypeVar("_Read")

_API_SERVER = "kubernetes.io/service-name=kubernetes"
_API_SERVER_NAMESPACE = "default"


@dataclass
class NetworkReading:
    """A network, the namespaces of which it covers the policies, and what could not be read, by kind."""

    network: ClusterNetwork
    scope: Scope
    incomplete: dict[str, str] = field(default_factory=dict)


def read_network(cluster: Cluster, namespaces: Sequence[str] | None) -> NetworkReading:
    """Read the network of a cluster.

    Args:
        cluster: the connection.
        namespaces: what is read where the whole cluster may not be listed. Default: the connection's.

    Raises:
        PermissionDenied: NetworkPolicies may not be listed in any of the namespaces.
        ClusterUnavailable: the server did not answer.

    RBAC: list networkpolicies, pods and namespaces, for the whole cluster or in each namespace; nodes, endpointslices
    in `default`, the ConfigMap `platform` and policies of other kinds, if you may.
    """
    incomplete: dict[str, str] = {}
    listed, scope = _everywhere(cluster, "NetworkPolicy", read_policy, namespaces)
    note_unreadable(incomplete, listed)
    named = scope if namespaces is None else tuple(namespaces)
    spaces, spaces_scope = _or_noted(cluster, "Namespace", _name_and_labels, named, incomplete)
    by_name = dict(spaces)
    pods, pods_scope = _or_noted(cluster, "Pod", _pod, named, incomplete)
    ends = [read_pod(pod, by_name.get(pod["metadata"]["namespace"])) for pod in pods if pod is not None]
    is_tenant = parse_label_selector(TENANT_NAMESPACES)
    network = ClusterNetwork(
        namespaces=by_name,
        tenants={name: labels[TENANT_LABEL] for name, labels in by_name.items() if is_tenant.matches(labels)},
        pods=ends,
        policies=_by_namespace(
            [*listed, *_unparsed(listed)], [*by_name, *(pod.namespace for pod in ends)] if scope == "cluster" else scope
        ),
        nodes=_nodes(cluster, incomplete) or tuple({each for pod in ends for each in pod.node_addresses}),
        api_server=_api_server(cluster, incomplete),
        settings=_settings(cluster, incomplete),
        is_whole=scope == spaces_scope == pods_scope == "cluster",
    )
    for kind, covered in (("NetworkPolicy", scope), ("Pod", pods_scope), ("Namespace", spaces_scope)):
        if kind not in incomplete and (gap := gap_in(kind, covered, "cluster")) is not None:
            incomplete[kind] = gap
    note_other_policies(cluster, None if scope == "cluster" else scope, incomplete)
    return NetworkReading(network, scope, incomplete)


def _everywhere(
    cluster: Cluster, kind: str, projection: Callable[[Manifest], _Read], namespaces: Scope | Sequence[str] | None
) -> tuple[ObjectList[_Read], Scope]:
    """The objects of the whole cluster, or else of these namespaces."""
    try:
        return list_projected(cluster, kind, projection), "cluster"
    except PermissionDenied:
        names = None if namespaces == "cluster" else namespaces
        return project_visible(cluster, kind, projection, namespaces=names)


def _or_noted(
    cluster: Cluster,
    kind: str,
    projection: Callable[[Manifest], _Read],
    namespaces: Scope | Sequence[str],
    incomplete: dict[str, str],
) -> tuple[Sequence[_Read], Scope]:
    try:
        found, scope = _everywhere(cluster, kind, projection, namespaces)
    except PermissionDenied as refusal:
        incomplete[kind] = Worded.of(refusal)
        return (), ()
    note_unreadable(incomplete, found)
    return found, scope


def _name_and_labels(namespace: Manifest) -> tuple[str, dict[str, str]]:
    metadata = namespace["metadata"]
    return metadata["name"], read_labels(metadata.get("labels")) or {}


def _pod(pod: Manifest) -> Manifest | None:
    """The pod, if it has not ended: an ended pod has no network."""
    status = pod.get("status")
    return None if isinstance(status, dict) and status.get("phase") in ENDED else pod


def _unparsed(listed: ObjectList[Policy]) -> Iterator[Policy]:
    """Policies that exist and cannot be parsed: what they say is unknown."""
    for each in listed.unreadable:
        if each.namespace is not None:
            yield odd_policy(each.namespace, each.name or "", each.reason)


def _by_namespace(policies: Iterable[Policy], namespaces: Iterable[str]) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = {namespace: [] for namespace in namespaces}
    for policy in policies:
        found.setdefault(policy.namespace, []).append(policy)
    return found


def _nodes(cluster: Cluster, incomplete: dict[str, str]) -> tuple[Address, ...]:
    try:
        found = list_projected(cluster, "Node", lambda node: tuple(_node_addresses(node)))
    except PermissionDenied as refusal:
        incomplete["Node"] = Worded.of(refusal)
        return ()
    note_unreadable(incomplete, found)
    return tuple(dict.fromkeys(address for addresses in found for address in addresses))


def _node_addresses(node: Manifest) -> Iterator[Address]:
    for each in list_in(mapping_in(node.get("status")).get("addresses")):
        if (address := read_address(mapping_in(each).get("address"))) is not None:
            yield address


def _api_server(cluster: Cluster, incomplete: dict[str, str]) -> tuple[tuple[Address, int], ...]:
    """The API server's addresses, which its own Service has."""
    try:
        found = list_projected(
            cluster,
            "EndpointSlice",
            lambda each: tuple(_endpoints(each)),
            namespace=_API_SERVER_NAMESPACE,
            label_selector=_API_SERVER,
        )
    except (PermissionDenied, NotFound) as refusal:
        incomplete["EndpointSlice"] = Worded.of(refusal)
        return ()
    return tuple(dict.fromkeys(each for endpoints in found for each in endpoints))


def _endpoints(endpoints: Manifest) -> Iterator[tuple[Address, int]]:
    ports = [mapping_in(each).get("port") for each in list_in(endpoints.get("ports"))]
    for endpoint in list_in(endpoints.get("endpoints")):
        for text in list_in(mapping_in(endpoint).get("addresses")):
            address = read_address(text)
            for port in ports:
                if address is not None and is_port(port):
                    yield address, port


def _settings(cluster: Cluster, incomplete: dict[str, str]) -> Network:
    try:
        platform = find_platform(cluster)
    except (PermissionDenied, SpecVersionError, InvalidSpecError) as error:
        incomplete["ConfigMap"] = Worded.of(error)
        platform = None
    return platform.network if platform is not None else Network()
