"""The network of a cluster, as `connectivity` reads it: pods, policies, nodes and what the platform says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.rules.network_policies.addresses import FAMILIES
from tenantkit.spec.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.network_policies.addresses import Address, Family
    from tenantkit.rules.network_policies.endpoints import PodEnd
    from tenantkit.rules.network_policies.evaluation import Policies


@dataclass(frozen=True, slots=True)
class ClusterNetwork:
    """What is known of a cluster's network.

    Args:
        namespaces: the labels of each Namespace that may be read.
        tenants: the tenant of each tenant's namespace among them.
        pods: the pods that have not ended.
        policies: the NetworkPolicies of each namespace in which they may be listed.
        nodes: addresses of nodes.
        api_server: addresses and ports of the API server; empty: unknown.
        settings: the platform's network settings.
        is_whole: whether pods and Namespaces of the whole cluster were read.
    """

    namespaces: Mapping[str, Mapping[str, str]]
    tenants: Mapping[str, str]
    pods: Sequence[PodEnd]
    policies: Policies
    nodes: tuple[Address, ...] = ()
    api_server: tuple[tuple[Address, int], ...] = ()
    settings: Network = field(default_factory=Network)
    is_whole: bool = True

    def families(self) -> tuple[Family, ...]:
        """The families of the pods' addresses; IPv4 if no pod has one."""
        found = {address.family for pod in self.pods for address in pod.addresses or ()}
        return tuple(family for family in FAMILIES if family in found) or ("IPv4",)
