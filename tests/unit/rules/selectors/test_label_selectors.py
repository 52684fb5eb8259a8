"""Label selectors, parsed and matched as the API server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.rules.selectors.label_selectors import (
    LabelRequirement,
    LabelSelector,
    label_selector_of,
    parse_label_selector,
)
from tests.unit.strategies import any_text, label_keys, label_values, labels

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

EVERYTHING = LabelSelector()
APP_IN_AI = LabelRequirement("app", "in", ("ai",))


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("", []),
        (" \t", []),
        ("app=ai", [APP_IN_AI]),
        ("app == ai", [APP_IN_AI]),
        ("app!=ai", [LabelRequirement("app", "notin", ("ai",))]),
        ("app=", [LabelRequirement("app", "in", ("",))]),
        ("app", [LabelRequirement("app", "exists")]),
        ("!app", [LabelRequirement("app", "absent")]),
        ("size>3", [LabelRequirement("size", ">", ("3",))]),
        ("size < 3", [LabelRequirement("size", "<", ("3",))]),
        ("tier in (silver, gold,gold)", [LabelRequirement("tier", "in", ("gold", "silver"))]),
        ("tier notin ()", [LabelRequirement("tier", "notin", ("",))]),
        ("tier in (a,,b)", [LabelRequirement("tier", "in", ("", "a", "b"))]),
        ("tier in (,)", [LabelRequirement("tier", "in", ("",))]),
        ("in in (in)", [LabelRequirement("in", "in", ("in",))]),
        ("tier, app=ai", [APP_IN_AI, LabelRequirement("tier", "exists")]),
        ("example.com/app=ai", [LabelRequirement("example.com/app", "in", ("ai",))]),
    ],
)
def test_a_label_selector_is_parsed_as_on_the_server(text: str, requirements: list[LabelRequirement]) -> None:
    assert parse_label_selector(text) == LabelSelector(tuple(requirements))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("app=ai,", "found the end instead of a key or '!'"),
        (",app", "found ',' instead of a key or '!'"),
        ("app ai", "found 'ai' instead of an operator: =, ==, !=, in, notin, < or >"),
        ("app=(ai)", "found '(' instead of a value"),
        ("app in ai", "found 'ai' instead of '('"),
        ("app in (ai", "found the end instead of ',' or ')'"),
        ("app in (a b)", "found 'b' instead of ',' or ')'"),
        ("app in (=)", "found '=' instead of a value or ')'"),
        ("app=ai b", "found 'b' instead of ',' or the end"),
        ("!app=ai", "found '=' instead of ',' or the end"),
        ("!", "found the end instead of a key"),
    ],
)
def test_a_syntax_error_is_reported_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="label selector") as caught:
        parse_label_selector(text)
    assert str(caught.value) == (
        f"label selector {text!r}: {message}; use a label selector such as 'app=ai,tier in (gold,silver),!legacy'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a/b/c=d",
            (
                "key 'a/b/c': use letters, digits, '-', '_' and '.', optionally after a DNS name and '/', "
                "for example 'a-b/c'"
            ),
        ),
        (
            "app=-ai",
            "value '-ai': use letters, digits, '-', '_' and '.', at most 63 characters, for example 'ai'",
        ),
        ("size>many", "value 'many': use a whole number with '>' and '<'"),
    ],
)
def test_an_invalid_key_or_value_is_refused_with_a_valid_example(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="label selector") as caught:
        parse_label_selector(text)
    assert str(caught.value) == f"label selector {text!r}: {message}"


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", ["none", "ai", "web", "old"]),
        ("app=ai", ["ai"]),
        ("app!=ai", ["none", "web", "old"]),
        ("app", ["ai", "web"]),
        ("!app", ["none", "old"]),
        ("app in (ai,web)", ["ai", "web"]),
        ("app notin (ai)", ["none", "web", "old"]),
        ("size>3", ["web"]),
        ("size<4", ["ai"]),
        ("app,size>3", ["web"]),
    ],
)
def test_a_label_selector_matches_as_on_the_server(text: str, selected: list[str]) -> None:
    objects: dict[str, dict[str, str] | None] = {
        "none": None,
        "ai": {"app": "ai", "size": "3"},
        "web": {"app": "web", "size": "10"},
        "old": {"size": "large"},
    }
    selector = parse_label_selector(text)
    assert [name for name, labels_ in objects.items() if selector.matches(labels_)] == selected


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, ""),
        ({"matchLabels": None, "matchExpressions": None}, ""),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {
                "matchLabels": {"app": "ai"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["silver", "gold"]},
                    {"key": "old", "operator": "DoesNotExist"},
                    {"key": "env", "operator": "NotIn", "values": ["dev"]},
                    {"key": "zone", "operator": "Exists"},
                ],
            },
            "app=ai,env!=dev,!old,tier in (gold,silver),zone",
        ),
    ],
)
def test_a_selector_in_a_manifest_equals_the_one_in_text(selector: Manifest, text: str) -> None:
    assert label_selector_of(selector) == parse_label_selector(text)
    assert str(label_selector_of(selector)) == text


def test_a_missing_selector_matches_nothing_and_an_empty_one_everything() -> None:
    assert (label_selector_of(None).matches({}), label_selector_of({}).matches({})) == (False, True)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"key": "a", "operator": "Near"}, "use one of the operators In, NotIn, Exists, DoesNotExist"),
        ({"key": "a", "operator": "In"}, "'a' has no values: add at least one"),
        (
            {"key": "a", "operator": "Exists", "values": ["b"]},
            "'a' has values, which only In and NotIn take: leave them out",
        ),
    ],
)
def test_an_invalid_expression_is_refused(expression: Manifest, message: str) -> None:
    with pytest.raises(ValueError, match=r"matchExpressions|label selector") as caught:
        label_selector_of({"matchExpressions": [expression]})
    assert str(caught.value).endswith(message)


@given(wanted=labels)
def test_an_object_with_the_wanted_labels_is_selected(wanted: dict[str, str]) -> None:
    assert label_selector_of({"matchLabels": wanted}).matches({**wanted, "more": "than-that"})


@given(key=label_keys, values=st.lists(label_values, min_size=1, max_size=3), has=labels)
def test_in_and_notin_are_opposites(key: str, values: list[str], has: dict[str, str]) -> None:
    inside = parse_label_selector(f"{key} in ({','.join(values)})")
    outside = parse_label_selector(f"{key} notin ({','.join(values)})")
    assert inside.matches(has) is not outside.matches(has)


@given(text=st.text("ab=!(),<>1 ", max_size=12) | any_text)
def test_a_label_selector_written_as_text_is_parsed_as_the_same(text: str) -> None:
    try:
        selector = parse_label_selector(text)
    except ValueError:
        return
    assert parse_label_selector(str(selector)) == selector
