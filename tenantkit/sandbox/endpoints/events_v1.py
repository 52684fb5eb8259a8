"""Events in their newer form, `events.k8s.io/v1`: the same objects as the core ones, under other names of fields.

They are stored in the older form only, and what comes and goes in the newer one is renamed at the door. So a field's
manager is told under its older name, whichever form it was written in; the real server tells the one it was.

Source: pkg/apis/events/v1/conversion.go, 1.37.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apis.events_conversion import NEWER, OLDER, OLDER_NAMES, as_older
from tenantkit.sandbox.endpoints.bodies import parse_yaml, read_body
from tenantkit.sandbox.endpoints.patch import JSON_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.sandbox.endpoints.request import Request


def older_call(request: Request) -> Request:
    """A request about the newer form as one about the older; a body that can't be read stays, to be refused there."""
    query = dict(request.query)
    for newer, older in (("regarding.", "involvedObject."), ("reportingController", "reportingComponent")):
        if newer in query.get("fieldSelector", ""):
            query["fieldSelector"] = query["fieldSelector"].replace(newer, older)
    request = replace(request, query=query)
    if request.info.verb not in {"create", "update", "patch"}:
        return request
    try:
        is_patch = request.info.verb == "patch"
        sent = parse_yaml(request.body) if is_patch else read_body(request.body, request.content_type, kind=NEWER.kind)
    except ValueError:
        return request
    if request.content_type.startswith(JSON_PATCH) and isinstance(sent, list):
        body: Any = [{**item, "path": _older_path(item.get("path", ""))} for item in sent if isinstance(item, dict)]
    elif isinstance(sent, dict):
        body = as_older(sent)
    else:
        return request
    content_type = request.content_type if is_patch else "application/json"
    return replace(request, body=orjson.dumps(body), content_type=content_type)


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


def _older_path(path: str) -> str:
    lead, _, rest = path.removeprefix("/").partition("/")
    return "/" + "/".join(filter(None, (OLDER_NAMES.get(lead, lead), rest)))
