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
    PENDING = 5
    FINDINGS = 6
    INTERRUPTED = 130


MEANINGS: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.DONE: "done",
        ExitCode.FAILED: "failed, or only partly done",
        ExitCode.USAGE: "wrong command, option or argument",
        ExitCode.CHANGES: "there are changes (only with --exit-code)",
        ExitCode.BLOCKED: "some rows are blocked or unknown: they were not changed",
        ExitCode.PENDING: "done, but some rows need somebody with more permissions",
        ExitCode.FINDINGS: "an audit found a wall that does not hold",
        ExitCode.INTERRUPTED: "interrupted by Ctrl-C or SIGTERM",
    }
)
