"""The Gateway API's kinds: read, filled in and checked by their schema alone, as a server does it for a CRD.

No Go type stands behind them: what is sent stays as it is but for unknown fields, which fall off, and the schema's
defaults. Wrong types are not refused when they are read but when they are validated. Left out: the schema's rules in
CEL (`x-kubernetes-validations`), so that an object which breaks nothing but such a rule is taken. Turned down: CRDs
that one can make; who needs kinds of one's own needs a real server.

Source: page "Custom Resources", sections "Field pruning", "Defaulting", "Validation"; apiextensions-apiserver 1.37 and
k8s.io/kube-openapi/pkg/validation, for the words.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.schema import load

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

GROUP: Final = "gateway.networking.k8s.io"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
# what is wrong in these ways keeps the real server from evaluating its rules in CEL, and it says so
_BLOCKING = frozenset(f"FieldValue{how}" for how in ("NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"))
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)
_TYPED_AS_ONE = ("apiVersion", "kind", "metadata")


def is_custom(api_version: str) -> bool:
    """Whether kinds of that version are known by a schema alone."""
    return api_version.startswith(f"{GROUP}/")


@cache
def json_schema(api_version: str, kind: str) -> Any:
    """The schema of a kind without what all kinds have; shared, so nobody may change it."""
    file = load(f"openapi/apis__{api_version.replace('/', '__')}.json")
    name = load("types.json")["kinds"][f"{api_version}/{kind}"]
    whole = file["document"]["components"]["schemas"][name]
    own = {key: value for key, value in whole["properties"].items() if key not in _TYPED_AS_ONE}
    return {**whole, "properties": own}


def pruned(schema: Any, value: Any, unknown: list[str], path: str = "") -> Any:
    """A value without unknown fields, which are told in `unknown`, and without nulls."""
    if isinstance(value, list) and "items" in schema:
        return [pruned(schema["items"], item, unknown, f"{path}[{i}]") for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    lead, extra, properties = f"{path}." if path else "", schema.get("additionalProperties"), schema.get("properties")
    if properties is None:
        return {key: pruned(extra, item, unknown, f"{lead}{key}") for key, item in value.items()} if extra else value
    unknown.extend(f'unknown field "{lead}{key}"' for key in value if key not in properties)
    return {
        key: pruned(properties[key], item, unknown, f"{lead}{key}")
        for key, item in value.items()
        if key in properties and item is not None
    }


def filled(schema: Any, value: Any) -> Any:
    """A value with the schema's defaults in it, the outer ones first."""
    if isinstance(value, list) and "items" in schema:
        return [filled(schema["items"], item) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties") or {}
    missing = {
        key: copy.deepcopy(inner["default"])
        for key, inner in properties.items()
        if "default" in inner and value.get(key) is None
    }
    return {
        key: filled(properties[key], item) if key in properties else item for key, item in (value | missing).items()
    }


def prepared(manifest: Manifest, old: Manifest | None, *, subresource: str = "") -> Manifest:
    """An object right before it is validated and stored; without an old one it is new, and has the status of one.

    A write to the status changes nothing else, not even metadata. The generation counts changes of all that is neither
    metadata nor status.
    """
    metadata = dict(manifest["metadata"])
    schema = json_schema(str(manifest["apiVersion"]), str(manifest["kind"]))
    if old is None:
        wanted = {key: value for key, value in manifest.items() if key != "status"}
        return dict(filled(schema, {**wanted, "metadata": {**metadata, "generation": 1}}))
    before = old["metadata"]
    if subresource:
        written = {key: metadata[key] for key in ("managedFields", "resourceVersion") if key in metadata}
        found = {**old, "status": manifest.get("status"), "metadata": {**before, **written}}
        return {key: value for key, value in found.items() if value is not None}
    found = {**manifest, **({"status": old["status"]} if "status" in old else {})}
    is_other = any(found.get(key) != old.get(key) for key in {*found, *old} - {"metadata", "status"})
    metadata["generation"] = before.get("generation", 0) + is_other
    return {**found, "metadata": metadata}


def check_custom(problems: ErrorList, item: Manifest, _old: Manifest | None) -> None:
    """An object of such a kind."""
    own = {key: value for key, value in item.items() if key not in _TYPED_AS_ONE}
    schema, before = json_schema(str(item["apiVersion"]), str(item["kind"])), len(problems)
    _check(problems, schema, own, "")
    if any(problem.reason in _BLOCKING for problem in problems[before:]) and "x-kubernetes-validations" in repr(schema):
        problems.invalid("<nil>", None, _UNCHECKED)


def _check(problems: ErrorList, schema: Any, value: Any, path: str) -> None:
    kind = schema.get("type")
    is_right = isinstance(value, _TYPES.get(kind, (object,))) and (kind == "boolean" or not isinstance(value, bool))
    if not is_right:
        found = _WORDS.get(type(value), "null")
        problems.wrong_type(path, found, f'{path} in body must be of type {kind}: "{found}"')
        return
    if isinstance(value, str):
        _check_text(problems, schema, value, path)
    elif isinstance(value, int):
        _check_number(problems, schema, value, path)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            text = f"{path} in body should have at least {schema['minItems']} items"
            problems.invalid(path, len(value), text)
        if len(value) > schema.get("maxItems", len(value)):
            problems.too_many(path, len(value), schema["maxItems"])
        for index, inner in enumerate(value):
            _check(problems, schema["items"], inner, f"{path}[{index}]")
        _check_unique(problems, schema, value, path)
    elif isinstance(value, dict):
        _check_object(problems, schema, value, path)


def _check_text(problems: ErrorList, schema: Any, value: str, path: str) -> None:
    if len(value) > schema.get("maxLength", len(value)):
        problems.too_long(path, schema["maxLength"])
    elif len(value) < schema.get("minLength", 0):
        problems.invalid(path, value, f"{path} in body should be at least {schema['minLength']} chars long")
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        problems.invalid(path, value, f"{path} in body should match '{schema['pattern']}'")
    if "enum" in schema and value not in schema["enum"]:
        problems.unsupported(path, value, schema["enum"])


def _check_number(problems: ErrorList, schema: Any, value: int, path: str) -> None:
    if value < schema.get("minimum", value):
        text = f"{path} in body should be greater than or equal to {schema['minimum']}"
        problems.invalid(path, value, text)
    if value > schema.get("maximum", value):
        problems.invalid(path, value, f"{path} in body should be less than or equal to {schema['maximum']}")
    if "enum" in schema and value not in schema["enum"]:
        problems.unsupported(path, value, map(str, schema["enum"]))


def _check_object(problems: ErrorList, schema: Any, value: Manifest, path: str) -> None:
    lead, properties, extra = f"{path}." if path else "", schema.get("properties"), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value and (path or key not in _TYPED_AS_ONE):
            problems.required(f"{lead}{key}")
    if len(value) > schema.get("maxProperties", len(value)):
        problems.too_many(path, len(value), schema["maxProperties"])
    for key, inner in value.items():
        known = (properties or {}).get(key) or extra
        if known:
            _check(problems, known, inner, f"{lead}{key}")


def _check_unique(problems: ErrorList, schema: Any, value: list[Any], path: str) -> None:
    """A list that is a map or a set holds no key twice."""
    keys, kind, seen = schema.get("x-kubernetes-list-map-keys", ()), schema.get("x-kubernetes-list-type"), list[Any]()
    for index, item in enumerate(value):
        if kind not in {"map", "set"} or (kind == "map" and not isinstance(item, dict)):
            continue
        key = {name: item.get(name) for name in keys if name in item} if kind == "map" else item
        if key in seen:
            problems.duplicate(f"{path}[{index}]", key)
        seen.append(key)
