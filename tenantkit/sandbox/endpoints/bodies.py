"""Request bodies: JSON, YAML and protobuf.

YAML is parsed only if a body is not JSON, because almost all bodies with a YAML media type are JSON (kubectl's
server-side apply).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.errors import bad_request, unsupported_media_type
from tenantkit.sandbox.apimachinery.json_text import DeepList, DeepObject, Number, Repeated, read_json
from tenantkit.sandbox.apimachinery.protobuf import read_protobuf
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml, repeated_in_yaml
from tenantkit.sandbox.apis.scheme import unrecognized

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_NAME})[ \t]*=[ \t]*({_NAME}|"(?:[^"\\]|\\.)*")')
_MEDIA_TYPE = re.compile(
    rf"[ \t]*(?P<type>{_NAME}(?:/{_NAME})?)[ \t]*(?P<parameters>(?:{_PARAMETER.pattern})*)[ \t]*;?[ \t]*"
)
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
_TYPE_PARTS = {"apiversion": "apiVersion", "kind": "kind"}
GO_NAMES = {
    dict: "object",
    list: "array",
    DeepList: "array",
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    Number: "number",
}


def read_body(body: bytes, content_type: str, api_version: str, kind: str) -> Manifest:
    """The object in a request's body, not yet decoded as a kind.

    Args:
        body: the body as it was sent.
        content_type: the Content-Type header with parameters; empty means JSON.
        api_version: the expected apiVersion; protobuf without a type has it.
        kind: the expected kind.

    Raises:
        ApiError: 415 for another media type; 400 for a body that can't be parsed, with the server's message.
    """
    check_media_type(content_type)
    media_type = media_type_of(content_type)
    try:
        if media_type == PROTOBUF:
            return read_protobuf(body, (api_version, kind))
        found = read_json(body, mark_repeated=True) if media_type == JSON else read_yaml(body)
        if isinstance(found, dict) and media_type == YAML and (names := repeated_in_yaml(body)):
            found = Repeated(found)
            found.fields = names
    except ValueError as error:
        text = str(error) if body else "unexpected end of JSON input"
        why = f"couldn't get version/kind; json parse error: {text}" if media_type == JSON else str(error)
        raise bad_request(unrecognized(kind, why, body)) from error
    found = {} if found is None else found  # as Go decodes null
    if why := misfit(found):
        raise bad_request(unrecognized(kind, f"couldn't get version/kind; json parse error: {why}", body))
    if not is_custom(api_version):
        put_type(found, media_type)
    if str(found.get("apiVersion") or "").count("/") > 1:
        raise bad_request(unrecognized(kind, f"unexpected GroupVersion string: {found['apiVersion']}", body))
    result: Manifest = found
    return result


def misfit(found: Any) -> str:
    """Why a value is not an object with the texts apiVersion and kind; empty if it is one."""
    if not isinstance(found, dict):
        what = GO_NAMES.get(type(found), "object" if isinstance(found, DeepObject) else "null")
        return f"json: cannot unmarshal {what} into Go value of type {_TYPE_META}"
    for name, value in found.items():
        part = _TYPE_PARTS.get(name.lower())
        if part and value is not None and not isinstance(value, str):
            what = GO_NAMES.get(type(value), "object")
            return f"json: cannot unmarshal {what} into Go struct field .{part} of type string"
    return ""


def put_type(found: Manifest, media_type: str) -> None:
    """Set apiVersion and kind of an object that writes them in other cases, too: Go reads the last one of any case."""
    items = sorted(found.items()) if media_type == YAML else found.items()  # as YAML is converted to JSON
    last = {part: value for name, value in items if value is not None and (part := _TYPE_PARTS.get(name.lower()))}
    found |= {part: value for part, value in last.items() if found.get(part) != value}


def media_type_of(content_type: str) -> str:
    """The media type in a Content-Type header, by default JSON; empty if Go's mime.ParseMediaType refuses it."""
    if not content_type:
        return JSON
    found = _MEDIA_TYPE.fullmatch(content_type)
    parameters = dict[str, str]()
    for name, value in _PARAMETER.findall(found["parameters"]) if found else ():
        if parameters.setdefault(name.lower(), value) != value:
            return ""
    return found["type"].lower() if found else ""


def check_media_type(content_type: str) -> None:
    """Raise ApiError 415 for a body of another media type than an object can have."""
    if media_type_of(content_type) not in {JSON, YAML, PROTOBUF}:
        raise unsupported_media_type()
