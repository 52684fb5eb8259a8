"""The network traffic that tenants may receive and send."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel, LabelKey, LabelValue


def _check_cidr(text: str) -> str:
    from ipaddress import ip_network

    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("use an address range such as '10.0.0.0/8'") from None


Cidr = Annotated[str, AfterValidator(_check_cidr)]
Port = Annotated[int, Field(ge=1, le=65535)]


class SharedEndpoint(Spec):
    """An endpoint outside the tenants that all of them may reach: a registry, an object store, the API server.

    Give either `cidr`, for an address outside the cluster, or `namespace`, for pods in it: a Service's address is
    replaced by a pod's before most network plug-ins look at it (page "Network Policies").

    Args:
        cidr: address range.
        namespace: of the pods.
        pods: labels of the pods. Default: all pods of `namespace`.
        port: TCP port; of pods, the port of the container. Default: all ports.

    Example:
        >>> tk.SharedEndpoint(cidr="10.20.0.5/32", port=5000).to_mapping()
        {'cidr': '10.20.0.5/32', 'port': 5000}
    """

    cidr: Cidr | None = None
    namespace: DnsLabel | None = None
    pods: dict[LabelKey, LabelValue] = {}
    port: Port | None = None

    @model_validator(mode="after")
    def _is_an_address_or_pods(self) -> Self:
        if (self.cidr is None) == (self.namespace is None):
            raise ValueError("set either cidr or namespace, for example cidr='10.20.0.5/32'")
        if self.pods and self.namespace is None:
            raise ValueError("set pods only together with namespace")
        return self


class Dns(Spec):
    """Where pods resolve names.

    Args:
        namespace: of the DNS server's pods. Default `kube-system`.
        pods: labels of these pods. Default `k8s-app: kube-dns`, as Kubernetes' own manifests for CoreDNS have it.
        addresses: further addresses: of a DNS cache on each node, and of the DNS Service where such a cache answers
            for it. Default 169.254.20.10 (page "Using NodeLocal DNSCache in Kubernetes Clusters").
        port: UDP and TCP port of these pods; at `addresses` it is 53. Default 53.

    Example:
        >>> tk.Dns(pods={"app.kubernetes.io/name": "coredns"}).addresses
        ('169.254.20.10/32',)
    """

    namespace: DnsLabel = "kube-system"
    pods: dict[LabelKey, LabelValue] = {"k8s-app": "kube-dns"}
    addresses: tuple[Cidr, ...] = ("169.254.20.10/32",)
    port: Port = 53

    @field_validator("pods")
    @classmethod
    def _selects_pods(cls, pods: dict[str, str]) -> dict[str, str]:
        if not pods:
            raise ValueError("name at least one label, for example {'k8s-app': 'kube-dns'}")
        return pods


class Network(Spec):
    """The network traffic that tenants' pods may receive and send.

    Args:
        isolate: whether NetworkPolicies isolate tenants: their pods reach one another, DNS, the internet and what is
            shared, and are reached by one another and by the ingress controllers. Default: yes. It needs a network
            plug-in that enforces NetworkPolicies (page "Network Policies").
        not_isolated: names of tenants that are not isolated yet. A platform with tenants lists all of them here at
            first, and then takes out one after the other. Default: none.
        routing_namespaces: namespaces of the ingress controllers, from which traffic is allowed; also those of other
            programs that call tenants' pods, such as monitoring. Default: none, so that no route answers.
        routing_cidrs: addresses of ingress controllers on the host network, which no namespace selector matches.
            Default: none.
        internet: whether pods may reach the internet, except the ranges in `cluster_cidrs` and the addresses at which
            clouds hand out machines' credentials. Default: yes.
        cluster_cidrs: the cluster's ranges of pods, services and nodes. Default: all private, carrier-grade NAT and
            link-local ranges.
        shared: endpoints that all tenants may reach. Default: none; pods do not reach the API server then.
        dns: where pods resolve names.

    Example:
        >>> tk.Network(routing_namespaces=["ingress-nginx"]).isolate
        True
    """

    isolate: bool = True
    not_isolated: tuple[DnsLabel, ...] = ()
    routing_namespaces: tuple[DnsLabel, ...] = ()
    routing_cidrs: tuple[Cidr, ...] = ()
    internet: bool = True
    cluster_cidrs: tuple[Cidr, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
    shared: tuple[SharedEndpoint, ...] = ()
    dns: Dns = Dns()

    @field_validator("cluster_cidrs")
    @classmethod
    def _leaves_an_internet(cls, cidrs: tuple[str, ...]) -> tuple[str, ...]:
        if any(cidr.endswith("/0") for cidr in cidrs):
            raise ValueError("a range of all addresses leaves no internet: set internet=False instead")
        return cidrs
