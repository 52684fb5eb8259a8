"""Names of objects: checks, slugs and derived names."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantkit.rules.names import (
    check_dns_label,
    check_dns_subdomain,
    derived_name,
    is_dns_label,
    slug,
    suggest_dns_label,
)
from tests.unit.strategies import (
    any_text,
    dns_labels,
    name_like,
)

LABEL = "use lower-case letters, digits and '-', at most 63 characters"
SUBDOMAIN = "use lower-case letters, digits, '-' and '.', at most 253 characters"


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
def test_an_invalid_dns_label_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
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
def test_an_invalid_dns_subdomain_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_dns_subdomain(value) == reason


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("vision",), "vision"),
        (("run-20261125",), "run-20261125"),
        (("Vision Team",), "vision-team-fr9rnxz7zp"),
        (("tenantkit", "owner", "dana@example.com"), "tenantkit-owner-dana-example-com-pz9t6lcr5s"),
    ],
)
def test_a_valid_name_is_kept_and_other_texts_become_a_slug_and_a_hash(parts: tuple[str, ...], name: str) -> None:
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
def test_a_limit_that_is_too_short_for_the_hash_or_longer_than_a_label_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit=") as caught:
        derived_name("Vision", limit=limit)
    assert str(caught.value) == f"limit={limit}: use 12 to 63, to leave room for the hash"


def test_a_derived_name_needs_at_least_one_part() -> None:
    with pytest.raises(ValueError, match="at least one part"):
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
def test_derived_names_are_only_equal_for_the_same_parts(first: list[str], second: list[str]) -> None:
    assert (derived_name(*first) == derived_name(*second)) == (first == second)


@given(parts=st.lists(any_text, min_size=1, max_size=2))
def test_a_derived_name_is_never_the_name_of_another_text(parts: list[str]) -> None:
    name = derived_name(*parts)
    assert (derived_name(name) == name) == (parts == [name])


@given(text=any_text, limit=st.integers(1, 63))
def test_a_slug_is_empty_or_a_dns_label_and_its_own_slug(text: str, limit: int) -> None:
    short = slug(text, limit=limit)
    assert short == "" or (is_dns_label(short) and len(short) <= limit and slug(short, limit=limit) == short)


@given(text=any_text | name_like)
def test_a_suggested_label_is_valid(text: str) -> None:
    assert is_dns_label(suggest_dns_label(text))
