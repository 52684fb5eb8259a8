"""The index of tenants: a rule per tenant, and the tenants that a user's rules name."""

from __future__ import annotations

import pytest

from tenantkit.rules.tenant_index import (
    IndexedTenant,
    has_marker,
    index_rule,
    marker_rule,
    owners_role_name,
    role_name,
    tenants_in,
)

_RULE = {"apiGroups": ["tenantkit.dev"], "resources": ["tenants"], "verbs": ["get"]}


def test_the_rule_of_a_tenant_names_it_and_its_namespace() -> None:
    assert index_rule("vision", "team-vision") == {**_RULE, "resourceNames": ["vision", "team-vision"]}


def test_a_tenant_with_a_namespace_of_its_own_name_is_named_once() -> None:
    assert index_rule("vision", "vision") == {**_RULE, "resourceNames": ["vision"]}


def test_the_roles_of_members_and_of_owners_differ() -> None:
    assert (role_name("vision"), owners_role_name("vision")) == ("tenant-vision", "owners-vision")


def test_the_tenants_of_several_rules_are_sorted_and_each_is_there_once() -> None:
    rules = [index_rule("vision", "team-vision"), index_rule("speech", "speech"), index_rule("vision", "team-vision")]

    assert tenants_in(rules) == (IndexedTenant("speech", "speech"), IndexedTenant("vision", "team-vision"))


def test_the_marker_of_the_index_is_not_a_tenant() -> None:
    assert tenants_in([marker_rule()]) == ()
    assert has_marker([index_rule("vision", "vision"), marker_rule()])
    assert not has_marker([index_rule("index", "index"), {**_RULE}])


@pytest.mark.parametrize(
    "rule",
    [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["manage"], "apiGroups": ["tenantkit.dev"], "resources": ["tenants"]},
        {**_RULE},
        {**_RULE, "resourceNames": []},
        {**_RULE, "resourceNames": None},
        {**_RULE, "resourceNames": ["a", "b", "c"]},
        {**_RULE, "resourceNames": ["vision", "team-vision"], "verbs": ["manage"]},
        {**_RULE, "resourceNames": ["vision", "team-vision"], "resources": ["configmaps"]},
        {**_RULE, "resourceNames": ["vision", "team-vision"], "apiGroups": ["example.com"]},
        {**_RULE, "resourceNames": ["vision", "<b>"]},
        {**_RULE, "resourceNames": ["vision", 5]},
        {},
    ],
)
def test_other_rules_name_no_tenant(rule: dict[str, object]) -> None:
    assert tenants_in([rule]) == ()
