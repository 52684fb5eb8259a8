"""RBAC rules: what they allow, what they include, and what they have beyond others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.rbac.permissions import allows_some, beyond, covers, single_rules

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

READ_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


@pytest.mark.parametrize(
    ("rule", "wanted", "covered"),
    [
        (READ_PODS, READ_PODS | {"verbs": ["get"]}, True),
        (READ_PODS, READ_PODS | {"verbs": ["*"]}, False),
        (READ_PODS | {"verbs": ["*"]}, READ_PODS | {"verbs": ["*"]}, True),
        (READ_PODS | {"resources": ["*/log"]}, READ_PODS | {"resources": ["pods/log"]}, True),
        (READ_PODS | {"resourceNames": ["a"]}, READ_PODS, False),
        (READ_PODS, READ_PODS | {"resourceNames": ["a"]}, True),
        (READ_PODS, {"nonResourceURLs": ["/x"], "verbs": ["get"]}, False),
        ({"nonResourceURLs": ["/x*"], "verbs": ["get"]}, {"nonResourceURLs": ["/x/y"], "verbs": ["get"]}, True),
    ],
)
def test_a_rule_covers_rules_that_allow_no_more(rule: Manifest, wanted: Manifest, *, covered: bool) -> None:
    assert covers(rule, wanted) is covered


def test_a_rule_is_split_into_one_verb_resource_and_name_each() -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a", "b"]}

    assert [single["resourceNames"] for single in single_rules([rule])] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (READ_PODS, False),
        (READ_PODS | {"resources": ["pods/exec"], "verbs": ["create"]}, True),
        (READ_PODS | {"resources": ["*/exec"], "verbs": ["*"]}, True),
        (READ_PODS | {"resources": ["pods/exec"], "verbs": ["create"], "resourceNames": ["a"]}, True),
        (READ_PODS | {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]}, False),
    ],
)
def test_a_verb_on_some_objects_is_allowed(rule: Manifest, *, allowed: bool) -> None:
    assert allows_some([rule], "create", "", "pods/exec") is allowed


def test_what_rules_have_beyond_others_is_listed() -> None:
    more = READ_PODS | {"verbs": ["get", "delete"]}

    assert list(beyond([more], [READ_PODS])) == [READ_PODS | {"verbs": ["delete"]}]
