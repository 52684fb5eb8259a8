"""Pods that no policy tells apart are one group, and a group is called by what tells it apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.network_policies.endpoints import PodEnd, read_pod
from tenantkit.rules.network_policies.groups import group_pods, usual_addresses
from tenantkit.rules.network_policies.policies import read_policy
from tenantkit.rules.selectors.label_selectors import label_selector_of
from tests.unit.rules.network_policies.worlds import address

if TYPE_CHECKING:
    from tenantkit.rules.network_policies.policies import Policy


def pods(*labels: dict[str, str], **about: Any) -> list[PodEnd]:
    fields: dict[str, Any] = {"namespace_labels": {}, "addresses": (address("10.0.0.1"),), **about}
    return [PodEnd("one", f"pod-{number}", each, **fields) for number, each in enumerate(labels)]


def policies(**spec: Any) -> dict[str, list[Policy]]:
    manifest = {"metadata": {"name": "policy", "namespace": "one"}, "spec": {"podSelector": {}, **spec}}
    return {"one": [read_policy(manifest)]}


def texts(found: list[PodEnd], known: dict[str, list[Policy]]) -> dict[str, int]:
    return {group.text: group.count for group in group_pods(found, known)}


THREE = pods({"app": "x"}, {"app": "y", "tier": "z"}, {"app": "w"})


def test_labels_that_no_policy_selects_tell_nothing_apart() -> None:
    assert texts(THREE, policies()) == {"all": 3}


def test_a_group_is_called_by_the_labels_that_policies_select() -> None:
    assert texts(THREE, policies(podSelector={"matchLabels": {"app": "x"}})) == {"app in (w,y)": 2, "app=x": 1}
    exists = {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    assert texts(THREE, policies(ingress=[{"from": [{"podSelector": exists}]}])) == {"!tier": 2, "tier=z": 1}


def test_groups_without_another_name_are_called_by_one_of_their_pods() -> None:
    found = [*pods({}), PodEnd("one", "far", {}, {}, (address("192.0.2.1"),))]
    block = policies(ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])
    assert texts(found, block) == {"pods such as far": 1, "pods such as pod-0": 1}


def test_pods_on_the_host_network_are_a_group_of_their_own() -> None:
    assert texts([*pods({}), *pods({}, host_network=True)], policies()) == {"all": 1, "host network": 1}


def test_further_selectors_tell_pods_apart() -> None:
    groups = group_pods(THREE, policies(), also={"one": [label_selector_of({"matchLabels": {"app": "y"}})]})
    assert [group.text for group in groups] == ["app in (w,x)", "app=y"]


def test_a_pod_without_an_address_is_taken_to_have_a_usual_one_if_policies_treat_all_alike() -> None:
    one, other = pods({}), [PodEnd("one", "far", {}, {}, (address("192.0.2.1"),))]
    block = policies(ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])
    assert usual_addresses(one, block) == (address("10.0.0.1"),)
    assert usual_addresses([*one, *other], block) is None
    assert usual_addresses([], block) is None


def test_a_pod_is_read_without_its_odd_values() -> None:
    manifest = {
        "metadata": {"name": "a", "namespace": "one", "labels": {"app": 1}},
        "spec": {"containers": [{"ports": [{"name": "web", "containerPort": "x"}]}], "hostNetwork": "yes"},
        "status": {"podIP": "nonsense", "podIPs": [{"ip": "10.0.0.1"}, None], "hostIP": 5},
    }
    assert read_pod(manifest, None).addresses == (address("10.0.0.1"),)
    assert (read_pod(manifest, None).labels, read_pod(manifest, None).ports) == (None, None)
    assert read_pod({"metadata": None, "spec": [], "status": 3}, None).addresses is None
