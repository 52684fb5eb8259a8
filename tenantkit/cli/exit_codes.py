"""The exit codes: the part of the command line that a script reads."""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CHANGES = 3
    BLOCKED = 4
    INTERRUPTED = 130


MEANINGS: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.DONE: "done",
        ExitCode.FAILED: "failed, or done in part",
        ExitCode.USAGE: "wrong command, option or argument",
        ExitCode.CHANGES: "there are changes (only with --exit-code)",
        ExitCode.BLOCKED: "rows are blocked or unknown: nothing was written for their tenants",
        ExitCode.INTERRUPTED: "interrupted by Ctrl-C or SIGTERM",
    }
)
