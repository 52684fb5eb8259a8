"""The network traffic that tenants may receive and send."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsLabel


def _check_cidr(text: str) -> str:
    from ipaddress import ip_network

    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("use an address range such as '10.0.0.0/8'") from None


Cidr = Annotated[str, AfterValidator(_check_cidr)]


class SharedEndpoint(Spec):
    """An endpoint outside the tenants that all of them may reach: a registry, an object store, the API server.

    Args:
        cidr: address range.
        port: TCP port. Default: all ports.

    Example:
        >>> tk.SharedEndpoint(cidr="10.20.0.5/32", port=5000).to_mapping()
        {'cidr': '10.20.0.5/32', 'port': 5000}
    """

    cidr: Cidr
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class Network(Spec):
    """The network traffic that tenants may receive and send.

    Args:
        isolate: whether NetworkPolicies isolate tenants. Default: no.
        routing_namespaces: namespaces of the ingress controllers, from which traffic is allowed. Default: none.
        routing_cidrs: addresses of ingress controllers on the host network, which no namespace selector matches.
            Default: none.
        internet: whether pods may reach the internet, except the ranges in `cluster_cidrs`. Default: yes.
        cluster_cidrs: the cluster's ranges of pods, services and nodes. Default: all private and link-local ranges.
        shared: endpoints that all tenants may reach. Default: none.

    Example:
        >>> tk.Network().isolate
        False
    """

    isolate: bool = False
    routing_namespaces: tuple[DnsLabel, ...] = ()
    routing_cidrs: tuple[Cidr, ...] = ()
    internet: bool = True
    cluster_cidrs: tuple[Cidr, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
    shared: tuple[SharedEndpoint, ...] = ()

    @model_validator(mode="after")
    def _no_policies_yet(self) -> Self:
        if any(getattr(self, name) != field.default for name, field in type(self).model_fields.items()):
            raise ValueError("this version does not create NetworkPolicies: leave `network` out")
        return self
