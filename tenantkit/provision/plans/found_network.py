"""What a cluster says of its own network: its ranges, its DNS, its ingress controllers, and the API server's addresses.

A platform's network settings are compared with this, since a range that is not named stays open as part of the
internet, and a controller that is not named reaches no tenant. What may not be read is unknown, never absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import NotFound, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

# Kind, namespace and label selector of each list.
_LISTS: tuple[tuple[str, str | None, str | None], ...] = (
    ("ServiceCIDR", None, None),
    ("Service", None, None),
    ("DaemonSet", None, None),
    ("EndpointSlice", "default", "kubernetes.io/service-name=kubernetes"),
)
_WEB_PORTS = (80, 443)
_DNS_SERVICE = "kube-dns"
_NODE_LOCAL_DNS = "node-local-dns"


class Range(NamedTuple):
    """An address range of the cluster, and what is in it."""

    cidr: str
    what: str


class Controller(NamedTuple):
    """What looks like an ingress controller.

    Args:
        namespace: where it is.
        what: the object by which it was found: `Service 'contour/envoy'`.
        is_on_host: whether its pods are on the host network.
    """

    namespace: str
    what: str
    is_on_host: bool


@dataclass(frozen=True, slots=True)
class FoundNetwork:
    """What a cluster says of its own network.

    Args:
        ranges: of pods, services and nodes.
        node_addresses: of the nodes.
        dns: the DNS Service; None if none was found.
        node_dns: addresses at which a DNS cache on each node listens.
        controllers: what looks like an ingress controller.
        api_server: addresses and ports of the API server.
        unread: the kinds that may not be listed, in lower case and plural.
    """

    ranges: tuple[Range, ...] = ()
    node_addresses: tuple[str, ...] = ()
    dns: Manifest | None = None
    node_dns: tuple[str, ...] = ()
    controllers: tuple[Controller, ...] = ()
    api_server: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()


def find_network(cluster: ClusterApi, nodes: Sequence[Manifest] | None) -> FoundNetwork:
    """Read what a cluster says of its own network, as far as the user may.

    Args:
        cluster: the cluster.
        nodes: its Nodes; None if they may not be listed.

    Raises:
        ClusterError: any error except a refusal, or a kind that is not served.

    RBAC: list services, daemonsets, servicecidrs; list endpointslices in namespace default.
    """
    answers = side_by_side(lambda it: _list(cluster, *it), _LISTS)
    found = {kind: answer for (kind, _, _), answer in zip(_LISTS, answers, strict=True)}
    unread = [kind.lower() + "s" for kind, answer in found.items() if answer is None]
    objects = {kind: answer or [] for kind, answer in found.items()}
    return network_of(objects, nodes or [], unread=[*unread, *(["nodes"] if nodes is None else [])])


def network_of(
    objects: Mapping[str, Sequence[Manifest]], nodes: Iterable[Manifest], *, unread: Iterable[str] = ()
) -> FoundNetwork:
    """The same from objects by kind: pure."""
    listed = list(nodes)
    services, daemons = objects.get("Service", ()), objects.get("DaemonSet", ())
    slices = objects.get("EndpointSlice", ())
    kubernetes = [it for it in services if _name(it) == ("default", "kubernetes")]
    addresses = tuple(dict.fromkeys(address for node in listed for address in _node_addresses(node)))
    return FoundNetwork(
        ranges=tuple(dict.fromkeys(_ranges(listed, objects.get("ServiceCIDR", ()), services, addresses))),
        node_addresses=addresses,
        dns=next((it for it in services if _is_dns(it)), None),
        node_dns=tuple(address for daemon in daemons for address in _node_dns(daemon)),
        controllers=(*_by_service(services), *_by_host_port(daemons)),
        api_server=tuple(dict.fromkeys((*_service_addresses(kubernetes), *_endpoint_addresses(slices)))),
        unread=tuple(sorted(unread)),
    )


def _list(cluster: ClusterApi, kind: str, namespace: str | None, selector: str | None) -> list[Manifest] | None:
    """The objects, none of a kind that is not served; None if they may not be listed."""
    try:
        return cluster.list(kind, namespace=namespace, label_selector=selector, managed_fields=False)
    except NotFound:
        return []
    except PermissionDenied:
        return None


def _ranges(
    nodes: Iterable[Manifest], cidrs: Iterable[Manifest], services: Iterable[Manifest], addresses: Iterable[str]
) -> Iterator[Range]:
    for node in nodes:
        spec = node.get("spec") or {}
        for cidr in spec.get("podCIDRs") or [spec.get("podCIDR")]:
            if _is_network(cidr):
                yield Range(str(cidr), "pods")
    for one in cidrs:
        for cidr in (one.get("spec") or {}).get("cidrs") or ():
            if _is_network(cidr):
                yield Range(str(cidr), "services")
    for service in services:
        for address in _cluster_ips(service):
            yield Range(str(ip_network(address)), "services")
    for address in addresses:
        yield Range(str(ip_network(address)), "nodes")


def _node_addresses(node: Manifest) -> Iterator[str]:
    """The addresses inside the cluster: others are reached by way of the internet, as everybody reaches them."""
    for entry in (node.get("status") or {}).get("addresses") or ():
        if entry.get("type") == "InternalIP" and _is_address(entry.get("address")):
            yield str(entry["address"])


def _is_dns(service: Manifest) -> bool:
    namespace, name = _name(service)
    labels = service["metadata"].get("labels") or {}
    return namespace == "kube-system" and (name == _DNS_SERVICE or labels.get("k8s-app") == _DNS_SERVICE)


def _node_dns(daemon: Manifest) -> Iterator[str]:
    """The values of `-localip` in the arguments (page "Using NodeLocal DNSCache in Kubernetes Clusters")."""
    if _name(daemon)[1] != _NODE_LOCAL_DNS:
        return
    arguments = [str(it) for container in _pod_spec(daemon).get("containers") or () for it in _arguments(container)]
    for flag, value in zip(arguments, [*arguments[1:], ""], strict=True):
        name, is_given, inline = flag.lstrip("-").partition("=")
        if name == "localip":
            yield from (it.strip() for it in (inline if is_given else value).split(",") if _is_address(it.strip()))


def _arguments(container: Manifest) -> list[object]:
    return [*(container.get("command") or ()), *(container.get("args") or ())]


def _by_service(services: Iterable[Manifest]) -> Iterator[Controller]:
    """A Service that is reached from outside at the ports of the web, in a namespace that is not a tenant's."""
    for service in services:
        spec, (namespace, name) = service.get("spec") or {}, _name(service)
        is_outside = spec.get("type") in ("LoadBalancer", "NodePort")
        if is_outside and any(port.get("port") in _WEB_PORTS for port in spec.get("ports") or ()):
            yield Controller(namespace, f"Service '{namespace}/{name}'", is_on_host=False)


def _by_host_port(daemons: Iterable[Manifest]) -> Iterator[Controller]:
    """A DaemonSet at the ports of the web of each node."""
    for daemon in daemons:
        spec, (namespace, name) = _pod_spec(daemon), _name(daemon)
        ports = [port for container in spec.get("containers") or () for port in container.get("ports") or ()]
        is_on_host = spec.get("hostNetwork") is True
        at = {port.get("hostPort") or (port.get("containerPort") if is_on_host else None) for port in ports}
        if at.intersection(_WEB_PORTS):
            yield Controller(namespace, f"DaemonSet '{namespace}/{name}'", is_on_host)


def _service_addresses(services: Iterable[Manifest]) -> Iterator[tuple[str, int]]:
    for service in services:
        for address in _cluster_ips(service):
            for port in (service.get("spec") or {}).get("ports") or ():
                yield address, int(port["port"])


def _endpoint_addresses(slices: Iterable[Manifest]) -> Iterator[tuple[str, int]]:
    for one in slices:
        for endpoint in one.get("endpoints") or ():
            for address in endpoint.get("addresses") or ():
                for port in one.get("ports") or ():
                    if _is_address(address) and port.get("port"):
                        yield str(address), int(port["port"])


def _cluster_ips(service: Manifest) -> list[str]:
    spec = service.get("spec") or {}
    return [str(it) for it in spec.get("clusterIPs") or [spec.get("clusterIP")] if _is_address(it)]


def _pod_spec(workload: Manifest) -> Manifest:
    spec: Manifest = ((workload.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


def _name(manifest: Manifest) -> tuple[str, str]:
    return str(manifest["metadata"].get("namespace")), str(manifest["metadata"]["name"])


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True


def _is_network(value: object) -> bool:
    try:
        ip_network(str(value))
    except ValueError:
        return False
    return True
