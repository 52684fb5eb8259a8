"""Durations as the API server computes with them."""

from __future__ import annotations

from datetime import timedelta

_NANOSECONDS = 10**9
_SIGN, _RANGE = 2**63, 2**64


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
