"""Field selectors, parsed and matched as the API server does."""

from __future__ import annotations

import pytest
from hypothesis import given

from tenantkit.rules.selectors.field_selectors import (
    FieldRequirement,
    FieldSelector,
    escape_field_value,
    parse_field_selector,
)
from tests.unit.strategies import any_text


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
def test_a_field_selector_is_parsed_as_on_the_server(text: str, requirements: list[FieldRequirement]) -> None:
    assert parse_field_selector(text) == FieldSelector(tuple(requirements))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "metadata.name",
            (
                "'metadata.name' has no '=', '==' or '!='; "
                "use a field selector such as 'metadata.name=ai,status.phase!=Running'"
            ),
        ),
        (r"a=b\c", r"write the value 'b\\c' as 'b\\\\c', with '\', ',' and '=' escaped"),
        ("a=b=c", r"write the value 'b=c' as 'b\\=c', with '\', ',' and '=' escaped"),
        ("a=b\\", r"write the value 'b\\' as 'b\\\\', with '\', ',' and '=' escaped"),
    ],
)
def test_an_invalid_field_selector_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="field selector") as caught:
        parse_field_selector(text)
    assert str(caught.value) == f"field selector {text!r}: {message}"


def test_a_missing_field_counts_as_empty() -> None:
    fields = {"metadata.name": "ai", "status.phase": "Pending"}
    selector = parse_field_selector("metadata.name=ai,status.phase!=Running,spec.nodeName=")
    assert selector.matches(lambda field: fields.get(field, ""))
    assert not selector.matches(lambda _: "")


@pytest.mark.parametrize(("text", "name"), [("metadata.name=ai", "ai"), ("metadata.name!=ai", None), ("a=b", None)])
def test_a_field_selector_may_name_a_single_object(text: str, name: str | None) -> None:
    assert parse_field_selector(text).exact("metadata.name") == name


@given(value=any_text)
def test_an_escaped_value_is_parsed_as_the_same_value(value: str) -> None:
    selector = parse_field_selector(f"a={escape_field_value(value)}")
    assert (selector.exact("a"), parse_field_selector(str(selector))) == (value, selector)
