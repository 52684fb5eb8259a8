"""The options of a request: of a write, a list or a delete.

They are validated as on the server, because ignoring a misspelt `dryRun` would write.

Source: page "Kubernetes API Concepts"; apimachinery's pkg/apis/meta/v1/validation and internalversion/validation, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.sandbox.apimachinery.codec import DecodeError, decode_options
from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
from tenantkit.sandbox.apimachinery.errors import Cause, bad_request, invalid, unsupported_media_type
from tenantkit.sandbox.apimachinery.go_text import manager_of, not_uint64, quoted, unprintable
from tenantkit.sandbox.apimachinery.json_text import read_json
from tenantkit.sandbox.apimachinery.protobuf import read_protobuf
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml
from tenantkit.sandbox.endpoints.bodies import JSON, PROTOBUF, YAML, media_type_of, misfit, put_type
from tenantkit.sandbox.endpoints.request import flag, number, values
from tenantkit.sandbox.endpoints.selectors import parsed_selectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.selectors.field_selectors import FieldSelector
    from tenantkit.rules.selectors.label_selectors import LabelSelector
    from tenantkit.sandbox.endpoints.request import ApiRequest

_META = "meta.k8s.io/v1"
_MANAGER_LIMIT = 128
_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
_PROPAGATIONS = ("Foreground", "Background", "Orphan")
UNSAFE = "ignoreStoreReadErrorWithClusterBreakingPotential"  # deletes an object that can't be decoded
_NOT_WITH_UNSAFE = ("propagationPolicy", "orphanDependents", "gracePeriodSeconds", "preconditions")
_MATCHES = ("Exact", "NotOlderThan", "")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The options of a create, update, patch or apply."""

    dry_run: bool
    manager: str
    force: bool
    strict: bool
    warn: bool
    sent: Manifest = field(default_factory=dict)

    def shown(self, kind: Literal["CreateOptions", "UpdateOptions"]) -> Manifest:
        """The options as an object, as admission sees them."""
        return {"kind": kind, "apiVersion": _META, **self.sent}

    @property
    def lenient(self) -> bool:
        """Whether unknown fields are ignored without a warning."""
        return not self.strict and not self.warn


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options of a list or watch."""

    labels: LabelSelector
    fields: FieldSelector
    limit: int
    token: str
    version_text: str
    exact: bool
    watch: bool
    timeout_s: int | None
    bookmarks: bool
    initial_events: bool | None

    @property
    def version(self) -> int | None:
        """The requested version, None for the latest; raises ApiError 400 if it is invalid."""
        text = self.version_text
        if self.token and text not in {"", "0"}:
            raise bad_request("specifying resource version is not allowed when using continue")
        if text and (why := not_uint64(text)):
            raise bad_request(f"invalid resource version: {not_a_version(text, why)}")
        return int(text) if text else None


def not_a_version(text: str, why: str) -> str:
    """The message for a resourceVersion that `not_uint64` refuses."""
    return f"resourceVersion: Invalid value: {quoted(text)}: strconv.ParseUint: parsing {quoted(text)}: {why}"


def write_options(kind: str, request: ApiRequest, *, is_apply: bool = False) -> WriteOptions:
    """The options of a write.

    Args:
        kind: the kind of the options: `CreateOptions`, `UpdateOptions`, `PatchOptions`.
        request: the request; the default manager is from its User-Agent.
        is_apply: whether it is a server-side apply, which needs a manager and supports `force`.

    Raises:
        ApiError: 422, an unsupported value.
    """
    query = request.query
    manager, validation = query.get("fieldManager", ""), query.get("fieldValidation", "")
    errors: list[Cause] = []
    if is_apply and not manager:
        errors.append(Cause("fieldManager", "Required value: is required for apply patch", "FieldValueRequired"))
    if "force" in query and kind == "PatchOptions" and not is_apply:
        errors.append(_forbidden("force", "may not be specified for non-apply patch"))
    if len(manager.encode()) > _MANAGER_LIMIT:
        message = f"Too long: may not be more than {_MANAGER_LIMIT} bytes"
        errors.append(Cause("fieldManager", message, "FieldValueTooLong"))
    for position, character in unprintable(manager):
        why = f"invalid character U+{ord(character):04X} (at position {position})"
        errors.append(Cause("fieldManager", f"Invalid value: {quoted(manager)}: {why}", "FieldValueInvalid"))
    dry_run = _dry_run(errors, values(query, "dryRun"))
    if validation not in _VALIDATIONS:
        errors.append(_unsupported("fieldValidation", f'"{validation}"', _VALIDATIONS))
    if errors:
        raise invalid(_META, kind, "", errors)
    return WriteOptions(
        dry_run=dry_run,
        manager=manager or manager_of(request.user_agent, _MANAGER_LIMIT),
        force=flag(query, "force"),
        strict=validation == "Strict",
        warn=validation in {"", "Warn"},
        sent=_sent(dryRun=values(query, "dryRun"), fieldManager=manager, fieldValidation=validation),
    )


def _sent(**options: Any) -> Manifest:
    return {name: value for name, value in options.items() if value}


def list_options(query: Mapping[str, str]) -> ListOptions:
    """The options of a list, watch or delete of many; raises ApiError 400 or 422."""
    match = query.get("resourceVersionMatch", "")
    initial = flag(query, "sendInitialEvents") if "sendInitialEvents" in query else None
    limit, watch, timeout_s = number(query, "limit") or 0, flag(query, "watch"), number(query, "timeoutSeconds")
    labels, fields = parsed_selectors(query.get("labelSelector", ""), query.get("fieldSelector", ""))
    if watch and initial is None and not match and query.get("resourceVersion", "") in {"", "0"}:
        match, initial = "NotOlderThan", True  # the server's defaults: such a watch starts with all objects
    options = ListOptions(
        labels=labels,
        fields=fields,
        limit=limit,
        token=query.get("continue", ""),
        version_text=query.get("resourceVersion", ""),
        exact=match == "Exact",
        watch=watch,
        timeout_s=timeout_s,
        bookmarks=flag(query, "allowWatchBookmarks"),
        initial_events=initial,
    )
    errors = _match_errors(options, match)
    if errors:
        raise invalid(_META, "ListOptions", "", errors)
    return options


def delete_options(request: ApiRequest) -> DeleteOptions:
    """The options of a delete, from its body or, without one, its query; raises ApiError 400, 415 or 422."""
    body = _delete_body(request) if request.body else _delete_query(request.query)
    is_dry = check_delete_options(body)
    policy, orphans = body.get("propagationPolicy"), body.get("orphanDependents")
    preconditions = body.get("preconditions") or {}
    return DeleteOptions(
        dry_run=is_dry,
        grace_period_s=body.get("gracePeriodSeconds"),
        uid=preconditions.get("uid"),
        version=preconditions.get("resourceVersion"),
        propagation=policy or "",
        orphan_dependents=orphans,
        unsafe=bool(body.get(UNSAFE)),
    )


def check_delete_options(body: Manifest) -> bool:
    """Whether the options of a delete ask for a dry run; raises ApiError 422 for invalid ones."""
    policy, orphans = body.get("propagationPolicy"), body.get("orphanDependents")
    errors: list[Cause] = []
    if policy is not None and orphans is not None:
        why = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        errors.append(Cause("propagationPolicy", why, "FieldValueInvalid"))
    if policy is not None and policy not in _PROPAGATIONS:
        errors.append(_unsupported("propagationPolicy", f'"{policy}"', (*_PROPAGATIONS, "nil")))
    is_dry = _dry_run(errors, body.get("dryRun") or ())
    if body.get(UNSAFE):
        others = (name for name in _NOT_WITH_UNSAFE if body.get(name) is not None)
        why = "Invalid value: true: cannot be set together with"
        errors += [Cause(UNSAFE, f"{why} .{name}", "FieldValueInvalid") for name in others]
    if errors:
        raise invalid(_META, "DeleteOptions", "", errors)
    return is_dry


def _delete_body(request: ApiRequest) -> Manifest:
    """The options in a body, decoded; their apiVersion may be that of any group."""
    media_type = media_type_of(request.content_type)
    if media_type not in {JSON, YAML, PROTOBUF}:
        raise unsupported_media_type()
    try:
        if media_type == PROTOBUF:
            body = read_protobuf(request.body, ("v1", "DeleteOptions"))
        else:
            body = (read_json if media_type == JSON else read_yaml)(request.body)
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    body = {} if body is None else body
    if why := misfit(body):
        raise bad_request(f"couldn't get version/kind; json parse error: {why}")
    put_type(body, media_type)
    version, kind = body.get("apiVersion") or "v1", body.get("kind") or "DeleteOptions"
    if version.count("/") > 1:
        raise bad_request(f"unexpected GroupVersion string: {version}")
    if kind != "DeleteOptions":
        where = 'in scheme "pkg/runtime/scheme.go:111"'
        raise bad_request(f'no kind "{kind}" is registered for version "{version}" {where}')
    try:
        return decode_options("DeleteOptions", body)
    except DecodeError as error:
        raise bad_request(str(error)) from error


def _delete_query(query: Mapping[str, str]) -> Manifest:
    """The options in a query; of a boolean only `false` and `0` are false."""
    found: Manifest = {"dryRun": values(query, "dryRun")}
    found |= {key: query[key] for key in ("propagationPolicy",) if key in query}
    seconds = number(query, "gracePeriodSeconds")
    found |= {} if seconds is None else {"gracePeriodSeconds": seconds}
    found |= {name: flag(query, name) for name in ("orphanDependents", UNSAFE) if name in query}
    preconditions = {name: query[name] for name in ("uid", "resourceVersion") if query.get(name)}
    return found | ({"preconditions": preconditions} if preconditions else {})


def _dry_run(errors: list[Cause], given: Sequence[str]) -> bool:
    if any(value != "All" for value in given):
        shown = ",".join(f'"{value}"' for value in given)
        errors.append(_unsupported("dryRun", f"[{shown}]", ("All",)))
    return bool(given)


def _match_errors(options: ListOptions, match: str) -> list[Cause]:
    """The errors of resourceVersionMatch in combination with other parameters."""
    field, name = "resourceVersionMatch", "resourceVersionMatch is forbidden"
    known = ("NotOlderThan",) if options.watch else _MATCHES
    starts = options.initial_events is not None
    rules = [
        (
            options.watch and starts and match != "NotOlderThan",
            f"sendInitialEvents requires setting {field} to NotOlderThan",
        ),
        (options.watch and match and not starts, f"{name} for watch unless sendInitialEvents is provided"),
        (not options.watch and match and not options.version_text, f"{name} unless resourceVersion is provided"),
        (match and options.token, f"{name} when continue is provided"),
        (match == "Exact" and options.version_text == "0", f'{field} "exact" is forbidden for resourceVersion "0"'),
    ]
    errors = [_forbidden(field, message) for is_broken, message in rules if is_broken]
    if match and match not in known:
        errors.append(_unsupported(field, f'"{match}"', known))
    if starts and not options.watch:
        errors.append(_forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return errors


def _forbidden(field: str, message: str) -> Cause:
    return Cause(field, f"Forbidden: {message}", "FieldValueForbidden")


def _unsupported(field: str, value: str, supported: tuple[str, ...]) -> Cause:
    shown = ", ".join(f'"{item}"' for item in supported)
    return Cause(field, f"Unsupported value: {value}: supported values: {shown}", "FieldValueNotSupported")
