from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.rules.selectors import (
    FieldRequirement,
    FieldSelector,
    LabelRequirement,
    LabelSelector,
    escape_field_value,
    label_selector_of,
    parse_field_selector,
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
def test_a_label_selector_s_text_is_read_as_the_server_reads_it(
    text: str, requirements: list[LabelRequirement]
) -> None:
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
def test_a_label_selector_s_text_that_can_t_be_read_is_refused_at_the_spot(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="label selector") as caught:
        parse_label_selector(text)
    assert str(caught.value) == (
        f"label selector {text!r}: {message}; write it as in 'app=ai,tier in (gold,silver),!legacy'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a/b/c=d",
            "key 'a/b/c': use letters, digits, '-', '_' and '.', after a DNS name and '/' if any, for example 'a-b/c'",
        ),
        (
            "app=-ai",
            "value '-ai': use letters, digits, '-', '_' and '.', at most 63 characters, for example 'ai'",
        ),
        ("size>many", "value 'many': use a whole number with '>' and '<'"),
    ],
)
def test_what_is_no_key_or_value_is_refused_with_what_is(text: str, message: str) -> None:
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
def test_a_label_selector_selects_as_the_server_does(text: str, selected: list[str]) -> None:
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
def test_a_manifest_s_selector_is_the_text_s(selector: Manifest, text: str) -> None:
    assert label_selector_of(selector) == parse_label_selector(text)
    assert str(label_selector_of(selector)) == text


def test_a_selector_that_is_not_there_selects_nothing_and_an_empty_one_everything() -> None:
    assert (label_selector_of(None).matches({}), label_selector_of({}).matches({})) == (False, True)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"key": "a", "operator": "Near"}, "use one of the operators In, NotIn, Exists, DoesNotExist"),
        ({"key": "a", "operator": "In"}, "'a' has no values: give at least one"),
        (
            {"key": "a", "operator": "Exists", "values": ["b"]},
            "'a' has values, which go with In and NotIn only: leave them out",
        ),
    ],
)
def test_an_expression_without_sense_is_refused(expression: Manifest, message: str) -> None:
    with pytest.raises(ValueError, match=r"matchExpressions|label selector") as caught:
        label_selector_of({"matchExpressions": [expression]})
    assert str(caught.value).endswith(message)


@given(wanted=labels)
def test_an_object_with_the_wanted_labels_is_selected(wanted: dict[str, str]) -> None:
    assert label_selector_of({"matchLabels": wanted}).matches({**wanted, "more": "than-that"})


@given(key=label_keys, values=st.lists(label_values, min_size=1, max_size=3), has=labels)
def test_in_and_notin_select_the_opposite(key: str, values: list[str], has: dict[str, str]) -> None:
    inside = parse_label_selector(f"{key} in ({','.join(values)})")
    outside = parse_label_selector(f"{key} notin ({','.join(values)})")
    assert inside.matches(has) is not outside.matches(has)


@given(text=st.text("ab=!(),<>1 ", max_size=12) | any_text)
def test_a_label_selector_is_refused_or_survives_its_own_text(text: str) -> None:
    try:
        selector = parse_label_selector(text)
    except ValueError:
        return
    assert parse_label_selector(str(selector)) == selector


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("", []),
        (",,", []),
        ("metadata.name=ai", [FieldRequirement("metadata.name", equal=True, value="ai")]),
        ("metadata.name==ai", [FieldRequirement("metadata.name", equal=True, value="ai")]),
        ("status.phase!=Running", [FieldRequirement("status.phase", equal=False, value="Running")]),
        ("metadata.name=", [FieldRequirement("metadata.name", equal=True, value="")]),
        (
            r"b=1,a=x\,y\=z\\",
            [FieldRequirement("a", equal=True, value="x,y=z\\"), FieldRequirement("b", equal=True, value="1")],
        ),
    ],
)
def test_a_field_selector_s_text_is_read_as_the_server_reads_it(
    text: str, requirements: list[FieldRequirement]
) -> None:
    assert parse_field_selector(text) == FieldSelector(tuple(requirements))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "metadata.name",
            "'metadata.name' has no '=', '==' or '!='; write it as in 'metadata.name=ai,status.phase!=Running'",
        ),
        (r"a=b\c", r"write the value 'b\\c' as 'b\\\\c', with '\', ',' and '=' escaped"),
        ("a=b=c", r"write the value 'b=c' as 'b\\=c', with '\', ',' and '=' escaped"),
        ("a=b\\", r"write the value 'b\\' as 'b\\\\', with '\', ',' and '=' escaped"),
    ],
)
def test_a_field_selector_s_text_that_can_t_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="field selector") as caught:
        parse_field_selector(text)
    assert str(caught.value) == f"field selector {text!r}: {message}"


def test_a_field_selector_asks_for_each_field_and_takes_a_missing_one_as_empty() -> None:
    fields = {"metadata.name": "ai", "status.phase": "Pending"}
    selector = parse_field_selector("metadata.name=ai,status.phase!=Running,spec.nodeName=")
    assert selector.matches(lambda field: fields.get(field, ""))
    assert not selector.matches(lambda _: "")


@pytest.mark.parametrize(("text", "name"), [("metadata.name=ai", "ai"), ("metadata.name!=ai", None), ("a=b", None)])
def test_a_field_selector_says_which_one_object_it_wants(text: str, name: str | None) -> None:
    assert parse_field_selector(text).exact("metadata.name") == name


@given(value=any_text)
def test_every_value_survives_being_escaped(value: str) -> None:
    selector = parse_field_selector(f"a={escape_field_value(value)}")
    assert (selector.exact("a"), parse_field_selector(str(selector))) == (value, selector)
