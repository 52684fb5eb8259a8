"""The three patches that are no apply: JSON patch, merge patch, strategic merge patch.

JSON patch is written here, not taken from the library jsonpatch: a real server adds on `replace` of a missing key and
counts negative indexes from the end, which the library refuses, and it answers every failure with one text.
Source: RFC 6902, RFC 7386, page "Update API Objects in Place Using kubectl patch".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.codec import DecodeError, decode
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request
from tenantkit.sandbox.apimachinery.go_text import go_text
from tenantkit.sandbox.apimachinery.schema import MISSING, schema_of
from tenantkit.sandbox.endpoints.strategic_patch import StrategicError, merge_strategically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_GO_NAMES = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}


class _PatchFailed(Exception):
    """An operation of a JSON patch can't be done."""


def patch(live: Manifest, body: Any, content_type: str, *, strict: bool = False) -> Manifest:
    """The live object with a patch applied, as a client would have sent it: not yet canonical or defaulted.

    Args:
        live: the stored object; it is left as it is.
        body: the patch as bytes, or already parsed.
        content_type: which of the three it is.
        strict: refuse unknown fields (`fieldValidation=Strict`). Default: they stay in, to warn of.

    Returns:
        A new object; give it to `set_defaults` next.

    Raises:
        ApiError: 400 for what is no patch, 422 for one that can't be applied or leaves wrong types, 415 for another
            content type; in the server's words.
    """
    if content_type not in (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH):
        raise ApiError(code=415, reason="UnsupportedMediaType", message="415: Unsupported Media Type")
    try:
        parsed = json.loads(body) if isinstance(body, (bytes, str)) else body
    except ValueError as error:
        text = "invalid JSON patch" if content_type == MERGE_PATCH else f"error decoding patch: {error}"
        raise bad_request(text) from error
    if content_type == JSON_PATCH:
        patched = _patched_by_operations(live, parsed)
    else:
        patched = _patched_by_merge(live, parsed, strategic=content_type == STRATEGIC_PATCH)
    shown = go_text(parsed) if content_type == STRATEGIC_PATCH else _go_json(patched)
    _check(live, patched, shown, strict=strict)
    return patched


def _patched_by_operations(live: Manifest, parsed: Any) -> Manifest:
    if not isinstance(parsed, list):
        what = _GO_NAMES.get(type(parsed), "null")
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {what} into Go value of type []handlers.jsonPatchOp"
        )
    document: Any = live
    for operation in parsed:
        if not isinstance(operation, dict):
            what = _GO_NAMES.get(type(operation), "null")
            raise bad_request(
                f"error decoding patch: json: cannot unmarshal {what} into Go value of type handlers.jsonPatchOp"
            )
        try:
            document = _operate(document, operation)
        except _PatchFailed as error:
            message = "the server rejected our request due to an error in our request"
            raise ApiError(code=422, reason="Invalid", message=message, empty_details=True) from error
    patched: Manifest = document
    return patched


def _patched_by_merge(live: Manifest, parsed: Any, *, strategic: bool) -> Manifest:
    if not isinstance(parsed, dict):
        lead = "" if strategic else "error decoding patch: "
        what = _GO_NAMES.get(type(parsed), "null")
        raise bad_request(f"{lead}json: cannot unmarshal {what} into Go value of type map[string]interface {{}}")
    if not strategic:
        return merge_patch(live, parsed)
    try:
        return merge_strategically(schema_of(str(live["apiVersion"]), str(live["kind"])), live, parsed)
    except StrategicError as error:
        raise ApiError(code=500, reason="", message=str(error)) from error


def merge_patch(target: Any, patch_body: Mapping[str, Any]) -> Manifest:
    """RFC 7386: null takes away, objects merge, all else replaces."""
    out = dict(target) if isinstance(target, dict) else {}
    for name, value in patch_body.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = merge_patch(out.get(name), value) if isinstance(value, dict) else value
    return out


def _check(live: Manifest, patched: Manifest, shown: str, *, strict: bool) -> None:
    """Whether what came out is still an object of the same kind."""
    api_version, kind = str(live["apiVersion"]), str(live["kind"])
    said = (patched.get("apiVersion") or api_version, patched.get("kind") or kind)
    try:
        unknown = decode(patched, api_version, kind)[1]
    except DecodeError as error:
        raise _refused(shown, str(error)) from error
    if said != (api_version, kind):
        raise _refused(shown, f'no kind "{said[1]}" is registered for version "{said[0]}"')
    if strict and unknown:
        raise _refused(shown, f"strict decoding error: {', '.join(unknown)}")


def _refused(shown: str, reason: str) -> ApiError:
    """422 for a patched object that is none."""
    problem = f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {reason}"
    cause = Cause("patch", problem, "FieldValueInvalid")
    return ApiError(code=422, reason="Invalid", message=f' "" is invalid: patch: {problem}', causes=[cause])


def _go_json(document: Manifest) -> str:
    """The patched object as the message shows it."""
    return json.dumps({key: document[key] for key in sorted(document)}, separators=(",", ":"), ensure_ascii=False)


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:
    """One operation of a JSON patch, as evanphx/json-patch does it."""
    name, path = operation.get("op"), _pointer(operation.get("path"))
    if name == "test":
        if _get(document, path) != operation.get("value"):
            raise _PatchFailed
        return document
    if name in ("add", "replace"):
        if "value" not in operation:
            raise _PatchFailed
        return _put(document, path, operation["value"], insert=name == "add")
    if name == "remove":
        return _put(document, path, MISSING)
    if name in ("move", "copy"):
        source = _pointer(operation.get("from"))
        value = _get(document, source)
        return _put(_put(document, source, MISSING) if name == "move" else document, path, value, insert=True)
    raise _PatchFailed


def _pointer(text: Any) -> list[str]:
    """The parts of a JSON pointer."""
    if not isinstance(text, str) or not text.startswith("/"):
        raise _PatchFailed
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _get(document: Any, path: list[str]) -> Any:
    """The value there; None where the last key is missing, which to the real server is no failure."""
    for part in path:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list):
            document = document[_index(part, len(document))]
        else:
            raise _PatchFailed
    return document


def _put(document: Any, path: list[str], value: Any, *, insert: bool = False) -> Any:
    """A copy of the document along the path, with the value set, inserted or (MISSING) taken away there."""
    part, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest:
            if part not in document:
                raise _PatchFailed
            return {**document, part: _put(document[part], rest, value, insert=insert)}
        if value is not MISSING:
            return {**document, part: value}
        if part not in document:
            raise _PatchFailed
        return {key: item for key, item in document.items() if key != part}
    if not isinstance(document, list):
        raise _PatchFailed
    if not rest and insert:
        index = len(document) if part == "-" else _index(part, len(document) + 1)
        return [*document[:index], value, *document[index:]]
    index = _index(part, len(document))
    kept: list[Any] = [] if value is MISSING else [value]
    changed = [_put(document[index], rest, value, insert=insert)] if rest else kept
    return [*document[:index], *changed, *document[index + 1 :]]


def _index(part: str, length: int) -> int:
    """A list index; negative ones count from the end."""
    try:
        index = int(part)
    except ValueError as error:
        raise _PatchFailed from error
    index += length if index < 0 else 0
    if not 0 <= index < length:
        raise _PatchFailed
    return index
