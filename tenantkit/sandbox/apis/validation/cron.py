"""Validation of cron schedules, in the words of the server's parser.

Source: github.com/robfig/cron v3, parser.go.
"""

from __future__ import annotations

import re
from typing import Final

from tenantkit.sandbox.apimachinery.go_text import go_int

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# bounds and names of minute, hour, day of month, month and day of week
_BOUNDS: Final[tuple[tuple[int, int, dict[str, int]], ...]] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*|0")


class _ScheduleError(ValueError):
    """Why a text is not a schedule."""


def cron_problem(schedule: str) -> str | None:
    """Why a text is not a schedule; None if it is one.

    Example:
        >>> cron_problem("*/5 * * * mon-fri")
        >>> cron_problem("60 * * * *")
        'end of range (60) above maximum (59): 60'
    """
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        schedule = schedule.partition(" ")[2].strip()
    if schedule.startswith("@"):
        return _descriptor_problem(schedule)
    fields = schedule.split()
    if len(fields) != len(_BOUNDS):
        return f"expected exactly {len(_BOUNDS)} fields, found {len(fields)}: [{' '.join(fields)}]"
    try:
        for field, bounds in zip(fields, _BOUNDS, strict=True):
            for part in filter(None, field.split(",")):
                _check_range(part, *bounds)
    except _ScheduleError as problem:
        return str(problem)
    return None


def _descriptor_problem(text: str) -> str | None:
    if text in _DESCRIPTORS:
        return None
    if not text.startswith("@every "):
        return f"unrecognized descriptor: {text}"
    duration = text.removeprefix("@every ")
    if _DURATION.fullmatch(duration):
        return None
    return f'failed to parse duration {text}: time: invalid duration "{duration}"'


def _check_range(text: str, lowest: int, highest: int, names: dict[str, int]) -> None:
    bounds, *steps = text.split("/")
    ends = bounds.split("-")
    if ends[0] in {"*", "?"}:
        first, last = lowest, highest
    else:
        first = last = _number(ends[0], names)
        if len(ends) > 2:  # noqa: PLR2004 (a range has two ends)
            raise _ScheduleError(f"too many hyphens: {text}")
        last = _number(ends[1], names) if ends[1:] else last
    step = 1
    if len(steps) > 1:
        raise _ScheduleError(f"too many slashes: {text}")
    if steps:
        step = _number(steps[0], {})
        last = highest if len(ends) == 1 else last
    if first < lowest:
        raise _ScheduleError(f"beginning of range ({first}) below minimum ({lowest}): {text}")
    if last > highest:
        raise _ScheduleError(f"end of range ({last}) above maximum ({highest}): {text}")
    if first > last:
        raise _ScheduleError(f"beginning of range ({first}) beyond end of range ({last}): {text}")
    if step == 0:
        raise _ScheduleError(f"step of range should be a positive number: {text}")


def _number(text: str, names: dict[str, int]) -> int:
    found = names.get(text.lower())
    if found is not None:
        return found
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise _ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = go_int(text)
    if number is None:
        raise _ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": value out of range')
    if number < 0:
        raise _ScheduleError(f"negative number ({number}) not allowed: {text}")
    return number
