from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.apiextensions import GROUP, json_schema
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.resources import RESOURCES
from tenantkit.sandbox.apis.validation.custom import _compiled, check_rules
from tenantkit.sandbox.apis.validation.objects import validate
from tenantkit.sandbox.cel.engine import REMEDY, engine
from tenantkit.sandbox.cel.expressions import Scope, _empty, _environment, compiled
from tests.contract.api.kind_samples import GATEWAY_API

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


def said(schema: Json, value: object, old: object = None) -> list[str]:
    errors = ErrorList()
    check_rules(errors, schema, value, old, "spec")
    return [f"{error.field}: {error.message}" for error in errors]


def ruled(kind: str, rule: str, message: str = "no", **more: object) -> Json:
    return {"type": kind, "x-kubernetes-validations": [{"rule": rule, "message": message}], **more}


def rules_of(schema: Json) -> Iterator[str]:
    yield from (rule["rule"] for rule in schema.get("x-kubernetes-validations", ()))
    for inner in (*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from rules_of(inner)


def test_each_rule_of_the_served_kinds_compiles() -> None:
    kinds = [resource for resource in RESOURCES if resource.group == GROUP]
    rules = {rule for kind in kinds for rule in rules_of(json_schema(kind.api_version, kind.kind))}

    assert len(rules) > 60
    for rule in rules:
        compiled(rule, Scope(authorizer=False, is_rule=True))


def test_an_error_repeats_a_scalar_but_no_object() -> None:
    scalar, whole = ruled("integer", "self > 1"), ruled("object", "has(self.a)", properties={"b": {"type": "string"}})

    assert said(scalar, 1) == ["spec: Invalid value: 1: no"]
    assert said(whole, {"b": "x"}) == ["spec: Invalid value: no"]


def test_a_rule_without_message_is_shown_itself() -> None:
    assert said(ruled("integer", " self > 1 ", ""), 1) == ["spec: Invalid value: 1: failed rule: self > 1"]


def test_a_rule_that_fails_names_the_error() -> None:
    rule = ruled("object", "self.a > 1", properties={"a": {"type": "integer"}})

    assert said(rule, {}) == ['spec: Invalid value: "object": no such key: a evaluating rule: no']


def test_a_field_with_a_name_of_cel_is_escaped() -> None:
    rule = ruled("object", "self.__namespace__ == 'a'", properties={"namespace": {"type": "string"}})

    assert said(rule, {"namespace": "a"}) == []
    assert said(rule, {"namespace": "b"}) == ["spec: Invalid value: no"]


def test_keys_of_a_map_are_not_escaped() -> None:
    rule = ruled("object", "'in' in self", additionalProperties={"type": "string"})

    assert said(rule, {"in": "x"}) == []


@pytest.mark.parametrize("keys", [{}, {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}])
def test_a_former_item_is_known_in_lists_with_keys(keys: Json) -> None:
    fixed = ruled("integer", "self == oldSelf")
    items = {"type": "object", "properties": {"name": {"type": "string"}, "port": fixed}}
    schema = {"type": "array", "items": items, **keys}
    old = [{"name": "a", "port": 1}, {"name": "b", "port": 2}]
    new = [{"name": "b", "port": 3}, {"name": "c", "port": 4}]

    assert said(schema, new) == []
    assert said(schema, new, old) == (["spec[0].port: Invalid value: 3: no"] if keys else [])


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which the engine is not installed."""
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    for cached in (engine, _compiled, compiled, _empty, _environment):
        cached.cache_clear()
    yield
    engine.cache_clear()


@pytest.mark.usefixtures("no_engine")
def test_without_the_engine_an_object_with_rules_is_refused_with_the_remedy() -> None:
    with pytest.raises(ApiError) as caught:
        validate(GATEWAY_API["HTTPRoute"].named("sample"))

    assert (caught.value.code, caught.value.message) == (500, f"Internal error occurred: {REMEDY}")
    assert validate(GATEWAY_API["ReferenceGrant"].named("sample")) == []
