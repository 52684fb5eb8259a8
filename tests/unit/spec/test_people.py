"""Names of persons: what is a user, a group or a service account, and what was meant as something else."""

from __future__ import annotations

import re

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.people import People, Subject, parse_person, subject_of
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

NAMES = {
    "dana": "dana",
    "dana@example.com": "dana@example.com",
    "dana@localhost": "dana@localhost",
    "O'Brien@example.com": "O'Brien@example.com",
    "dana_mail.com#EXT#@corp.onmicrosoft.com": "dana_mail.com#EXT#@corp.onmicrosoft.com",
    "oidc:dana": "oidc:dana",
    "auth0|5f7c8ec7": "auth0|5f7c8ec7",
    "https://issuer.example.com#103547": "https://issuer.example.com#103547",
    "arn:aws:iam::1234:user/dana": "arn:aws:iam::1234:user/dana",
    "CN=dana,O=ml": "CN=dana,O=ml",
}
GROUPS = ("ml-vision", "/ml/vision", "Domain Users", "CN=ml,OU=teams,DC=corp", "App (Prod)", "ml@example.com")

LIST = "list each person by itself, for example "
ACCOUNT = "write a service account as 'sa:NAMESPACE/NAME', for example "
GROUP = "write a group as 'group:NAME', for example "
USER = "write a user without a prefix, for example "
MARKS = "remove quotes and brackets, for example "
DOTS = "remove the punctuation around it, for example "
MISTAKES = {
    "a@x.com, b@x.com": LIST + "'a@x.com', 'b@x.com'",
    "a@x.com b@x.com": LIST + "'a@x.com', 'b@x.com'",
    "a@x.com;b@x.com": LIST + "'a@x.com', 'b@x.com'",
    "['a@x.com', 'b@x.com']": LIST + "'a@x.com', 'b@x.com'",
    "group:a, group:b": LIST + "'group:a', 'group:b'",
    "group:a,b": LIST + "'group:a', 'group:b'",
    "dana group:a": LIST + "'dana', 'group:a'",
    "['a@x.com']": MARKS + "'a@x.com'",
    '"a@x.com"': MARKS + "'a@x.com'",
    "group:'ml'": MARKS + "'group:ml'",
    "Dana <dana@x.com>": MARKS + "'dana@x.com'",
    "dana (ML)": MARKS + "'dana@example.com'",
    " dana": "remove the spaces around it, for example 'dana'",
    "a b@x": "remove the space, for example 'b@x'",
    "Dana Smith": "remove the space, for example 'dana-smith'",
    "a@@x": "use one '@', between a name and a domain, for example 'a@x'",
    "@x": "use one '@', between a name and a domain, for example 'dana@example.com'",
    "a@x@y": "use one '@', between a name and a domain, for example 'dana@example.com'",
    "serviceaccount:x": ACCOUNT + "'sa:NAMESPACE/x'",
    "serviceaccount:jupyterhub:dana": ACCOUNT + "'sa:jupyterhub/dana'",
    "system:serviceaccount:jupyterhub:dana": ACCOUNT + "'sa:jupyterhub/dana'",
    "SA:jupyterhub/dana": ACCOUNT + "'sa:jupyterhub/dana'",
    "sa:dana": ACCOUNT + "'sa:jupyterhub/jupyter-dana'",
    "Group:ml": GROUP + "'group:ml'",
    "groups:ml": GROUP + "'group:ml'",
    "group:group:ml": GROUP + "'group:ml'",
    "group:": "name the group after 'group:', for example 'group:ml-vision'",
    "group:  ": "name the group after 'group:', for example 'group:ml-vision'",
    "user:dana@x.com": USER + "'dana@x.com'",
    "mailto:dana@x.com": USER + "'dana@x.com'",
    "dana.": DOTS + "'dana'",
    ".dana@x.com": DOTS + "'dana@x.com'",
    "dana@x.com,": DOTS + "'dana@x.com'",
    "da..na@x.com": DOTS + "'da.na@x.com'",
    "group:ml.": DOTS + "'group:ml'",
    "*": "use a name with letters or digits; no text stands for everybody, for example 'dana@example.com'",
}


@pytest.mark.parametrize("text", NAMES)
def test_a_user_is_named_as_the_server_names_them(text: str) -> None:
    assert parse_person(text) == Subject("User", NAMES[text])


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_may_have_the_names_that_directories_give(group: str) -> None:
    assert parse_person(f"group:{group}") == Subject("Group", group)


@pytest.mark.parametrize("text", MISTAKES)
def test_a_text_that_was_meant_as_another_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(MISTAKES[text])) as caught:
        parse_person(text)

    assert str(caught.value) == MISTAKES[text]


@pytest.mark.parametrize("char", ["\n", "\x1b", "\u202e", "\u200b", "\u2066", "\xa0", "\ud800", "\xad"])
def test_an_invisible_character_is_refused_and_named(char: str) -> None:
    for text in (f"dana{char}@x.com", f"group:ml{char}a"):
        with pytest.raises(ValueError, match=rf"remove the invisible character U\+{ord(char):04X}: write a user"):
            parse_person(text)


@pytest.mark.parametrize("text", ["system:masters", "group:system:masters", "group:system:authenticated"])
def test_names_that_kubernetes_reserves_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names that start with 'system:' are reserved for Kubernetes"):
        parse_person(text)


@pytest.mark.parametrize("prefix", ["system:", "system:serviceaccount:", "-", "oidc: ", "oidc\u202e:"])
def test_a_prefix_that_reserves_or_hides_names_is_refused(prefix: str) -> None:
    for field in ("user_prefix", "group_prefix"):
        with pytest.raises(InvalidSpecError):
            People(**{field: prefix})


def test_a_subject_has_the_platforms_prefix_and_a_service_account_has_none() -> None:
    people = People(user_prefix="oidc:", group_prefix="ldap:")

    assert subject_of("dana@x.com", people) == Subject("User", "oidc:dana@x.com")
    assert subject_of("group:ml", people) == Subject("Group", "ldap:ml")
    assert subject_of("sa:jupyterhub/dana", people) == Subject("ServiceAccount", "dana", "jupyterhub")


@pytest.mark.parametrize(
    ("people", "person", "whole"),
    [
        ({"group_prefix": "sys"}, "group:tem:masters", "system:masters"),
        ({"group_prefix": "system"}, "group::authenticated", "system:authenticated"),
        ({"user_prefix": "sys"}, "tem:kube-controller-manager", "system:kube-controller-manager"),
        ({"user_prefix": "system"}, ":serviceaccount:kube-system:default", "system:serviceaccount:kube-system:default"),
    ],
)
def test_a_name_that_is_reserved_only_with_its_prefix_is_refused(
    people: dict[str, str], person: str, whole: str
) -> None:
    reason = f"with the platform's prefix it is {whole!r}, which Kubernetes reserves: use another name"
    with pytest.raises(InvalidSpecError) as caught:
        Platform(people=people, provisioners=[person])
    assert reason in str(caught.value)

    platform = Platform(people=people)
    for role in ("owners", "editors", "viewers"):
        fields = {"owners": ["dana@x.com"], role: [person]}
        with pytest.raises(InvalidSpecError) as caught:
            platform.check([Tenant(name="vision", team="cv", size="small", **fields)])
        assert (caught.value.field, caught.value.reason) == (f"vision.{role}[0]", reason)
