"""Audits of people with fewer rights: what they may read is judged, the rest names the permission; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tests.contract.tenants import fresh_name, tenant
from tests.contract.wire import kubectl
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

PROVISIONER = "provisioner@example.com"
# What an owner may not read makes these unknown, beside all checks of the cluster.
UNKNOWN_TO_OWNERS = {
    "one-namespace",
    "hosts-granted-once",
    "hosts-claimed",
    "quota-counts-everything",
    "others-without-power",
    "pod-priority-classes",
}


@pytest.fixture(scope="module")
def names(cluster: Cluster) -> Iterator[list[str]]:
    """Three tenants on a platform with a provisioner."""
    with fresh_name(cluster) as first, fresh_name(cluster) as second, fresh_name(cluster) as third:
        install_platform(cluster, Platform(provisioners=[PROVISIONER]), force_conflicts="all", progress=False)
        apply(cluster, plan(cluster, [tenant(name) for name in (first, second, third)]), progress=False)
        yield [first, second, third]
        install_platform(cluster, Platform(), force_conflicts="all", progress=False)


@pytest.fixture
def owner(names: list[str], connect_as: Callable[[str], Cluster]) -> Cluster:
    owner = connect_as("owner")
    eventually(lambda: owner.can("list", "Pod", namespace=names[0]))
    return owner


@pytest.fixture
def provisioner(names: list[str], connect_as: Callable[[str], Cluster]) -> Cluster:
    provisioner = connect_as("provisioner")
    eventually(lambda: provisioner.can("list", "ClusterRole") and names)
    return provisioner


def in_state(frame: pd.DataFrame, state: str) -> pd.DataFrame:
    return frame[frame["state"] == state]


def test_an_owner_gets_what_they_may_read_and_the_rest_is_unknown(owner: Cluster, names: list[str]) -> None:
    frame = tk.audit(owner, tenant=names[0])

    of_tenant, of_cluster = frame[frame["tenant"].notna()], frame[frame["tenant"].isna()]
    assert set(of_tenant["tenant"]) == {names[0]}
    assert set(in_state(of_tenant, "unknown")["check"]) == UNKNOWN_TO_OWNERS
    assert set(of_cluster["check"]) - set(in_state(of_cluster, "unknown")["check"]) == {"platform-installed"}


def test_an_unknown_check_names_the_permission(owner: Cluster, names: list[str]) -> None:
    frame = tk.audit(owner, tenant=names[0])
    row = frame[frame["check"] == "guardrail-hosts"].iloc[0]

    wanted = "list validatingadmissionpolicies.admissionregistration.k8s.io in the whole cluster"
    assert wanted in str(row["evidence"])
    assert f"ask for permission to {wanted}" in str(row["what_to_do"])
    assert "clusterroles.rbac.authorization.k8s.io" in frame.attrs["incomplete"]["ClusterRole"]


def test_an_owner_sees_a_wall_that_was_removed_with_kubectl(
    owner: Cluster, names: list[str], engine: Engine, cluster: Cluster
) -> None:
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []
    kubectl(login.kubeconfig, *context, "-n", names[0], "delete", "networkpolicy", "tenantkit-default-deny")

    frame = in_state(tk.audit(owner, tenant=names[0]), "fail")

    assert frame[["wall", "check", "evidence"]].to_numpy().tolist() == [
        ["network", "network-default-deny", "NetworkPolicy/tenantkit-default-deny: does not exist"]
    ]
    apply(cluster, plan(cluster, tenant(names[0])), progress=False)
    assert in_state(tk.audit(owner, tenant=names[0]), "fail").empty


def test_a_provisioner_may_read_everything_but_secrets(provisioner: Cluster, names: list[str]) -> None:
    frame = tk.audit(provisioner, namespaces=names)

    assert set(in_state(frame, "unknown")["check"]) == {"token-secrets"}


def test_another_tenant_may_not_be_audited_by_an_owner(connect_as: Callable[[str], Cluster], names: list[str]) -> None:
    with pytest.raises((PermissionDenied, NotFound)):
        tk.audit(connect_as("stranger"), tenant=names[0])


def test_the_requests_do_not_grow_with_the_tenants(cluster: Cluster, names: list[str]) -> None:
    def requests(chosen: list[str]) -> int:
        before = cluster.request_count
        tk.audit(cluster, namespaces=chosen)
        return cluster.request_count - before

    assert requests(names) - requests(names[:2]) == 1  # the Namespace that is named


def test_access_lists_what_a_person_may_do_across_tenants(provisioner: Cluster, names: list[str]) -> None:
    frame = tk.access(provisioner, "owner@example.com", confirm=True)

    rows = frame[frame["tenant"].isin(names)]
    assert set(rows["tenant"]) == set(names)
    assert set(rows["role"]) == {"ClusterRole/tenantkit-owner"}
    columns = ["read", "write", "secrets", "exec", "manage_members", "more_than_ours", "confirmed"]
    assert rows[columns].drop_duplicates().to_numpy().tolist() == [[True, True, True, True, True, False, True]]
    assert rows["dangerous"].isna().all()


def test_access_of_a_provisioner_is_everywhere_and_more_than_an_owners(provisioner: Cluster) -> None:
    frame = tk.access(provisioner, PROVISIONER, confirm=True)

    [row] = frame[frame["binding"] == "ClusterRoleBinding/tenantkit-provisioners"].to_dict("records")
    assert (row["more_than_ours"], row["confirmed"]) == (True, True)
    assert row["dangerous"] == "walls, manage tenants"


def test_access_of_others_is_refused_to_those_who_may_not_list_bindings(owner: Cluster) -> None:
    with pytest.raises(PermissionDenied):
        tk.access(owner, "dana@example.com")
