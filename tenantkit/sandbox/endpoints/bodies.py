"""From a request's body to an object: JSON, YAML and protobuf, and then the server's own reading of the kind.

JSON goes through orjson, and YAML is tried only for what is no JSON, since almost every body that calls itself YAML is
JSON (kubectl's server-side apply). YAML's dates stay text, as Kubernetes has no dates in JSON either.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.codec import DecodeError, Repeated, decode
from tenantkit.sandbox.apimachinery.errors import Cause, bad_request, invalid, unsupported_media_type
from tenantkit.sandbox.apimachinery.protobuf import read_protobuf
from tenantkit.sandbox.apimachinery.resources import known_kind
from tenantkit.sandbox.apis.defaults import defaulted

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_JSON, _YAML, _PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_INTERNAL_PACKAGES = {"": "core", "rbac.authorization.k8s.io": "rbac"}
_GO_NAMES = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
_SUMMARY = 30


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C one, where there is one
    """YAML without dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_body(body: bytes, content_type: str, *, kind: str) -> Manifest:
    """The object in a request's body, as it was written.

    Args:
        body: as sent.
        content_type: the header, parameters included; none at all means JSON.
        kind: what is expected, for the message.

    Raises:
        ApiError: 415 for another media type; 400 for what can't be read, in the server's frame of words.
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
        raise bad_request(_unrecognized(kind, why, body)) from error
    if not isinstance(found, dict):
        what = _GO_NAMES.get(type(found), "null")
        why = f"couldn't get version/kind; json parse error: json: cannot unmarshal {what} into Go value of type struct"
        raise bad_request(_unrecognized(kind, why, body))
    for part in ("apiVersion", "kind"):
        if found.get(part) is not None and not isinstance(found[part], str):
            what = _GO_NAMES[type(found[part])]
            why = f"json: cannot unmarshal {what} into Go struct field .{part} of type string"
            raise bad_request(_unrecognized(kind, f"couldn't get version/kind; json parse error: {why}", body))
    return found


class _RepeatsError(Exception):
    """A field stands in an object more than once."""


def _parse_json(body: bytes) -> Any:
    """JSON, read as Go does, and marked where a field stands in it more than once: orjson does neither."""
    found = orjson.loads(body)
    try:
        json.loads(body, object_pairs_hook=_once)
    except _RepeatsError:
        return json.loads(body, object_pairs_hook=_repeated)
    return found


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _RepeatsError


def _repeated(pairs: list[tuple[str, Any]]) -> Repeated:
    value = Repeated()
    value.fields = list(dict.fromkeys(name for name, item in pairs if value.put(name, item)))
    return value


def parse_yaml(text: bytes) -> Any:
    """YAML or JSON, read; raises ValueError with the place of the error."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (it is a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + isinstance(error, yaml.scanner.ScannerError) if mark else 0  # as libyaml's Go port counts
        where = f"line {line}: " if line else ""
        raise ValueError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from error


def internal_package(group: str) -> str:
    """The Go package of the server's own form of a group's kinds, which some of its messages name."""
    return _INTERNAL_PACKAGES.get(group, group.partition(".")[0])


def read_as(manifest: Manifest, api_version: str, kind: str, *, strict: bool) -> tuple[Manifest, list[str]]:
    """The object as the server reads it: canonical, with defaults.

    Args:
        manifest: as sent; without apiVersion or kind it is taken for what is expected.
        api_version: what is expected here.
        kind: likewise.
        strict: refuse unknown fields.

    Returns:
        A new object, and its unknown fields in the server's words.

    Raises:
        ApiError: 400 for another kind, wrong types, or unknown fields where they are refused.
    """
    if is_custom(api_version):
        _check_type(manifest, api_version, kind)
    sent_version, sent_kind = manifest.get("apiVersion") or api_version, manifest.get("kind") or kind
    lead = f'{sent_kind} in version "{str(sent_version).rpartition("/")[2]}" cannot be handled as a {kind}'
    if (sent_version, sent_kind) != (api_version, kind):
        group = api_version.rpartition("/")[0]
        sent_short = str(sent_version).rpartition("/")[2]
        why = f'no kind "{sent_kind}" is registered for version "{sent_version}" in scheme "pkg/runtime/scheme.go:111"'
        if known_kind(str(sent_version), str(sent_kind)):
            package = internal_package(group)
            why = f"converting ({sent_short}.{sent_kind}) to ({package}.{kind}): unknown conversion"
        raise bad_request(f"{lead}: {why}")
    try:
        found, unknown = decode(manifest, api_version, kind)
    except DecodeError as error:
        raise bad_request(f"{lead}: {error}") from error
    if unknown and strict:
        raise bad_request(f"{lead}: strict decoding error: {', '.join(unknown)}")
    return defaulted(found), unknown


def _check_type(manifest: Manifest, api_version: str, kind: str) -> None:
    """Whether an object says that it is of a kind known by its schema alone; nobody guesses that of those."""
    version, sent = manifest.get("apiVersion"), manifest.get("kind")
    if not sent:
        body = json.dumps(manifest)
        raise bad_request(_unrecognized(kind, f"Object 'Kind' is missing in '{body}'", body.encode()))
    if version != api_version:
        raise bad_request(
            f"the API version in the data ({version or ''}) does not match the expected API version ({api_version})"
        )
    if sent != kind:
        cause = Cause("kind", f'Invalid value: "{sent}": must be {kind}', "FieldValueInvalid")
        raise invalid(api_version, str(sent), str((manifest.get("metadata") or {}).get("name", "")), [cause])


def _unrecognized(kind: str, why: str, body: bytes) -> str:
    """The message for a body in which no object is found."""
    shown = body[:_SUMMARY].decode(errors="replace") if body.startswith(b"{") else body[:_SUMMARY].hex()
    summary = "<empty>" if not body else shown + (" ..." if len(body) > _SUMMARY else "")
    return f"the object provided is unrecognized (must be of type {kind}): {why} ({summary})"
