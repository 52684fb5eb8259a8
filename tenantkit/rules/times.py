"""Times in manifests, such as `2026-11-25T12:00:00Z`: the years 1 to 9999, which Python's datetime can hold.

Kubernetes also takes the year 0. A time that cannot be read is None: one odd time in a list must not hide the others.

Source: in k8s.io/apimachinery, pkg/apis/meta/v1/time.go and micro_time.go; RFC 3339.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_NANOSECONDS = 10**9
_SIGN, _RANGE = 2**63, 2**64
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def parse_time(text: object) -> datetime | None:
    """A time in UTC; None for a missing one, one without a zone, a leap second, or one outside the years 1 to 9999.

    Example:
        >>> parse_time("2026-11-25T12:00:00+01:00"), parse_time("2026-12-31T23:59:60Z")
        (datetime.datetime(2026, 11, 25, 11, 0, tzinfo=datetime.timezone.utc), None)
    """
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def duration(seconds: int) -> timedelta:
    """A number of seconds as Go's time.Duration: nanoseconds in an int64, which overflow after 292 years.

    Example:
        >>> duration(90)
        datetime.timedelta(seconds=90)
        >>> duration(2**63 - 1)
        datetime.timedelta(days=-1, seconds=86399)
    """
    nanoseconds = (seconds * _NANOSECONDS + _SIGN) % _RANGE - _SIGN
    return timedelta(microseconds=nanoseconds // 1000)


def later(time: datetime, seconds: int) -> datetime:
    """The time that many seconds later; the last or first moment that exists, where that is outside the years."""
    added = duration(seconds)
    try:
        return time + added
    except OverflowError:
        return _LAST if added > timedelta(0) else _FIRST
