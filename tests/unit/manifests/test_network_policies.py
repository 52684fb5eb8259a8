"""The NetworkPolicies of a tenant, compared whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.network_policies import POLICY_NAMES, closed_cidrs, make_network_policies
from tenantkit.spec.network import Dns, Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

VISION = Tenant(name="vision", team="cv", owners=["dana@example.com"], size="small")
LABELS = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"}
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "168.63.129.16/32"]
PRIVATE_6 = ["fc00::/7", "fe80::/10"]


def specs(network: Network) -> dict[str, Manifest]:
    made = make_network_policies(VISION, Platform(network=network))
    return {policy["metadata"]["name"]: policy["spec"] for policy in made}


def test_each_policy_is_in_the_namespace_of_the_tenant_with_its_labels() -> None:
    made = make_network_policies(VISION, Platform(namespace_prefix="team-"))

    assert [policy["metadata"] for policy in made] == [
        {"name": name, "namespace": "team-vision", "labels": LABELS} for name in POLICY_NAMES
    ]
    assert {(policy["apiVersion"], policy["kind"]) for policy in made} == {("networking.k8s.io/v1", "NetworkPolicy")}


def test_by_default_pods_reach_one_another_dns_and_the_internet_and_nobody_reaches_them() -> None:
    kube_system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}

    assert specs(Network()) == {
        "tenantkit-default-deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "tenantkit-same-namespace": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"to": [{"podSelector": {}}]}],
        },
        "tenantkit-dns": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": [
                        {
                            "namespaceSelector": kube_system,
                            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                        },
                        {"ipBlock": {"cidr": "169.254.20.10/32"}},
                    ],
                    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                }
            ],
        },
        "tenantkit-from-routing": {"podSelector": {}, "policyTypes": ["Ingress"]},
        "tenantkit-egress": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": [
                        {"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE}},
                        {"ipBlock": {"cidr": "::/0", "except": PRIVATE_6}},
                    ]
                }
            ],
        },
    }


def test_what_the_platform_names_is_opened_in_both_families() -> None:
    network = Network(
        routing_namespaces=["ingress-nginx", "monitoring"],
        routing_cidrs=["192.168.60.0/24", "fd00:60::/64"],
        internet=False,
        shared=[
            SharedEndpoint(cidr="192.168.70.10/32", port=9000),
            SharedEndpoint(cidr="fd00:70::10/128"),
            SharedEndpoint(namespace="minio", pods={"app": "minio"}, port=9000),
            SharedEndpoint(namespace="registry"),
        ],
        dns=Dns(addresses=[], pods={"dns": "yes"}, namespace="dns", port=5353),
    )

    made = specs(network)

    assert made["tenantkit-from-routing"]["ingress"] == [
        {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}},
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
                {"ipBlock": {"cidr": "192.168.60.0/24"}},
                {"ipBlock": {"cidr": "fd00:60::/64"}},
            ]
        }
    ]
    minio = {"matchLabels": {"kubernetes.io/metadata.name": "minio"}}
    assert made["tenantkit-egress"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "192.168.70.10/32"}}], "ports": [{"protocol": "TCP", "port": 9000}]},
        {"to": [{"ipBlock": {"cidr": "fd00:70::10/128"}}]},
        {
            "to": [{"namespaceSelector": minio, "podSelector": {"matchLabels": {"app": "minio"}}}],
            "ports": [{"protocol": "TCP", "port": 9000}],
        },
        {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "registry"}}}]},
    ]
    [dns] = made["tenantkit-dns"]["egress"]
    assert dns["ports"] == [{"protocol": "UDP", "port": 5353}, {"protocol": "TCP", "port": 5353}]
    assert [peer["podSelector"] for peer in dns["to"]] == [{"matchLabels": {"dns": "yes"}}]


def test_another_port_of_dns_is_that_of_its_pods_only() -> None:
    made = specs(Network(dns=Dns(port=5353)))["tenantkit-dns"]["egress"]

    assert [(list(rule["to"][0]), [port["port"] for port in rule["ports"]]) for rule in made] == [
        (["namespaceSelector", "podSelector"], [5353, 5353]),
        (["ipBlock"], [53, 53]),
    ]


def test_a_policy_has_one_type_or_opens_the_same_both_ways() -> None:
    network = Network(routing_namespaces=["ingress-nginx"], shared=[SharedEndpoint(cidr="192.168.70.10/32")])

    for spec in specs(network).values():
        assert len(spec["policyTypes"]) == 1 or ("ingress" in spec) == ("egress" in spec)


def test_the_addresses_of_clouds_metadata_are_never_the_internet() -> None:
    network = Network(cluster_cidrs=["10.128.0.0/14"])

    [rule] = specs(network)["tenantkit-egress"]["egress"]

    four, six = (peer["ipBlock"]["except"] for peer in rule["to"])
    assert four == ["10.128.0.0/14", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"]
    assert six == ["fe80::/10", "fd00:ec2::254/128"]


def test_a_range_within_another_is_left_out_of_the_exceptions() -> None:
    closed = closed_cidrs(("10.244.0.0/16", "10.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"), "0.0.0.0/0")

    assert closed == ["10.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"]


def test_a_tenant_that_is_not_isolated_has_no_policies() -> None:
    assert specs(Network(isolate=False)) == specs(Network(not_isolated=["vision", "speech"])) == {}
    assert len(specs(Network(not_isolated=["speech"]))) == 5
