"""The table of kinds that tenantkit uses."""

from __future__ import annotations

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.rules.kinds import KINDS, Kind, kind_of


def test_a_kind_of_the_core_group_has_no_group_in_its_api_version() -> None:
    assert kind_of("Pod") == Kind("Pod", "", "v1", "pods", namespaced=True)
    assert (KINDS["Pod"].api_version, KINDS["Pod"].qualified) == ("v1", "pods")


def test_a_kind_of_a_group_is_qualified_by_it() -> None:
    ingress = kind_of("Ingress")
    assert (ingress.api_version, ingress.qualified) == ("networking.k8s.io/v1", "ingresses.networking.k8s.io")


def test_each_kind_is_found_by_its_name_and_has_one_resource() -> None:
    assert [name for name, kind in KINDS.items() if kind.kind != name] == []
    assert len({kind.qualified for kind in KINDS.values()}) == len(KINDS)


def test_only_these_kinds_are_cluster_scoped() -> None:
    assert sorted(name for name, kind in KINDS.items() if not kind.namespaced) == [
        "ClusterRole",
        "ClusterRoleBinding",
        "GatewayClass",
        "IngressClass",
        "Namespace",
        "Node",
        "PriorityClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "SubjectAccessReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]


@pytest.mark.parametrize(
    ("wrong", "right"), [("ingress", "Ingress"), ("ingresses", "Ingress"), ("Deploymnet", "Deployment")]
)
def test_a_misspelt_kind_is_refused_with_the_closest_one(wrong: str, right: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        kind_of(wrong)
    assert str(caught.value) == f"kind={wrong!r}: use {right!r}"


def test_an_unknown_kind_is_refused_with_all_kinds() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        kind_of("Xyzzy")
    assert str(caught.value) == f"kind='Xyzzy': use one of {', '.join(sorted(KINDS))}"
