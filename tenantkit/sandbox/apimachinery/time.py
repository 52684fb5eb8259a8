"""Times as Kubernetes writes and adds them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_NANOSECONDS = 10**9
_SIGN, _RANGE = 2**63, 2**64


def timestamp(moment: datetime) -> str:
    """A time as in manifests, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


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
