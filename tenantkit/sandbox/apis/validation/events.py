"""Validation of Events: the newer form has more required fields, and is immutable apart from its series.

Source: pkg/apis/core/validation/events.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE
from tenantkit.sandbox.apimachinery.validation import qualified_name

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_LONGEST = {"reportingInstance": 128, "action": 128, "reason": 128, "message": 1024}
_UNSET = ("firstTimestamp", "lastTimestamp", "count", "source")
_FIXED = (
    *("involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type", "eventTime"),
    *("action", "related", "reportingComponent", "reportingInstance"),
)
_NEWER_NAMES = {"reportingComponent": "reportingController"}


def check_event(errors: ErrorList, event: Manifest, *, controller: str = "reportingComponent") -> None:
    """An Event in either form; `controller` is the name of the reporter's field in that form."""
    about, where = (event.get("involvedObject") or {}).get("namespace", ""), event["metadata"].get("namespace", "")
    if not event.get("eventTime"):
        if about != where and not (about == "" and where == "default"):
            errors.invalid("involvedObject.namespace", about, "does not match event.namespace")
        return
    if not about and where not in {"default", "kube-system"}:
        errors.invalid("involvedObject.namespace", about, "does not match event.namespace")
    reporter = event.get("reportingComponent", "")
    if not reporter:
        errors.required(controller)
    errors.all_of(controller, reporter, qualified_name(reporter))
    for field, limit in _LONGEST.items():
        value = event.get(field, "")
        if not value and field != "message":
            errors.required(field)
        if len(value) > limit:
            errors.invalid(field, "", f"can have at most {limit} characters")


def check_newer_event(errors: ErrorList, event: Manifest, old: Manifest | None) -> None:
    """An Event in its newer form."""
    check_event(errors, event, controller="reportingController")
    series = event.get("series")
    if series is not None and (old is None or series != old.get("series")):
        if series.get("count", 0) < 2:  # noqa: PLR2004 (a series has two events at least)
            errors.invalid("series.count", "", "should be at least 2")
        if not series.get("lastObservedTime"):
            errors.required("series.lastObservedTime")
    if old is not None:
        for field in _FIXED:
            if event.get(field) != old.get(field):
                errors.invalid(_NEWER_NAMES.get(field, field), event.get(field, ""), IMMUTABLE)
        return
    if not event.get("eventTime"):
        errors.required("eventTime")
    if event.get("type") not in {"Normal", "Warning"}:
        errors.invalid("type", "", f"has invalid value: {event.get('type', '')}")
    for field in (field for field in _UNSET if event.get(field)):
        errors.invalid(field, "", "needs to be unset")
