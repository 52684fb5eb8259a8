"""Request bodies: JSON, YAML and protobuf.

orjson parses JSON. YAML is parsed only if a body is not JSON, because almost all bodies with a YAML media type are JSON
(kubectl's server-side apply). Dates in YAML stay text, because JSON has no dates.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from tenantkit.sandbox.apimachinery.codec import Repeated
from tenantkit.sandbox.apimachinery.errors import bad_request, unsupported_media_type
from tenantkit.sandbox.apimachinery.protobuf import read_protobuf
from tenantkit.sandbox.apis.scheme import unrecognized

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_JSON, _YAML, _PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_GO_NAMES = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C loader, if available
    """YAML without dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_body(body: bytes, content_type: str, *, kind: str) -> Manifest:
    """The object in a request's body, not yet decoded as a kind.

    Args:
        body: the body as it was sent.
        content_type: the Content-Type header with parameters; empty means JSON.
        kind: the expected kind, for the message.

    Raises:
        ApiError: 415 for another media type; 400 for a body that can't be parsed, with the server's message.
    """
    media_type = content_type.partition(";")[0].strip() or _JSON
    try:
        if media_type == _PROTOBUF:
            return read_protobuf(body)
        if media_type not in {_JSON, _YAML}:
            raise unsupported_media_type()
        found = _parse_json(body) if media_type == _JSON else parse_yaml(body)
    except ValueError as error:
        text = str(error) if body else "unexpected end of JSON input"
        why = f"couldn't get version/kind; json parse error: {text}" if media_type == _JSON else str(error)
        raise bad_request(unrecognized(kind, why, body)) from error
    if not isinstance(found, dict):
        what = _GO_NAMES.get(type(found), "null")
        why = f"couldn't get version/kind; json parse error: json: cannot unmarshal {what} into Go value of type struct"
        raise bad_request(unrecognized(kind, why, body))
    for part in ("apiVersion", "kind"):
        if found.get(part) is not None and not isinstance(found[part], str):
            what = _GO_NAMES[type(found[part])]
            why = f"json: cannot unmarshal {what} into Go struct field .{part} of type string"
            raise bad_request(unrecognized(kind, f"couldn't get version/kind; json parse error: {why}", body))
    return found


class _DuplicateFieldError(Exception):
    """An object has a duplicate field."""


def _parse_json(body: bytes) -> Any:
    """Parse JSON as Go does, and mark objects with duplicate fields, which orjson does not report."""
    found = orjson.loads(body)
    try:
        json.loads(body, object_pairs_hook=_check_unique)
    except _DuplicateFieldError:
        return json.loads(body, object_pairs_hook=_repeated)
    return found


def _check_unique(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _DuplicateFieldError


def _repeated(pairs: list[tuple[str, Any]]) -> Repeated:
    value = Repeated()
    value.fields = list(dict.fromkeys(name for name, item in pairs if value.put(name, item)))
    return value


def parse_yaml(text: bytes) -> Any:
    """Parse YAML or JSON; raises ValueError with the line of the error."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + isinstance(error, yaml.scanner.ScannerError) if mark else 0  # as Go counts
        where = f"line {line}: " if line else ""
        raise ValueError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from error
