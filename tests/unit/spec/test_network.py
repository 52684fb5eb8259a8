"""The network settings of a platform."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.network import Dns, Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

VISION = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small")


def test_tenants_are_isolated_unless_the_platform_says_otherwise() -> None:
    off, later = Network(isolate=False), Network(not_isolated=["vision"])

    assert [Platform(network=network).is_isolated(VISION) for network in (Network(), off, later)] == [
        True,
        False,
        False,
    ]


def test_a_platform_that_was_stored_without_isolation_stays_without_it() -> None:
    stored = Platform().to_stored()
    before = {"isolate": False, "routingNamespaces": [], "routingCidrs": [], "internet": True, "shared": []}

    assert not Platform.from_stored(stored | {"network": before}).network.isolate


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"cluster_cidrs": ["10.0.0.0/8", "0.0.0.0/0"]}, "set internet=False instead"),
        ({"cluster_cidrs": ["10.0.0.1/8"]}, "use an address range such as '10.0.0.0/8'"),
        ({"routing_cidrs": ["fd00::/129"]}, "use an address range"),
        ({"routing_namespaces": ["Ingress"]}, "routing_namespaces[0]='Ingress'"),
        ({"shared": [{"port": 443}]}, "set either cidr or namespace"),
        ({"shared": [{"cidr": "10.0.0.1", "namespace": "minio"}]}, "set either cidr or namespace"),
        ({"shared": [{"cidr": "10.0.0.1", "pods": {"app": "x"}}]}, "set pods only together with namespace"),
        ({"dns": {"pods": {}}}, "name at least one label"),
        ({"dns": {"port": 0}}, "dns.port=0"),
    ],
)
def test_a_wrong_network_setting_is_named(fields: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Network(**fields)

    assert part in str(caught.value)


def test_a_network_reads_back_from_what_it_writes() -> None:
    network = Network(
        routing_namespaces=["ingress-nginx"],
        shared=[SharedEndpoint(namespace="minio", pods={"app": "minio"}, port=9000)],
        dns=Dns(addresses=["169.254.20.10", "fd00::10", "10.96.0.10"]),
    )

    assert Network.from_mapping(network.to_mapping()) == network
    assert network.dns.addresses == ("169.254.20.10/32", "fd00::10/128", "10.96.0.10/32")
