"""How much of a log is read: the checked arguments of `logs` and `follow_logs`. Pure.

A log has no end, so everything has a bound: lines and bytes for each container, and a number of pods.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from numbers import Integral
from typing import TYPE_CHECKING, TypeAlias

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

Since: TypeAlias = str | timedelta | None

LIMIT_BYTES = 1 << 20
MAX_PODS = 10
TAIL_LINES = 100
_UNITS_S = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+[dhms])+")
_LONGEST_S = 2**31  # far longer than any log is kept


@dataclass(frozen=True, slots=True)
class LogLimits:
    """The bounds of what is read.

    Args:
        tail: the last lines of each container. None: all.
        since: only lines that are newer than this, such as `1h30m`. None: all.
        limit_bytes: of each container.
        max_pods: the failing and the newest pods.

    Raises:
        InvalidSpecError: with all wrong arguments.
    """

    tail: int | None = TAIL_LINES
    since: Since = None
    limit_bytes: int = LIMIT_BYTES
    max_pods: int = MAX_PODS

    def __post_init__(self) -> None:
        if problems := [*self._problems()]:
            raise InvalidSpecError(problems)

    @property
    def since_s(self) -> int | None:
        """`since` in seconds, at least one."""
        seconds = _seconds(self.since)
        return None if seconds is None else min(max(1, math.ceil(seconds)), _LONGEST_S)

    def _problems(self) -> Iterator[Problem]:
        if self.tail is not None and not _is_count(self.tail, 0):
            yield Problem("tail", self.tail, "use a number of lines, for example 100, or None for all")
        if not _is_count(self.limit_bytes, 1):
            yield Problem("limit_bytes", self.limit_bytes, "use a number of bytes, for example 1_000_000")
        if not _is_count(self.max_pods, 1):
            yield Problem("max_pods", self.max_pods, "use a number of pods, for example 10")
        seconds = _seconds(self.since)
        if self.since is not None and (seconds is None or seconds <= 0):
            yield Problem("since", self.since, "use a time such as '10m', '1h30m' or '2d', or a timedelta")


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _seconds(since: object) -> float | None:
    if isinstance(since, timedelta):
        return since.total_seconds()
    if isinstance(since, str) and _DURATION.fullmatch(since):
        return float(sum(int(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+)([dhms])", since)))
    return None
