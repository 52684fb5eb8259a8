from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantkit.rules.names import (
    check_dns_label,
    check_dns_subdomain,
    check_host,
    check_http_path,
    check_label_key,
    check_label_value,
    check_port,
    check_resource_name,
    derived_name,
    is_dns_label,
    slug,
    suggest_dns_label,
)
from tests.unit.strategies import (
    any_text,
    dns_labels,
    dns_subdomains,
    hosts,
    http_paths,
    label_keys,
    label_values,
    name_like,
    ports,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS = [
    check_dns_label,
    check_dns_subdomain,
    check_host,
    check_http_path,
    check_label_key,
    check_label_value,
    check_port,
    check_resource_name,
]
LABEL = "use lower-case letters, digits and '-', at most 63 characters"
SUBDOMAIN = "use lower-case letters, digits, '-' and '.', at most 253 characters"
HOST = "use a DNS name of lower-case letters, digits, '-' and '.', at most 253 characters"
PATH = "use no blanks, no '?' or '#', and write other characters percent-encoded"
PORT_NAME = "use a number from 1 to 65535, or a name of at most 15 lower-case letters, digits and '-'"
LABEL_KEY = "use letters, digits, '-', '_' and '.', after a DNS name and '/' if any"
RESOURCE = "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("vision", None),
        ("0-1", None),
        ("a" * 63, None),
        ("Vision Team", f"{LABEL}, for example 'vision-team'"),
        ("Équipe Straße", f"{LABEL}, for example 'equipe-strasse'"),
        ("a" * 64, f"{LABEL}, for example '{'a' * 63}'"),
        ("vision.team", f"{LABEL}, for example 'vision-team'"),
        ("vision\n", f"{LABEL}, for example 'vision'"),
        ("", f"{LABEL}, for example 'vision-team'"),
        ("日本", f"{LABEL}, for example 'vision-team'"),
        (5, f"{LABEL}, for example '5'"),
        ("-vision-", "start and end with a lower-case letter or digit, for example 'vision'"),
    ],
)
def test_a_name_that_is_no_dns_label_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_dns_label(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("jupyter.dana", None),
        ("Jupyter_Dana.v2", f"{SUBDOMAIN}, for example 'jupyter-dana.v2'"),
        ("a" * 254, f"{SUBDOMAIN}, for example '{'a' * 63}'"),
        ("", f"{SUBDOMAIN}, for example 'vision.v1'"),
        (
            "a..b",
            "start and end each part between dots with a lower-case letter or digit, for example 'a.b'",
        ),
    ],
)
def test_a_name_that_is_no_dns_subdomain_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_dns_subdomain(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("vision.example.ai", None),
        ("localhost", None),
        ("Vision.Example.AI", f"{HOST}, for example 'vision.example.ai'"),
        ("", f"{HOST}, for example 'vision.example.com'"),
        (None, f"{HOST}, for example 'none'"),
        ("10.0.0.1", "use a DNS name, not an IP address, for example 'vision.example.com'"),
        (f"{'a' * 64}.example.ai", f"use at most 63 characters between two dots, for example '{'a' * 63}.example.ai'"),
        ("*.example.ai", "name each host, without '*', for example 'example.ai'"),
        (
            "https://vision.example.ai:8443/ai",
            "use a DNS name without scheme, port or path, for example 'vision.example.ai'",
        ),
    ],
)
def test_what_can_be_no_host_is_refused_with_one_that_can(value: object, reason: str | None) -> None:
    assert check_host(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("*.example.ai", None),
        ("vision.example.ai", None),
        ("*", "use '*' only as '*.' in front of a DNS name, for example 'vision.example.com'"),
        ("a.*.example.ai", "use '*' only as '*.' in front of a DNS name, for example 'a.example.ai'"),
    ],
)
def test_a_wildcard_is_a_host_only_where_asked_for_and_in_front(value: str, reason: str | None) -> None:
    assert check_host(value, wildcard=True) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("/", None),
        ("/ai-service", None),
        ("/v1/", None),
        ("/a%20b", None),
        ("ai-service", "start with '/', for example '/ai-service'"),
        ("", "give an absolute path, for example '/ai-service'"),
        (7, "give an absolute path, for example '/ai-service'"),
        ("/a b", f"{PATH}, for example '/a%20b'"),
        ("/ai?q=1", f"{PATH}, for example '/ai'"),
        ("/é", f"{PATH}, for example '/%C3%A9'"),
        ("/a%2", f"{PATH}, for example '/a%252'"),
        ("/a//b", "leave out '//', for example '/a/b'"),
        ("/a/./b", "leave out '/./', for example '/a/b'"),
        ("/a/../b", "leave out '/../', for example '/a/b'"),
        ("/a/..", "leave out '/..', for example '/a'"),
        ("/a/.", "leave out '/.', for example '/a'"),
        ("/a%2fb", "leave out '%2f', for example '/a/b'"),
        ("/a%2Fb", "leave out '%2F', for example '/a/b'"),
        ("/" + "a" * 1024, "use at most 1024 characters, for example '/ai-service'"),
    ],
)
def test_what_can_be_no_path_is_refused_with_one_that_can(value: object, reason: str | None) -> None:
    assert check_http_path(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [("/a//b/%2f/..", None), ("a", "start with '/', for example '/a'"), ("/a b", f"{PATH}, for example '/a%20b'")],
)
def test_an_implementation_s_own_path_may_hold_what_prefixes_may_not(value: str, reason: str | None) -> None:
    assert check_http_path(value, path_type="ImplementationSpecific") == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1, None),
        (65535, None),
        ("http", None),
        ("8080-tcp", None),
        (0, "use a number from 1 to 65535, for example 80"),
        (65536, "use a number from 1 to 65535, for example 80"),
        ("80", "use the number 80, without quotes"),
        ("0", f"{PORT_NAME}, for example 'http'"),
        ("HTTP port", f"{PORT_NAME}, for example 'http-port'"),
        ("http--1", f"{PORT_NAME}, for example 'http-1'"),
        ("a" * 16, f"{PORT_NAME}, for example '{'a' * 15}'"),
        (True, "use a whole number from 1 to 65535 or a port's name, for example 80 or 'http'"),
        (80.0, "use a whole number from 1 to 65535 or a port's name, for example 80 or 'http'"),
    ],
)
def test_what_is_no_port_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_port(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", None),
        ("Vision_Team.1", None),
        (
            "Vision Team",
            "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'Vision-Team'",
        ),
        (None, "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'None'"),
        ("-", "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'vision'"),
    ],
)
def test_what_is_no_label_value_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_label_value(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("team", None),
        ("example.com/Team_1", None),
        ("Example.com/cost centre", f"{LABEL_KEY}, for example 'example.com/cost-centre'"),
        ("a/b/c", f"{LABEL_KEY}, for example 'a-b/c'"),
        ("/team", f"{LABEL_KEY}, for example 'team'"),
        ("", f"{LABEL_KEY}, for example 'team'"),
    ],
)
def test_what_is_no_label_key_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_label_key(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nvidia.com/gpu", None),
        ("nvidia.com/mig-1g.5gb", None),
        ("gpu", RESOURCE),
        ("a/b/c", RESOURCE),
        (None, RESOURCE),
        (
            "node.kubernetes.io/gpu",
            "use a device's name outside Kubernetes' own 'kubernetes.io/', for example 'nvidia.com/gpu'",
        ),
        ("requests.amd.com/gpu", "leave out 'requests.', which belongs to quotas, for example 'amd.com/gpu'"),
        ("requests.cpu", "leave out 'requests.', which belongs to quotas, for example 'nvidia.com/gpu'"),
    ],
)
def test_what_is_no_device_is_refused_with_one_that_is(value: object, reason: str | None) -> None:
    assert check_resource_name(value) == reason


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("vision",), "vision"),
        (("run-20261125",), "run-20261125"),
        (("Vision Team",), "vision-team-fr9rnxz7zp"),
        (("tenantkit", "owner", "dana@example.com"), "tenantkit-owner-dana-example-com-pz9t6lcr5s"),
    ],
)
def test_a_valid_name_is_kept_and_others_become_slug_and_hash(parts: tuple[str, ...], name: str) -> None:
    assert derived_name(*parts) == name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a.b@x",), ("a-b@x",)),
        (("a-b", "c"), ("a", "b-c")),
        (("a", "b"), ("a-b",)),
        (("Vision",), ("vision",)),
        (("Vision Team",), ("vision-team-fr9rnxz7zp",)),
        (("",), ("x",)),
        (("a" * 64,), ("a" * 65,)),
        (("\ud800",), ("\ud801",)),
        (("é",), ("e\u0301",)),
    ],
)
def test_different_inputs_that_look_alike_get_different_names(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert derived_name(*first) != derived_name(*second)


@pytest.mark.parametrize("limit", [11, 64])
def test_a_limit_without_room_for_the_hash_or_beyond_a_label_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit=") as caught:
        derived_name("Vision", limit=limit)
    assert str(caught.value) == f"limit={limit}: use 12 to 63, to leave room for the hash"


def test_a_name_derived_from_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="without parts"):
        derived_name()


@given(parts=st.lists(any_text | dns_labels, min_size=1, max_size=3), limit=st.integers(12, 63))
@example(parts=[""], limit=12)
@example(parts=["-"], limit=63)
@example(parts=["0", "\u0130"], limit=12)
def test_a_derived_name_is_a_dns_label_within_its_limit_and_always_the_same(parts: list[str], limit: int) -> None:
    name = derived_name(*parts, limit=limit)
    assert (is_dns_label(name), len(name) <= limit, derived_name(*parts, limit=limit)) == (True, True, name)


@given(
    first=st.lists(name_like | dns_labels, min_size=1, max_size=3),
    second=st.lists(name_like | dns_labels, min_size=1, max_size=3),
)
def test_derived_names_meet_only_for_the_same_parts(first: list[str], second: list[str]) -> None:
    assert (derived_name(*first) == derived_name(*second)) == (first == second)


@given(parts=st.lists(any_text, min_size=1, max_size=2))
def test_a_derived_name_is_never_kept_for_another(parts: list[str]) -> None:
    name = derived_name(*parts)
    assert (derived_name(name) == name) == (parts == [name])


@given(text=any_text, limit=st.integers(1, 63))
def test_a_slug_is_empty_or_a_dns_label_and_its_own_slug(text: str, limit: int) -> None:
    short = slug(text, limit=limit)
    assert short == "" or (is_dns_label(short) and len(short) <= limit and slug(short, limit=limit) == short)


@given(text=any_text | name_like)
def test_a_suggested_label_is_valid(text: str) -> None:
    assert is_dns_label(suggest_dns_label(text))


@pytest.mark.parametrize("check", CHECKS)
@given(text=any_text | name_like | http_paths | label_keys)
@example(text="\ud800")
@example(text="\u0661")
@example(text="/" + "%2e%2e/" * 3)
@example(text="a" * 252 + "-b")
@example(text="1.2.3.4.")
def test_a_reason_ends_in_an_example_that_passes_the_same_check(
    check: Callable[[object], str | None], text: str
) -> None:
    reason = check(text)
    if reason is not None and ", for example " in reason:
        assert check(ast.literal_eval(reason.rsplit(", for example ", 1)[1])) is None


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (check_dns_label, dns_labels),
        (check_dns_subdomain, dns_subdomains),
        (check_host, hosts),
        (check_http_path, http_paths),
        (check_label_key, label_keys),
        (check_label_value, label_values),
        (check_port, ports),
    ],
)
@given(data=st.data())
def test_what_is_valid_by_construction_passes(
    check: Callable[[object], str | None], values: st.SearchStrategy[object], data: st.DataObject
) -> None:
    assert check(data.draw(values)) is None
