"""Events as `events.k8s.io/v1`: the same objects as core Events, with other field names.

Events are stored as core Events; requests and responses of the newer version are converted. So `managedFields` always
have the older names, while on a real server they have those of the version that was written.

Source: pkg/apis/events/v1/conversion.go, 1.37.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from multidict import MultiDict

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.json_text import read_json, repeated_in_json, write_json
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml, repeated_in_yaml
from tenantkit.sandbox.apis.events_conversion import NEWER, OLDER, OLDER_NAMES, as_older
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.endpoints.bodies import read_body
from tenantkit.sandbox.endpoints.options import write_options
from tenantkit.sandbox.endpoints.patch import APPLY_PATCH, JSON_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.sandbox.endpoints.request import ApiRequest


def older_request(request: ApiRequest) -> ApiRequest:
    """The request, converted to core Events; a body that can't be read is kept, and refused later."""
    query = MultiDict(request.query)
    for newer, older in (("regarding.", "involvedObject."), ("reportingController", "reportingComponent")):
        if newer in query.get("fieldSelector", ""):
            query["fieldSelector"] = query["fieldSelector"].replace(newer, older)
    request = replace(request, query=query)
    if request.info.verb not in {"create", "update", "patch"}:
        return request
    is_patch = request.info.verb == "patch"
    options = write_options(
        f"{request.info.verb.title()}Options",
        request,
        is_apply=is_patch and request.content_type.startswith(APPLY_PATCH),
    )
    try:
        if is_patch:
            is_apply = request.content_type.startswith(APPLY_PATCH)
            sent = (read_yaml if is_apply else read_json)(request.body)
            if options.strict and (repeated_in_yaml if is_apply else repeated_in_json)(request.body):
                return request
        else:
            sent = read_body(request.body, request.content_type, NEWER.api_version, NEWER.kind)
            read_as(
                sent, NEWER.api_version, NEWER.kind, strict=options.strict
            )  # refuses wrong types by their newer names
    except ValueError:
        return request
    if request.content_type.startswith(JSON_PATCH) and isinstance(sent, list):
        body: Any = [{**item, "path": _older_path(item.get("path"))} for item in sent if isinstance(item, dict)]
    elif isinstance(sent, dict):
        body = as_older(sent)
    else:
        return request
    content_type = request.content_type if is_patch else "application/json"
    return replace(request, body=write_json(body), content_type=content_type)


@contextmanager
def in_newer_terms() -> Iterator[None]:
    """Name the newer resource in errors."""
    try:
        yield
    except ApiError as error:
        if error.kind == OLDER.plural and not error.group:
            error.group = NEWER.group
            error.message = error.message.replace(f'{OLDER.plural} "', f'{NEWER.qualified} "', 1)
        raise


def _older_path(path: Any) -> Any:
    if not isinstance(path, str):
        return path  # refused later
    lead, _, rest = path.removeprefix("/").partition("/")
    return "/" + "/".join(filter(None, (OLDER_NAMES.get(lead, lead), rest)))
