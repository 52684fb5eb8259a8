"""NetworkPolicies of tenants: planned, applied, compared, pruned and shown like their other objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.frames.tenants import tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.install import plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.network import Dns, Network, SharedEndpoint
from tenantkit.spec.platform import Platform
from tests.contract.tenants import edit, fresh_name, tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

POLICIES = ["default-deny", "dns", "egress", "from-routing", "same-namespace"]
NOT_ISOLATED = Platform(network=Network(isolate=False))
EVERYTHING = Network(
    routing_namespaces=["ingress-nginx", "monitoring"],
    routing_cidrs=["192.168.60.0/24", "fd00:60::/64"],
    cluster_cidrs=["10.0.0.0/8", "2001:db8::/32"],
    shared=[
        SharedEndpoint(cidr="192.168.70.10/32", port=9000),
        SharedEndpoint(cidr="fd00:70::10/128"),
        SharedEndpoint(namespace="minio", pods={"app": "minio"}, port=9000),
        SharedEndpoint(namespace="registry"),
    ],
    dns=Dns(namespace="dns", pods={"app": "coredns"}, addresses=["10.96.0.10", "fd00::10"], port=5353),
)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        yield name


def policy_ref(name: str, policy: str) -> ObjectRef:
    return ObjectRef("networking.k8s.io/v1", "NetworkPolicy", policy, name)


def names_of_policies(cluster: Cluster, name: str) -> list[str]:
    found = [it["metadata"]["name"] for it in cluster.list("NetworkPolicy", namespace=name)]
    return [policy.removeprefix("tenantkit-") for policy in found]


def planned(cluster: Cluster, name: str, platform: Platform | None = None) -> Plan:
    return plan(cluster, tenant(name), platform=platform)


def applied(cluster: Cluster, name: str) -> None:
    apply(cluster, planned(cluster, name), progress=False)


def by_hand(name: str, **spec: object) -> Manifest:
    metadata = {"name": "by-hand", "namespace": name}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def rows(made: Plan) -> list[tuple[str, str, str | None]]:
    return [(row.action, row.ref.name, row.field) for row in made.rows if row.action != "unchanged"]


def test_a_new_tenant_is_isolated_and_the_server_keeps_its_policies_as_they_were_sent(
    cluster: Cluster, name: str
) -> None:
    applied(cluster, name)

    assert names_of_policies(cluster, name) == POLICIES
    assert not planned(cluster, name).has_changes


def test_every_setting_of_the_network_is_taken_and_kept_by_the_server(cluster: Cluster, name: str) -> None:
    applied(cluster, name)

    made = plan(cluster, tenant(name), platform=Platform(network=EVERYTHING), dry_run="server")

    assert rows(made) == [
        ("update", "tenantkit-dns", "spec.egress"),
        ("update", "tenantkit-from-routing", "spec.ingress"),
        ("update", "tenantkit-egress", "spec.egress"),
    ]
    for change in made.changes:
        if change.action == "update" and change.wanted is not None:
            cluster.apply(change.wanted)
    assert not planned(cluster, name, Platform(network=EVERYTHING)).has_changes


def test_a_policy_that_was_deleted_is_made_again(cluster: Cluster, name: str) -> None:
    applied(cluster, name)
    cluster.delete(policy_ref(name, "tenantkit-dns"))

    made = planned(cluster, name)
    apply(cluster, made, progress=False)

    assert rows(made) == [("create", "tenantkit-dns", None)]
    assert names_of_policies(cluster, name) == POLICIES


def test_a_rule_that_somebody_else_added_is_a_conflict_and_is_taken_back_by_force(
    cluster: Cluster, name: str, wire: Wire
) -> None:
    applied(cluster, name)
    deny = policy_ref(name, "tenantkit-default-deny")
    edit(wire, deny, {"op": "add", "path": "/spec/ingress", "value": [{}]})

    made = planned(cluster, name)

    [row] = [row for row in made.rows if row.action != "unchanged"]
    assert (row.action, row.ref, row.field, row.manager) == ("conflict", deny, "spec.ingress", "kubectl-edit")
    apply(cluster, made, force_conflicts="all", progress=False)
    assert not planned(cluster, name).has_changes


def test_the_order_of_rules_peers_and_ports_means_nothing(cluster: Cluster, name: str, wire: Wire) -> None:
    applied(cluster, name)
    dns = policy_ref(name, "tenantkit-dns")
    [rule] = cluster.get("NetworkPolicy", "tenantkit-dns", name)["spec"]["egress"]
    turned = {"to": rule["to"][::-1], "ports": rule["ports"][::-1]}
    edit(wire, dns, {"op": "replace", "path": "/spec/egress", "value": [turned]})

    assert not planned(cluster, name).has_changes


def test_policies_are_removed_when_a_tenant_is_no_longer_isolated(cluster: Cluster, name: str) -> None:
    applied(cluster, name)

    made = planned(cluster, name, NOT_ISOLATED)

    assert sorted(row.ref.name for row in made.rows if row.action == "delete") == [f"tenantkit-{it}" for it in POLICIES]
    assert {row.code for row in made.rows if row.action == "delete"} == {"no-longer-wanted"}
    later = planned(cluster, name, Platform(network=Network(not_isolated=[name])))
    assert rows(later) == rows(made)


def test_a_policy_of_somebody_else_is_foreign_and_what_it_opens_is_said(cluster: Cluster, name: str) -> None:
    applied(cluster, name)
    peers = [{"namespaceSelector": {"matchLabels": {"team": "x"}}}, {"ipBlock": {"cidr": "10.1.0.0/16"}}]
    ingress = [{"from": peers, "ports": [{"port": 8000, "endPort": 8080}]}]
    cluster.create(by_hand(name, podSelector={}, ingress=ingress, egress=[{}]))

    made = planned(cluster, name)

    [row] = [row for row in made.rows if row.action != "unchanged"]
    assert (row.action, row.ref.name, row.code) == ("foreign", "by-hand", "foreign-opens")
    assert row.reason == (
        "a NetworkPolicy that is not tenantkit's, and it opens for all pods: ingress from all pods in namespaces with "
        "team=x on TCP 8000-8080; ingress from 10.1.0.0/16 on TCP 8000-8080; egress to everywhere. Delete it, unless "
        "the platform team agreed to it"
    )
    assert not made.has_changes
    assert "by-hand" in names_of_policies(cluster, name)


def test_a_policy_that_only_closes_is_foreign_and_opens_nothing(cluster: Cluster, name: str) -> None:
    applied(cluster, name)
    cluster.create(by_hand(name, podSelector={"matchLabels": {"app": "db"}}, policyTypes=["Egress"]))

    [row] = [row for row in planned(cluster, name).rows if row.action != "unchanged"]

    assert (row.action, row.code) == ("foreign", "foreign")
    assert row.reason == "a NetworkPolicy for pods with app=db that is not tenantkit's; it opens nothing"


def test_a_policy_of_ours_with_a_finalizer_is_left_to_its_controller(cluster: Cluster, name: str, wire: Wire) -> None:
    applied(cluster, name)
    dns = policy_ref(name, "tenantkit-dns")
    edit(wire, dns, {"op": "add", "path": "/metadata/finalizers", "value": ["example.org/network"]})
    cluster.delete(dns)

    [row] = [row for row in planned(cluster, name).rows if row.action != "unchanged"]

    assert (row.action, row.ref, row.code) == ("blocked", dns, "being-deleted")
    edit(wire, dns, {"op": "remove", "path": "/metadata/finalizers"})


def test_an_owner_sees_the_policies_and_may_not_change_them(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    applied(cluster, name)
    cluster.delete(policy_ref(name, "tenantkit-egress"))
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))

    made = plan(owner, get_tenant(owner, name).with_(viewers=["eve@example.com"]))
    report = apply(owner, made, progress=False)

    assert [row.action for row in made.rows if row.ref.name == "tenantkit-egress"] == ["not yours"]
    assert [outcome.ref.name for outcome in report.pending] == ["tenantkit-egress"]
    assert [outcome.ref.kind for outcome in report.applied] == ["RoleBinding", "RoleBinding"]  # one in the index


def test_the_frame_of_tenants_says_who_is_isolated(
    cluster: Cluster, name: str, connect_as: Callable[[str], Cluster], eventually: Callable[..., object]
) -> None:
    applied(cluster, name)
    owner = connect_as("owner")
    eventually(lambda: owner.can("patch", "Ingress", namespace=name))
    assert [tenants(user, tenant=name)["isolated"].tolist() for user in (cluster, owner)] == [[True], [True]]

    cluster.delete(policy_ref(name, "tenantkit-default-deny"))

    assert tenants(cluster, tenant=name)["isolated"].tolist() == [False]


def test_a_deletion_lists_the_policies(cluster: Cluster, name: str) -> None:
    applied(cluster, name)

    deleted = [row.ref.name for row in plan_delete_tenants(cluster, name).rows if row.ref.kind == "NetworkPolicy"]

    assert sorted(deleted) == [f"tenantkit-{policy}" for policy in POLICIES]


def test_the_platforms_plan_says_what_is_open_on_this_cluster_and_what_it_means_for_a_tenant(
    cluster: Cluster, name: str
) -> None:
    applied(cluster, name)
    network = Network(cluster_cidrs=["192.0.2.0/24"], not_isolated=[name, "no-such"])

    notices = plan_platform(cluster, Platform(network=network)).notices

    codes = {notice.code for notice in notices if notice.tenant in (None, name)}
    assert codes >= {"range-not-covered", "no-longer-isolated", "no-such-tenant", "controller-not-named"}
    assert [it.code for it in plan_platform(cluster, NOT_ISOLATED).notices if it.tenant is None] == []
