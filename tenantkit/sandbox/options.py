"""What a request's query asks for besides the object: how to write, what to list, how to delete.

Checked as the server does, since a misspelt `dryRun` that is ignored would write.

Source: page "Kubernetes API Concepts"; apimachinery's pkg/apis/meta/v1/validation and internalversion/validation, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.bodies import parse_yaml
from tenantkit.sandbox.errors import bad_request, invalid_options
from tenantkit.sandbox.protobuf import read_protobuf
from tenantkit.sandbox.requests import flag, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.errors import ApiError
    from tenantkit.sandbox.requests import Call

_MANAGER_LIMIT = 128
_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
_PROPAGATIONS = ("Foreground", "Background", "Orphan")
_MATCHES = ("Exact", "NotOlderThan", "")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a create, update, patch or apply is to be done."""

    dry_run: bool
    manager: str
    force: bool
    strict: bool
    warn: bool


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list or watch is to give."""

    label_selector: str
    field_selector: str
    limit: int
    token: str
    version: int | None  # None: the latest
    exact: bool
    watch: bool
    timeout_s: int | None
    bookmarks: bool
    initial_events: bool | None


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How a delete is to be done; `propagation` is empty where nobody says."""

    dry_run: bool = False
    grace_period_s: int | None = None
    uid: str | None = None
    version: str | None = None
    propagation: str = ""
    orphan_dependents: bool | None = None


def write_options(kind: str, call: Call, *, is_apply: bool = False) -> WriteOptions:
    """The options of a write.

    Args:
        kind: what the server calls them: `CreateOptions`, `UpdateOptions`, `PatchOptions`.
        call: the request; without `fieldManager` its User-Agent names the manager.
        is_apply: whether it is a server-side apply, which needs a manager and knows `force`.

    Raises:
        ApiError: 422 for a value that the server does not know, 400 for what is no truth value.
    """
    query = call.query
    manager, validation = query.get("fieldManager", ""), query.get("fieldValidation", "")
    force = flag(query, "force") if "force" in query else False
    if is_apply and not manager:
        raise invalid_options(kind, "fieldManager", "Required value: is required for apply patch", "FieldValueRequired")
    if "force" in query and kind == "PatchOptions" and not is_apply:
        message = "Forbidden: may not be specified for non-apply patch"
        raise invalid_options(kind, "force", message, "FieldValueForbidden")
    if len(manager.encode()) > _MANAGER_LIMIT:
        message = f"Too long: may not be more than {_MANAGER_LIMIT} bytes"
        raise invalid_options(kind, "fieldManager", message, "FieldValueTooLong")
    if validation not in _VALIDATIONS:
        raise _unsupported(kind, "fieldValidation", f'"{validation}"', _VALIDATIONS)
    return WriteOptions(
        dry_run=_dry_run(kind, query.get("dryRun")),
        manager=manager or call.user_agent.partition("/")[0][:_MANAGER_LIMIT],
        force=force,
        strict=validation == "Strict",
        warn=validation in {"", "Warn"},
    )


def list_options(query: Mapping[str, str]) -> ListOptions:
    """The options of a list, watch or delete of many; raises ApiError 400 or 422."""
    version_text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    initial = flag(query, "sendInitialEvents") if query.get("sendInitialEvents") else None
    watch = flag(query, "watch")
    problem = _match_problem(version_text, match, watch=watch, initial=initial)
    if problem and match not in _MATCHES:
        raise _unsupported("ListOptions", "resourceVersionMatch", f'"{match}"', _MATCHES)
    if problem:
        raise invalid_options("ListOptions", "resourceVersionMatch", f"Forbidden: {problem}", "FieldValueForbidden")
    token = query.get("continue", "")
    if token and version_text not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")
    if version_text and not (version_text.isascii() and version_text.isdecimal()):
        why = f'Invalid value: "{version_text}": strconv.ParseUint: parsing "{version_text}": invalid syntax'
        raise bad_request(f"invalid resource version: resourceVersion: {why}")
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        limit=number(query, "limit") or 0,
        token=token,
        version=int(version_text) if version_text else None,
        exact=match == "Exact",
        watch=watch,
        timeout_s=number(query, "timeoutSeconds"),
        bookmarks=flag(query, "allowWatchBookmarks"),
        initial_events=initial,
    )


def delete_options(call: Call) -> DeleteOptions:
    """The options of a delete, from its body if there is one, else from its query; raises ApiError 400 or 422."""
    body = _delete_body(call) if call.body else {}
    query = call.query if not call.body else {}
    policy = body.get("propagationPolicy") or query.get("propagationPolicy", "")
    orphans = body.get("orphanDependents", flag(query, "orphanDependents") if "orphanDependents" in query else None)
    if policy and orphans is not None:
        why = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        raise invalid_options("DeleteOptions", "propagationPolicy", why, "FieldValueInvalid")
    if policy and policy not in _PROPAGATIONS:
        raise _unsupported("DeleteOptions", "propagationPolicy", f'"{policy}"', (*_PROPAGATIONS, "nil"))
    dry_run = body.get("dryRun") or ([query["dryRun"]] if query.get("dryRun") else [])
    conditions = body.get("preconditions") or {}
    seconds = body.get("gracePeriodSeconds")
    return DeleteOptions(
        dry_run=_dry_run("DeleteOptions", *dry_run),
        grace_period_s=number(query, "gracePeriodSeconds") if seconds is None else int(seconds),
        uid=conditions.get("uid"),
        version=conditions.get("resourceVersion"),
        propagation=policy,
        orphan_dependents=orphans,
    )


def _delete_body(call: Call) -> Manifest:
    try:
        is_protobuf = call.content_type.startswith("application/vnd.kubernetes.protobuf")
        body = read_protobuf(call.body) if is_protobuf else parse_yaml(call.body)
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    if not isinstance(body, dict):
        raise bad_request("couldn't get version/kind; json parse error: json: cannot unmarshal into Go value")
    if body.get("kind", "DeleteOptions") != "DeleteOptions":
        kind, version = body["kind"], body.get("apiVersion", "")
        where = 'in scheme "pkg/runtime/scheme.go:111"'
        raise bad_request(f'no kind "{kind}" is registered for version "{version}" {where}')
    return body


def _dry_run(kind: str, *values: str | None) -> bool:
    given = [value for value in values if value]
    if any(value != "All" for value in given):
        shown = " ".join(f'"{value}"' for value in given)
        raise _unsupported(kind, "dryRun", f"[{shown}]", ("All",))
    return bool(given)


def _match_problem(version: str, match: str, *, watch: bool, initial: bool | None) -> str:
    """What is wrong with resourceVersionMatch beside the other parameters; empty where nothing is."""
    if watch:
        if initial is not None and match != "NotOlderThan":
            return "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        if match and initial is None:
            return "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        return ""
    if match and not version:
        return "resourceVersionMatch is forbidden unless resourceVersion is provided"
    if match == "Exact" and version == "0":
        return 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    return "unknown" if match not in _MATCHES else ""


def _unsupported(kind: str, field: str, value: str, supported: tuple[str, ...]) -> ApiError:
    shown = ", ".join(f'"{item}"' for item in supported)
    message = f"Unsupported value: {value}: supported values: {shown}"
    return invalid_options(kind, field, message, "FieldValueNotSupported")
