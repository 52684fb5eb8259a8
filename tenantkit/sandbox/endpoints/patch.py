"""The patch types except apply: JSON patch, merge patch and strategic merge patch.

Source: RFC 6902, RFC 7386, page "Update API Objects in Place Using kubectl patch".
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.codec import DecodeError, decode
from tenantkit.sandbox.apimachinery.deep_json import write_iteratively
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request
from tenantkit.sandbox.apimachinery.go_text import go_text
from tenantkit.sandbox.apimachinery.json_text import MOST_LEVELS, Number, is_deep, read_json, repeated_paths
from tenantkit.sandbox.apimachinery.schema import schema_of
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml, repeated_in_yaml
from tenantkit.sandbox.endpoints.bodies import GO_NAMES, misfit
from tenantkit.sandbox.endpoints.json_patch import MOST_OPERATIONS, PatchFailedError, apply_operations
from tenantkit.sandbox.endpoints.strategic_patch import RetainKeysError, StrategicError, merge_strategically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_TEXTS = ("op", "path", "from")
_PARTS = (*_TEXTS, "value")


def read_patch(body: bytes, content_type: str) -> Any:
    """The value in a patch's body, which is read before the object is looked for; raises ApiError 400."""
    if content_type == APPLY_PATCH:
        return read_configuration(body)
    try:
        return read_json(body)
    except ValueError as error:
        raise bad_request("invalid JSON patch") from error


def _infinite(value: Any) -> Iterator[Number]:
    """The numbers in a value that are too large for a float."""
    if isinstance(value, Number) and math.isinf(value):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _infinite(item)


def read_configuration(body: bytes) -> Any:
    """The configuration in the body of an apply; raises ApiError 400."""
    try:
        return read_yaml(body) if body.strip() else {}
    except ValueError as error:
        is_late = any(sign in str(error) for sign in ("depth", "Unicode", "UTF-8"))
        step = "decoding patch: error converting YAML to JSON" if is_late else "encoding patch"
        raise bad_request(f"error {step}: {error}") from error


def patch(live: Manifest, body: Any, content_type: str, *, strict: bool = False, lenient: bool = False) -> Manifest:
    """The live object with a patch applied, not yet canonical or defaulted.

    Args:
        live: the stored object; it is not changed.
        body: the patch as bytes, or as `read_patch` returns it.
        content_type: the media type of the patch.
        lenient: whether unknown fields and the types of operations do not matter (`fieldValidation=Ignore`).
        strict: whether to refuse unknown fields (`fieldValidation=Strict`). By default they remain, for warnings.

    Returns:
        A new object; pass it to `read_as` next.

    Raises:
        ApiError: 400 for an invalid patch, 422 for one that can't be applied or results in wrong types, 415 for another
            content type; with the server's messages.
    """
    if content_type not in (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH):
        raise ApiError(code=415, reason="UnsupportedMediaType", message="415: Unsupported Media Type")
    parsed = read_patch(body, content_type) if isinstance(body, bytes) else body
    if not lenient and (number := next(_infinite(parsed), None)):
        raise bad_request(f"error decoding patch: json: cannot unmarshal number {number} into Go value of type float64")
    if content_type == JSON_PATCH:
        patched = _patched_by_operations(live, parsed, lenient=lenient)
    else:
        patched = _patched_by_merge(live, parsed, strategic=content_type == STRATEGIC_PATCH, lenient=lenient)
    shown = go_text(parsed) if content_type == STRATEGIC_PATCH else _go_json(patched)
    if content_type == STRATEGIC_PATCH:  # which the server decodes as the live object's kind, whatever it names
        patched |= {key: live[key] for key in ("apiVersion", "kind") if isinstance(patched.get(key, ""), str)}
    elif why := misfit(patched):
        raise _refused(shown, f"couldn't get version/kind; json parse error: {why}")
    elif not patched.get("apiVersion") and patched.get("kind") in (None, "", live["kind"]):
        patched = _without_fields(live, patched, shown, strict=strict)
    _check(live, patched, shown, strict=strict)
    return patched


def check_strictly(body: bytes, content_type: str, patched: Manifest) -> None:
    """Raise ApiError for duplicate fields in a patch, and for unknown ones in operations (`fieldValidation=Strict`)."""
    if content_type == APPLY_PATCH:
        if names := repeated_in_yaml(body):
            why = "; ".join(f'key "{name}" already set in map' for name in names)
            raise bad_request(f"error strict decoding patch: error converting YAML to JSON: yaml: {why}")
        return
    parsed = read_json(body, mark_repeated=True)
    found = [f'duplicate field "{name}"' for name in repeated_paths(parsed)]
    if content_type == JSON_PATCH:
        items = [(index, item) for index, item in enumerate(parsed or ()) if isinstance(item, dict)]
        unknown = [f'unknown field "[{index}].{key}"' for index, item in items for key in item if key not in _PARTS]
        found = [f"json patch {why}" for why in found + unknown]
    if found:
        shown = go_text(parsed) if content_type == STRATEGIC_PATCH else _go_json(patched)
        raise _refused(shown, f"strict decoding error: {', '.join(found)}")


def _patched_by_operations(live: Manifest, parsed: Any, *, lenient: bool) -> Manifest:
    parsed = [] if parsed is None else parsed
    if not isinstance(parsed, list):
        what = GO_NAMES.get(type(parsed), "null")
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {what} into Go value of type []handlers.jsonPatchOp"
        )
    parsed = [{} if operation is None else operation for operation in parsed]
    for operation in parsed:
        if not isinstance(operation, dict):
            what = GO_NAMES.get(type(operation), "null")
            raise bad_request(
                f"error decoding patch: json: cannot unmarshal {what} into Go value of type handlers.jsonPatchOp"
            )
        for part in () if lenient else _TEXTS:
            if not isinstance(operation.get(part, ""), str):
                what = GO_NAMES.get(type(operation[part]), "object")
                why = f"json: cannot unmarshal {what} into Go struct field jsonPatchOp.{part} of type string"
                raise bad_request(f"error decoding patch: {why}")
    if len(parsed) > MOST_OPERATIONS:
        why = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(parsed)}"
        raise ApiError(code=413, reason="RequestEntityTooLarge", message=f"Request entity too large: {why}")
    try:
        patched: Any = apply_operations(live, parsed)
        if is_deep(patched):  # by operations below deep values of others
            patched = read_json(write_iteratively(patched, MOST_LEVELS))
    except (PatchFailedError, ValueError) as error:
        message = "the server rejected our request due to an error in our request"
        raise ApiError(code=422, reason="Invalid", message=message, empty_details=True) from error
    if not isinstance(patched, dict):
        raise _refused(_go_json(patched), "json: cannot unmarshal array into Go value")
    return patched


def _patched_by_merge(live: Manifest, parsed: Any, *, strategic: bool, lenient: bool) -> Manifest:
    parsed = {} if parsed is None and strategic else parsed
    if isinstance(parsed, list) and lenient and not strategic:  # RFC 7386: what is not an object replaces all
        raise _refused(_go_json(parsed), "json: cannot unmarshal array into Go value")
    if not isinstance(parsed, dict):
        lead = "" if strategic else "error decoding patch: "
        what = GO_NAMES.get(type(parsed), "null")
        raise bad_request(f"{lead}json: cannot unmarshal {what} into Go value of type map[string]interface {{}}")
    if not strategic:
        return merge_patch(live, parsed)
    try:
        return merge_strategically(schema_of(str(live["apiVersion"]), str(live["kind"])), live, parsed)
    except RetainKeysError as error:
        raise bad_request(str(error)) from error
    except StrategicError as error:
        raise ApiError(code=500, reason="", message=str(error)) from error


def merge_patch(target: Any, patch_body: Mapping[str, Any]) -> Manifest:
    """Apply a merge patch (RFC 7386): null removes a field, objects are merged, other values replace."""
    out = dict(target) if isinstance(target, dict) else {}
    for name, value in patch_body.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = merge_patch(out.get(name), value) if isinstance(value, dict) else value
    return out


def _without_fields(live: Manifest, patched: Manifest, shown: str, *, strict: bool) -> Manifest:
    """An object without apiVersion, which the server decodes as its internal version: no field has its name there."""
    if is_custom(str(live["apiVersion"])):
        return patched
    if strict:
        unknown = (f'unknown field "{name}"' for name in patched if name not in {"apiVersion", "kind"})
        raise _refused(shown, f"strict decoding error: {', '.join(unknown)}")
    return {key: live[key] for key in ("apiVersion", "kind")}


def _check(live: Manifest, patched: Manifest, shown: str, *, strict: bool) -> None:
    """Raise ApiError 422 if the result is not a valid object of the same kind."""
    api_version, kind = str(live["apiVersion"]), str(live["kind"])
    result = (patched.get("apiVersion") or api_version, patched.get("kind") or kind)
    try:
        unknown = decode(patched, api_version, kind)[1]
    except DecodeError as error:
        raise _refused(shown, str(error)) from error
    if result != (api_version, kind):
        raise _refused(shown, f'no kind "{result[1]}" is registered for version "{result[0]}"')
    if strict and unknown:
        raise _refused(shown, f"strict decoding error: {', '.join(unknown)}")


def _refused(shown: str, reason: str) -> ApiError:
    """The 422 for an invalid patched object."""
    text = f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {reason}"
    cause = Cause("patch", text, "FieldValueInvalid")
    return ApiError(code=422, reason="Invalid", message=f' "" is invalid: patch: {text}', causes=[cause])


def _go_json(document: Any) -> str:
    """The patched object as in the message."""
    shown = {key: document[key] for key in sorted(document)} if isinstance(document, dict) else document
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False, default=str)
