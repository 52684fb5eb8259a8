"""Requests that change objects: create, server-side apply, JSON patch, delete.

Each write names the field manager and asks for strict field validation, so that the server refuses a field that it does
not know instead of dropping it.
Source: pages "Server-Side Apply", "Kubernetes API Concepts" (dry-run, field validation), "Garbage Collection".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import parse_stored
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.paths import creation_path, object_path, with_query
from tenantkit.cluster.requests.places import place_of
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.manifest import Manifest, ObjectRef

FIELD_MANAGER = "tenantkit"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
JSON_PATCH = "application/json-patch+json"

Propagation = Literal["Background", "Foreground", "Orphan"]


def create(session: Session, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
    """Create an object that must not exist yet; see `Cluster.create`."""
    ref = _ref(manifest)
    path = with_query(
        creation_path(place_of(session, ref.api_version, ref.kind), ref.namespace), _query(dry_run=dry_run)
    )
    return session.ask(Call("POST", path, _operation("create", ref), _json(manifest, ref), parse=parse_stored))


def apply(session: Session, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
    """Apply an object by server-side apply; see `Cluster.apply`."""
    ref = _ref(manifest)
    query = {**_query(dry_run=dry_run), "force": "true" if force else "false"}
    path = with_query(object_path(place_of(session, ref.api_version, ref.kind), ref.name, ref.namespace), query)
    # With a version, a second attempt would find the first one's change and report a conflict with it.
    is_repeatable = not (manifest.get("metadata") or {}).get("resourceVersion")
    operation, body = _operation("apply", ref), _json(manifest, ref)
    return session.ask(Call("PATCH", path, operation, body, APPLY, is_repeatable=is_repeatable, parse=parse_stored))


def patch_json(
    session: Session,
    ref: ObjectRef,
    operations: Sequence[Mapping[str, object]],
    *,
    subresource: str = "",
    dry_run: bool = False,
) -> Manifest:
    """Change single fields of an object by JSON patch; see `Cluster.patch_json`."""
    place = object_path(
        place_of(session, ref.api_version, ref.kind), ref.name, ref.namespace, subresource=subresource or None
    )
    path = with_query(place, _query(dry_run=dry_run))
    operation, body = _operation("patch", ref), _json(list(operations), ref)
    return session.ask(Call("PATCH", path, operation, body, JSON_PATCH, parse=parse_stored))


def delete(
    session: Session,
    ref: ObjectRef,
    *,
    uid: str | None = None,
    dry_run: bool = False,
    propagation: Propagation | None = None,
) -> None:
    """Delete an object; see `Cluster.delete`."""
    options: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions"}
    if uid is not None:
        options["preconditions"] = {"uid": uid}
    if propagation is not None:
        options["propagationPolicy"] = propagation
    if dry_run:
        options["dryRun"] = ["All"]
    path = object_path(place_of(session, ref.api_version, ref.kind), ref.name, ref.namespace)
    session.ask(Call("DELETE", path, _operation("delete", ref), _json(options, ref)))


def _query(*, dry_run: bool) -> dict[str, str | int | bool | None]:
    return {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", "dryRun": "All" if dry_run else None}


def _ref(manifest: Manifest) -> ObjectRef:
    try:
        return ref_of(manifest)
    except ValueError as error:
        raise InvalidSpecError([Problem("manifest", None, str(error))]) from None


def _operation(verb: str, ref: ObjectRef) -> Operation:
    return Operation(verb, ref.kind, ref.name, ref.namespace)


def _json(value: object, ref: ObjectRef) -> bytes:
    """The value as JSON. An error does not show the value, which may be a Secret's."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except (orjson.JSONEncodeError, RecursionError) as error:
        reason = f"can't be written as JSON ({error}): use text, numbers, lists and dicts"
        raise InvalidSpecError([Problem(str(ref), "…", reason)]) from None
