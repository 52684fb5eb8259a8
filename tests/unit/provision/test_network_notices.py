"""What `plan_platform` says about the network of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.network import Dns, Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

DNS_PORTS = [{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}]
CONTOUR = {"type": "LoadBalancer", "ports": [{"port": 443}], "clusterIP": "10.96.0.3"}
NAMED = Network(routing_namespaces=["contour"])


def service(namespace: str, name: str, **spec: Any) -> Manifest:
    return made("v1", "Service", {"namespace": namespace, "name": name}, spec=spec)


def made(api_version: str, kind: str, metadata: Manifest, **fields: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def kube_dns(**spec: Any) -> Manifest:
    usual = {"selector": {"k8s-app": "kube-dns"}, "ports": DNS_PORTS, "clusterIP": "10.96.0.10"}
    return service("kube-system", "kube-dns", **usual | spec)


def daemons(namespace: str, name: str, **pod: Any) -> Manifest:
    return made("apps/v1", "DaemonSet", {"namespace": namespace, "name": name}, spec={"template": {"spec": pod}})


def node(*pod_cidrs: str, address: str = "192.168.50.1") -> Manifest:
    status = {"addresses": [{"type": "InternalIP", "address": address}, {"type": "ExternalIP", "address": "8.8.8.8"}]}
    return made("v1", "Node", {"name": "n"}, spec={"podCIDRs": list(pod_cidrs)}, status=status)


def told(*objects: Manifest, network: Network = NAMED, **memory: Any) -> list[tuple[str, str]]:
    cluster = Memory({ref_of(one): one for one in objects}, **memory)
    notices = plan_platform(cluster, Platform(network=network)).notices
    return [(notice.code, notice.words()) for notice in notices if notice.tenant is None]


def test_where_everything_is_named_nothing_is_said() -> None:
    assert told(kube_dns(), node("10.244.0.0/24", "fd00:244::/64"), service("contour", "envoy", **CONTOUR)) == []


def test_without_isolation_nothing_is_read_and_nothing_said() -> None:
    assert told(network=Network(isolate=False), refused=("Service", "Node")) == []


def test_the_clusters_own_ranges_that_are_not_named_are_said_by_use() -> None:
    services = made(
        "networking.k8s.io/v1", "ServiceCIDR", {"name": "kubernetes"}, spec={"cidrs": ["2001:db8:96::/112"]}
    )

    found = told(kube_dns(), services, node("203.0.113.0/24", "10.244.0.0/24", address="198.51.100.7"))

    assert found == [
        (
            "range-not-covered",
            (
                f"network.cluster_cidrs does not name {cidr}, where the cluster has {what}: isolated tenants reach "
                f"them as a part of the internet until you add the range"
            ),
        )
        for cidr, what in (
            ("203.0.113.0/24", "pods"),
            ("2001:db8:96::/112", "services"),
            ("198.51.100.7/32", "nodes"),
        )
    ]
    assert told(kube_dns(), services, network=NAMED.with_(internet=False)) == []


def test_dns_at_other_pods_is_said_with_what_to_set() -> None:
    other = kube_dns(selector={"app": "coredns"}, ports=[{"port": 53, "targetPort": 5353}])

    [(code, text)] = told(other)

    right = "Dns(namespace='kube-system', pods={'app': 'coredns'}, port=5353)"
    assert code == "dns-not-open"
    assert text == f"Service 'kube-dns' sends DNS to other pods than network.dns names: set {right}"
    dns = Dns(namespace="kube-system", pods={"app": "coredns"}, port=5353)
    assert told(other, network=NAMED.with_(dns=dns)) == []


def test_a_cluster_without_a_dns_service_is_said() -> None:
    [(code, text)] = told()

    assert code == "dns-not-found"
    assert "only at pods with k8s-app=kube-dns in namespace 'kube-system', 169.254.20.10/32 (network.dns)" in text


def test_the_addresses_of_a_dns_cache_on_each_node_are_said() -> None:
    arguments = ["-localip", "169.254.20.10,10.96.0.10", "-conf", "/etc/Corefile"]
    cache = daemons("kube-system", "node-local-dns", containers=[{"args": arguments}])

    [(code, text)] = told(kube_dns(), cache)

    assert (code, text.split(":")[0]) == ("dns-not-open", "a DNS cache on each node answers at 10.96.0.10")
    dns = Dns(addresses=["169.254.20.10", "10.96.0.10"])
    assert told(kube_dns(), cache, network=NAMED.with_(dns=dns)) == []


def test_what_looks_like_an_ingress_controller_and_is_not_named_is_said() -> None:
    on_host = daemons("edge", "nginx", hostNetwork=True, containers=[{"ports": [{"containerPort": 443}]}])

    found = told(kube_dns(), node(), service("istio", "gate", **CONTOUR), on_host, network=Network())

    assert [code for code, _ in found] == ["controller-not-named"] * 2
    assert "Service 'istio/gate'" in found[0][1]
    assert "add 'istio' to network.routing_namespaces" in found[0][1]
    assert "DaemonSet 'edge/nginx'" in found[1][1]
    assert "network.routing_cidrs, for example 192.168.50.1" in found[1][1]
    network = Network(routing_namespaces=["istio"], routing_cidrs=["192.168.50.0/24"])
    assert told(kube_dns(), node(), service("istio", "gate", **CONTOUR), on_host, network=network) == []


def test_a_platform_that_names_no_ingress_controller_is_told_that_no_route_answers() -> None:
    assert [code for code, _ in told(kube_dns(), network=Network())] == ["controller-not-named"]


def test_a_service_of_a_tenant_is_not_an_ingress_controller() -> None:
    memory = Memory()
    platform = Platform(network=NAMED)
    memory.create(kube_dns())
    run(memory, tenant(), platform=platform)
    memory.create(service("vision", "web", **CONTOUR))

    assert plan_platform(memory, platform).notices == ()


def test_the_api_server_is_closed_unless_it_is_shared() -> None:
    kubernetes = service("default", "kubernetes", clusterIP="10.96.0.1", ports=[{"port": 443}])
    labels = {"kubernetes.io/service-name": "kubernetes"}
    endpoints = made(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        {"namespace": "default", "name": "kubernetes", "labels": labels},
        endpoints=[{"addresses": ["192.168.50.1"]}],
        ports=[{"port": 6443}],
    )

    [(code, text)] = told(kube_dns(), kubernetes, endpoints)

    assert code == "api-server-closed"
    assert (
        "add SharedEndpoint(cidr='10.96.0.1/32', port=443), SharedEndpoint(cidr='192.168.50.1/32', port=6443) to "
        "network.shared"
    ) in text
    shared = [SharedEndpoint(cidr="10.96.0.1/32", port=443), SharedEndpoint(cidr="192.168.50.0/24")]
    assert told(kube_dns(), kubernetes, endpoints, network=NAMED.with_(shared=shared)) == []


def test_what_may_not_be_read_is_said_and_not_taken_for_absent() -> None:
    found = told(refused=("Service", "Node"))

    assert [code for code, _ in found] == ["network-not-read"]
    assert found[0][1].startswith("you may not list nodes, services, so it is not known whether `network` names")


def test_each_existing_tenant_is_told_what_isolation_means_for_it() -> None:
    memory, off = Memory(), Platform(network=Network(isolate=False))
    install_platform(memory, off, progress=False)
    run(memory, tenant(), tenant(name="speech"), platform=off)

    on = plan_platform(memory, Platform(network=Network(not_isolated=["speech", "vison"])))
    changed = {notice.code: notice.tenant for notice in on.notices}

    assert changed.items() >= {("isolated", "vision"), ("no-such-tenant", None)}
    assert "speech" not in changed.values()


def test_isolation_is_turned_on_tenant_by_tenant_and_off_again() -> None:
    memory = Memory()
    off, first, on = Network(isolate=False), Network(not_isolated=["speech"]), Network()
    tenants = tenant(), tenant(name="speech")

    def isolated() -> list[str]:
        refs = [ref for ref in memory.objects if ref.kind == "NetworkPolicy"]
        return sorted({str(ref.namespace) for ref in refs if ref.name == "tenantkit-default-deny"})

    seen = []
    for network in (off, first, on, first, off):
        run(memory, *tenants, platform=Platform(network=network))
        seen.append(isolated())
        assert not plan(memory, tenants, platform=Platform(network=network)).has_changes

    assert seen == [[], ["vision"], ["speech", "vision"], ["vision"], []]
