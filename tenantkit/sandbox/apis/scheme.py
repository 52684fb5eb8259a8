"""Decodes objects as a kind and sets defaults, as the server's scheme does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.codec import DecodeError, decode
from tenantkit.sandbox.apimachinery.errors import Cause, bad_request, invalid
from tenantkit.sandbox.apimachinery.resources import known_kind
from tenantkit.sandbox.apis.defaults import defaulted

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_INTERNAL_PACKAGES = {"": "core", "rbac.authorization.k8s.io": "rbac"}
_SUMMARY = 30


def read_as(manifest: Manifest, api_version: str, kind: str, *, strict: bool) -> tuple[Manifest, list[str]]:
    """The object in canonical form, with defaults.

    Args:
        manifest: the object as it was sent; its default apiVersion and kind are the expected ones.
        api_version: the expected apiVersion.
        kind: the expected kind.
        strict: whether to refuse unknown fields.

    Returns:
        A new object, and its unknown fields in the server's words.

    Raises:
        ApiError: 400 for another kind, wrong types, or with `strict` unknown fields.
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
    """Raise ApiError if an object of a kind without Go type does not name its apiVersion and kind."""
    version, sent = manifest.get("apiVersion"), manifest.get("kind")
    if not sent:
        body = json.dumps(manifest)
        raise bad_request(unrecognized(kind, f"Object 'Kind' is missing in '{body}'", body.encode()))
    if version != api_version:
        raise bad_request(
            f"the API version in the data ({version or ''}) does not match the expected API version ({api_version})"
        )
    if sent != kind:
        cause = Cause("kind", f'Invalid value: "{sent}": must be {kind}', "FieldValueInvalid")
        raise invalid(api_version, str(sent), str((manifest.get("metadata") or {}).get("name", "")), [cause])


def unrecognized(kind: str, why: str, body: bytes) -> str:
    """The message for a body that is not an object."""
    shown = body[:_SUMMARY].decode(errors="replace") if body.startswith(b"{") else body[:_SUMMARY].hex()
    summary = "<empty>" if not body else shown + (" ..." if len(body) > _SUMMARY else "")
    return f"the object provided is unrecognized (must be of type {kind}): {why} ({summary})"


def internal_package(group: str) -> str:
    """The Go package of a group's internal types, which some messages name."""
    return _INTERNAL_PACKAGES.get(group, group.partition(".")[0])
