"""The Gateway API's kinds: pruned, defaulted and validated by their schema only, as for a CRD.

These kinds have no Go type. An object is stored as it was sent, without unknown fields and with the schema's defaults.
Wrong types are refused at validation, not at decoding. The rules in CEL are in `apis/validation/custom.py`. Rejected
alternative: CRDs that users can create. Users who need their own kinds need a real server.

Source: page "Custom Resources", sections "Field pruning", "Defaulting", "Validation"; apiextensions-apiserver 1.37 and
k8s.io/kube-openapi/pkg/validation for the messages.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import date
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.schema import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

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
_NO_FIELD = "<nil>"  # as the server shows errors about no single field
_TYPED_AS_ONE = ("apiVersion", "kind", "metadata")


def is_custom(api_version: str) -> bool:
    """Whether the kinds of that apiVersion are defined by a schema only, as CRDs are."""
    return api_version.startswith(f"{GROUP}/")


@cache
def json_schema(api_version: str, kind: str) -> Any:
    """The schema of a kind without the fields that all kinds have; shared, so it must not be changed."""
    file = load(f"openapi/apis__{api_version.replace('/', '__')}.json")
    name = load("types.json")["kinds"][f"{api_version}/{kind}"]
    whole = file["document"]["components"]["schemas"][name]
    specific = {key: value for key, value in whole["properties"].items() if key not in _TYPED_AS_ONE}
    return {**whole, "properties": specific}


def pruned(schema: Any, value: Any, unknown: list[str], path: str = "") -> Any:
    """A value without nulls and unknown fields; the latter are appended to `unknown`."""
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
    """A value with the schema's defaults, applied from the outside in."""
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
    """An object as it is validated and stored; without an old one it is new and has no status.

    A write to the status changes nothing else, not even metadata. The generation counts changes of all fields except
    metadata and status.
    """
    metadata = dict(manifest["metadata"])
    schema = json_schema(str(manifest["apiVersion"]), str(manifest["kind"]))
    if old is None:
        without_status = {key: value for key, value in manifest.items() if key != "status"}
        return dict(filled(schema, {**without_status, "metadata": {**metadata, "generation": 1}}))
    before = old["metadata"]
    if subresource:
        written = {key: metadata[key] for key in ("managedFields", "resourceVersion") if key in metadata}
        found = {**old, "status": manifest.get("status"), "metadata": {**before, **written}}
        return {key: value for key, value in found.items() if value is not None}
    found = {**manifest, **({"status": old["status"]} if "status" in old else {})}
    is_changed = any(found.get(key) != old.get(key) for key in {*found, *old} - {"metadata", "status"})
    metadata["generation"] = before.get("generation", 0) + is_changed
    return {**found, "metadata": metadata}


def check_schema(errors: ErrorList, schema: Any, item: Manifest, *, field: str = "") -> None:
    """Validate an object of such a kind by its schema, without the schema's rules in CEL.

    Args:
        errors: the list to add to.
        schema: of the kind.
        item: the object.
        field: a field, such as `status`, if only that is validated; texts then leave out its name, as the server's do.
    """
    if not field:
        _check(errors, schema, {key: value for key, value in item.items() if key not in _TYPED_AS_ONE}, "")
    elif field in item:
        found = ErrorList()
        _check(found, schema["properties"][field], item[field], "")
        errors += [
            replace(one, field=field if one.field in {"", _NO_FIELD} else f"{field}.{one.field}") for one in found
        ]


def _check(errors: ErrorList, schema: Any, value: Any, path: str) -> None:
    kind = schema.get("type")
    is_valid = isinstance(value, _TYPES.get(kind, (object,))) and (kind == "boolean" or not isinstance(value, bool))
    if not is_valid:
        found = _WORDS.get(type(value), "null")
        errors.wrong_type(path, found, f'{path} in body must be of type {kind}: "{found}"')
        return
    _check_alternatives(errors, schema, value, path)
    if isinstance(value, str):
        _check_text(errors, schema, value, path)
    elif isinstance(value, int):
        _check_number(errors, schema, value, path)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            text = f"{path} in body should have at least {schema['minItems']} items"
            errors.invalid(path, len(value), text)
        if len(value) > schema.get("maxItems", len(value)):
            errors.too_many(path, len(value), schema["maxItems"])
        for index, inner in enumerate(value):
            _check(errors, schema["items"], inner, f"{path}[{index}]")
        _check_unique(errors, schema, value, path)
    elif isinstance(value, dict):
        _check_object(errors, schema, value, path)


def _check_alternatives(errors: ErrorList, schema: Any, value: Any, path: str) -> None:
    """Check a value's alternative schemas; of several that it breaks, the errors of the first are shown."""

    def found(inner: Any) -> ErrorList:
        errors_of_one = ErrorList()
        _check(errors_of_one, inner, value, path)
        return errors_of_one

    if "anyOf" in schema and all(failed := [found(inner) for inner in schema["anyOf"]]):
        errors.invalid(_NO_FIELD, "", f'"{path}" must validate at least one schema (anyOf)')
        errors.extend(failed[0])
    if "oneOf" in schema:
        results = [found(inner) for inner in schema["oneOf"]]
        if (fitting := results.count(ErrorList())) != 1:
            how_many = f"Found {fitting} valid alternatives" if fitting else "Found none valid"
            errors.invalid(_NO_FIELD, "", f'"{path}" must validate one and only one schema (oneOf). {how_many}')
            errors.extend([] if fitting else results[0])
    if "not" in schema and not found(schema["not"]):
        errors.invalid(_NO_FIELD, "", f'"{path}" must not validate the schema (not)')


def _check_text(errors: ErrorList, schema: Any, value: str, path: str) -> None:
    if len(value) > schema.get("maxLength", len(value)):
        errors.too_long(path, schema["maxLength"])
    elif len(value) < schema.get("minLength", 0):
        errors.invalid(path, value, f"{path} in body should be at least {schema['minLength']} chars long")
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        errors.invalid(path, value, f"{path} in body should match '{schema['pattern']}'")
    has_form = _FORMATS.get(schema.get("format"))
    if has_form and not has_form(value):
        errors.wrong_type(path, value, f'{path} in body must be of type {schema["format"]}: "{value}"')
    if "enum" in schema and value not in schema["enum"]:
        errors.unsupported(path, value, schema["enum"])


def _is_address(text: str) -> bool:
    """Whether it is an IP address; as in older Go, the numbers of an IPv4 address may begin with zeros."""
    try:
        ip_address(_LEADING_ZEROS.sub("", text) if "." in text else text)
    except ValueError:
        return False
    return "%" not in text


def _is_time(text: str) -> bool:
    """Whether it is a time with its zone, as the server's library for formats says."""
    if not _TIME.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


_LEADING_ZEROS = re.compile(r"(?<![\da-f])0+(?=\d)")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[tT]([01]\d|2[0-3])(:[0-5]\d){2}(.\d+)?([zZ]|[+-]\d{2}:\d{2})", re.ASCII)
_FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "ipv4": lambda text: "." in text and _is_address(text),
    "ipv6": lambda text: ":" in text and _is_address(text),
    "date-time": _is_time,
}


def _check_number(errors: ErrorList, schema: Any, value: int, path: str) -> None:
    if value < schema.get("minimum", value):
        text = f"{path} in body should be greater than or equal to {schema['minimum']}"
        errors.invalid(path, value, text)
    if value > schema.get("maximum", value):
        errors.invalid(path, value, f"{path} in body should be less than or equal to {schema['maximum']}")
    if "enum" in schema and value not in schema["enum"]:
        errors.unsupported(path, value, map(str, schema["enum"]))


def _check_object(errors: ErrorList, schema: Any, value: Manifest, path: str) -> None:
    lead, properties, extra = f"{path}." if path else "", schema.get("properties"), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value and (path or key not in _TYPED_AS_ONE):
            errors.required(f"{lead}{key}")
    if len(value) > schema.get("maxProperties", len(value)):
        errors.too_many(path, len(value), schema["maxProperties"])
    for key, inner in value.items():
        known = (properties or {}).get(key) or extra
        if known:
            _check(errors, known, inner, f"{lead}{key}")


def _check_unique(errors: ErrorList, schema: Any, value: list[Any], path: str) -> None:
    """Check that a list of type map or set has no duplicate keys."""
    keys, kind, seen = schema.get("x-kubernetes-list-map-keys", ()), schema.get("x-kubernetes-list-type"), list[Any]()
    for index, item in enumerate(value):
        if kind not in {"map", "set"} or (kind == "map" and not isinstance(item, dict)):
            continue
        key = {name: item.get(name) for name in keys if name in item} if kind == "map" else item
        if key in seen:
            errors.duplicate(f"{path}[{index}]", key)
        seen.append(key)
