"""The two ends of a connection: a pod, or an address that does not belong to a pod's own network.

A pod in the host's network has its node's addresses, and no selector matches it, as most network plugins do it. What
is not known about a pod is None, and what depends on it is then unknown.

Source: page "Network Policies", section "NetworkPolicy and hostNetwork pods".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from tenantkit.rules.manifest import mapping_in
from tenantkit.rules.network_policies.addresses import read_address
from tenantkit.rules.network_policies.ports import LAST_PORT, read_protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.addresses import Address, Family
    from tenantkit.rules.network_policies.ports import Protocol


class NamedPort(NamedTuple):
    """A port to which a pod's container gives a name."""

    name: str
    protocol: Protocol
    port: int


@dataclass(frozen=True, slots=True, eq=False)
class PodEnd:
    """A pod.

    Args:
        namespace: its namespace.
        name: its name. Empty: any pod of this kind, so that it is another pod than the one at the other end.
        labels: its labels; None: unknown.
        namespace_labels: those of its namespace; None: unknown.
        not_in: names of namespaces that it is not in, where its own is unknown.
        addresses: its addresses; None: unknown.
        host_network: whether it uses its node's network.
        ports: its named ports; None: unknown.
        node_addresses: its node's addresses.
    """

    namespace: str
    name: str = ""
    labels: Mapping[str, str] | None = field(default_factory=dict)
    namespace_labels: Mapping[str, str] | None = None
    addresses: tuple[Address, ...] | None = None
    host_network: bool = False
    ports: tuple[NamedPort, ...] | None = ()
    node_addresses: tuple[Address, ...] = ()
    not_in: frozenset[str] = frozenset()

    def address(self, family: Family) -> Address | None:
        """Its address of a family; None if it has none, or it is unknown."""
        return next((each for each in self.addresses or () if each.family == family), None)

    def is_same_as(self, other: PodEnd | AddressEnd) -> bool:
        """Whether both are one pod."""
        return isinstance(other, PodEnd) and bool(self.name) and self.place == other.place

    @property
    def place(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class AddressEnd:
    """An address outside the pods' networks: of a node, or outside the cluster."""

    at: Address

    def address(self, family: Family) -> Address | None:
        """The address, if it is of this family."""
        return self.at if self.at.family == family else None


End = PodEnd | AddressEnd


def read_pod(pod: Manifest, namespace_labels: Mapping[str, str] | None) -> PodEnd:
    """A pod as an end of connections; what has a wrong type in the manifest is unknown.

    Example:
        >>> pod = {"metadata": {"name": "a", "namespace": "vision"}, "status": {"podIP": "10.0.0.1"}}
        >>> str(read_pod(pod, None).address("IPv4"))
        '10.0.0.1'
    """
    metadata, spec, status = (mapping_in(pod.get(part)) for part in ("metadata", "spec", "status"))
    addresses = tuple(_addresses(status, "podIP"))
    return PodEnd(
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        labels=read_labels(metadata.get("labels")),
        namespace_labels=namespace_labels,
        addresses=addresses or None,
        host_network=spec.get("hostNetwork") is True,
        ports=_named_ports(spec),
        node_addresses=tuple(_addresses(status, "hostIP")),
    )


def read_labels(labels: object) -> dict[str, str] | None:
    """The labels in a manifest; None if they are not texts by text."""
    if labels is None:
        return {}
    if isinstance(labels, dict) and all(isinstance(each, str) for pair in labels.items() for each in pair):
        return labels
    return None


def _addresses(status: Mapping[str, Any], field_name: str) -> Iterator[Address]:
    """`podIP` and `podIPs`, or `hostIP` and `hostIPs`; the first of the list is the single one."""
    listed = status.get(f"{field_name}s")
    texts = [mapping_in(each).get("ip") for each in listed] if isinstance(listed, list) else []
    for text in dict.fromkeys(text for text in (status.get(field_name), *texts) if isinstance(text, str)):
        if (address := read_address(text)) is not None:
            yield address


def _named_ports(spec: Mapping[str, Any]) -> tuple[NamedPort, ...] | None:
    found = []
    for container in _containers(spec):
        listed = container.get("ports")
        for port in listed if isinstance(listed, list) else ():
            about = mapping_in(port)
            name, number, protocol = about.get("name"), about.get("containerPort"), read_protocol(about.get("protocol"))
            if name is None:
                continue
            if protocol is None or not is_port(number):
                return None
            found.append(NamedPort(str(name), protocol, number))
    return tuple(found)


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The containers that run with the pod: its own, and the init containers that are restarted (sidecars)."""
    for part in ("containers", "initContainers"):
        listed = spec.get(part)
        for each in listed if isinstance(listed, list) else ():
            container = mapping_in(each)
            if part == "containers" or container.get("restartPolicy") == "Always":
                yield container


def is_port(value: object) -> TypeGuard[int]:
    """Whether a value is the number of a port."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LAST_PORT
