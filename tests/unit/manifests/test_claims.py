"""Claims of hosts as objects: one name for each host, whatever its form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenantkit.manifests.claims import claim_name, claim_ref, claimant, claimed_host, is_claim, make_claim, make_claims
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

HOSTS = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9]{1,20}){1,3}", fullmatch=True)


def test_a_claim_is_immutable_and_says_whose_the_host_is() -> None:
    assert make_claim("vision", "Vision.Example.AI.") == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "host-0afe78b4dfecde2ed032d44468acbf0952b086f0",
            "namespace": "tenantkit-system",
            "labels": {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"},
        },
        "immutable": True,
        "data": {"tenant": "vision", "host": "vision.example.ai"},
    }


def test_each_granted_host_has_a_claim() -> None:
    tenant = Tenant(name="vision", team="cv", owners=["d@example.com"], size="small", hosts=["www.example.org"])

    assert [claimed_host(it) for it in make_claims(tenant, Platform())] == ["vision.example.ai", "www.example.org"]
    assert {claimant(it) for it in make_claims(tenant, Platform())} == {"vision"}


@given(HOSTS, HOSTS)
def test_two_hosts_have_one_name_only_if_they_are_one_for_dns(one: str, other: str) -> None:
    assert (claim_name(one) == claim_name(other)) == (one == other)
    assert claim_name(one) == claim_name(one.upper()) == claim_name(f"{one}.")
    assert len(claim_name(one)) == len("host-") + 40


def test_a_claim_is_known_by_kind_namespace_and_name() -> None:
    ref = ref_of(make_claim("vision", "x.ai"))

    assert ref == claim_ref("x.ai")
    assert is_claim(ref)
    assert not is_claim(ObjectRef("v1", "ConfigMap", ref.name, "vision"))
    assert not is_claim(ObjectRef("v1", "ConfigMap", "platform", "tenantkit-system"))
    assert not is_claim(ObjectRef("v1", "Secret", ref.name, "tenantkit-system"))


def test_an_odd_claim_is_of_nobody() -> None:
    odd = make_claim("vision", "x.ai") | {"data": ["x"]}

    assert (claimant(odd), claimed_host(odd)) == ("", "")
    assert claimant(odd | {"data": None}) == ""
