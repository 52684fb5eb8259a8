"""What Events may say: little in their older form, and more in the newer, by which nobody rewrites what happened.

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


def check_event(problems: ErrorList, event: Manifest, *, controller: str = "reportingComponent") -> None:
    """An Event, by whichever path; `controller` is what that path calls who reports."""
    about, where = (event.get("involvedObject") or {}).get("namespace", ""), event["metadata"].get("namespace", "")
    if not event.get("eventTime"):
        if about != where and not (about == "" and where == "default"):
            problems.invalid("involvedObject.namespace", about, "does not match event.namespace")
        return
    if not about and where not in {"default", "kube-system"}:
        problems.invalid("involvedObject.namespace", about, "does not match event.namespace")
    reporter = event.get("reportingComponent", "")
    if not reporter:
        problems.required(controller)
    problems.all_of(controller, reporter, qualified_name(reporter))
    for field, limit in _LONGEST.items():
        value = event.get(field, "")
        if not value and field != "message":
            problems.required(field)
        if len(value) > limit:
            problems.invalid(field, "", f"can have at most {limit} characters")


def check_newer_event(problems: ErrorList, event: Manifest, old: Manifest | None) -> None:
    """An Event that is written in its newer form."""
    check_event(problems, event, controller="reportingController")
    series = event.get("series")
    if series is not None and (old is None or series != old.get("series")):
        if series.get("count", 0) < 2:  # noqa: PLR2004 (a series has two events at least)
            problems.invalid("series.count", "", "should be at least 2")
        if not series.get("lastObservedTime"):
            problems.required("series.lastObservedTime")
    if old is not None:
        for field in _FIXED:
            if event.get(field) != old.get(field):
                problems.invalid(_NEWER_NAMES.get(field, field), event.get(field, ""), IMMUTABLE)
        return
    if not event.get("eventTime"):
        problems.required("eventTime")
    if event.get("type") not in {"Normal", "Warning"}:
        problems.invalid("type", "", f"has invalid value: {event.get('type', '')}")
    for field in (field for field in _UNSET if event.get(field)):
        problems.invalid(field, "", "needs to be unset")
