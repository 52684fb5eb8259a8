"""Events in their newer form, `events.k8s.io/v1`: the same objects as the core ones, under other names of fields.

They are stored in the older form only, and what comes and goes in the newer one is renamed at the door. So a field's
manager is told under its older name, whichever form it was written in; the real server tells the one it was.

Source: pkg/apis/events/v1/conversion.go, 1.37.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from tenantkit.sandbox.apimachinery.codec import canonical
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.endpoints.bodies import parse_yaml, read_body
from tenantkit.sandbox.endpoints.patch import JSON_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.endpoints.request_info import Call

NEWER: Final = find("events.k8s.io", "v1", "events")
OLDER: Final = find("", "v1", "events")
_OLDER_NAMES = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_NEWER_NAMES = {older: newer for newer, older in _OLDER_NAMES.items()}


def as_older(manifest: Manifest) -> Manifest:
    """An event, or a part of one, in the form in which events are stored."""
    renamed = {_OLDER_NAMES.get(key, key): value for key, value in manifest.items()}
    return renamed | ({"apiVersion": OLDER.api_version} if manifest.get("apiVersion") == NEWER.api_version else {})


def as_newer(answer: Manifest) -> Manifest:
    """An event, a list of them, or a Status about one, as the newer form's path answers it."""
    if answer.get("kind") == "Status":
        details = answer.get("details") or {}
        return answer | ({"details": {**details, "group": NEWER.group}} if details.get("kind") == OLDER.plural else {})
    if "items" in answer:
        return {**answer, "apiVersion": NEWER.api_version, "items": [_newer_item(item) for item in answer["items"]]}
    return _newer_item(answer) | {"kind": NEWER.kind, "apiVersion": NEWER.api_version}


def older_call(call: Call) -> Call:
    """A request about the newer form as one about the older; a body that can't be read stays, to be refused there."""
    query = dict(call.query)
    for newer, older in (("regarding.", "involvedObject."), ("reportingController", "reportingComponent")):
        if newer in query.get("fieldSelector", ""):
            query["fieldSelector"] = query["fieldSelector"].replace(newer, older)
    call = replace(call, query=query)
    if call.action.verb not in {"create", "update", "patch"}:
        return call
    try:
        is_patch = call.action.verb == "patch"
        sent = parse_yaml(call.body) if is_patch else read_body(call.body, call.content_type, kind=NEWER.kind)
    except ValueError:
        return call
    if call.content_type.startswith(JSON_PATCH) and isinstance(sent, list):
        body: Any = [{**item, "path": _older_path(item.get("path", ""))} for item in sent if isinstance(item, dict)]
    elif isinstance(sent, dict):
        body = as_older(sent)
    else:
        return call
    content_type = call.content_type if is_patch else "application/json"
    return replace(call, body=orjson.dumps(body), content_type=content_type)


@contextmanager
def in_newer_words() -> Iterator[None]:
    """Let refusals speak of the newer form's resource."""
    try:
        yield
    except ApiError as error:
        if error.kind == OLDER.plural and not error.group:
            error.group = NEWER.group
            error.message = error.message.replace(f'{OLDER.plural} "', f'{NEWER.qualified} "', 1)
        raise


def _newer_item(manifest: Manifest) -> Manifest:
    if set(manifest) <= {"metadata", "kind", "apiVersion"}:  # a bookmark
        return manifest
    named = {_NEWER_NAMES.get(key, key): value for key, value in manifest.items()}
    found = canonical({**named, "apiVersion": NEWER.api_version, "kind": NEWER.kind})
    return found if "kind" in manifest else {k: v for k, v in found.items() if k not in {"apiVersion", "kind"}}


def _older_path(path: str) -> str:
    lead, _, rest = path.removeprefix("/").partition("/")
    return "/" + "/".join(filter(None, (_OLDER_NAMES.get(lead, lead), rest)))
