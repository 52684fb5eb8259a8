"""Lines of a log, as text alone: colours, cursor movements and other control characters are left out.

Whoever writes a log could otherwise rewrite a terminal's lines or a page. Of a line that a progress bar has rewritten
with carriage returns, the last state stays. Source: ECMA-48, control sequences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from tenantkit.rules.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# CSI sequences such as colours, OSC sequences such as titles and links, and two-character escapes; of a sequence
# without its end, only the first two characters
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?|\x9b[0-?]*[@-~]"
)
_NANOSECONDS = re.compile(r"(\.\d{6})\d+")
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_TAB = "    "


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's log.

    Args:
        namespace: of the pod.
        pod: its name.
        container: its name.
        time: when the line was written; None if the node did not say.
        text: the line, without control characters.

    Example:
        >>> line = LogLine("speech", "crawl-0", "main", None, "started")
        >>> line.text
        'started'
    """

    namespace: str
    pod: str
    container: str
    time: datetime | None
    text: str


def parse_line(line: bytes) -> tuple[datetime | None, str]:
    r"""The time in front of a line, and its text.

    Example:
        >>> parse_line(b"2026-11-25T12:00:00.123456789Z \x1b[31mfailed\x1b[0m")
        (datetime.datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=datetime.timezone.utc), 'failed')
    """
    text = line.decode("utf-8", "replace")
    stamp, _, rest = text.partition(" ")
    time = parse_time(_NANOSECONDS.sub(r"\1", stamp))
    return time, plain(rest if time is not None else text)


def plain(text: str) -> str:
    r"""The line without control characters; invisible ones that reorder text are left out, too.

    Example:
        >>> plain("  10%\r 100%\r")
        ' 100%'
    """
    text = _ESCAPE.sub("", text).replace("\t", _TAB)
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(letter: str) -> str:
    """The letter; a space for any other kind of space, and nothing for a control character."""
    if letter.isprintable():
        return letter
    return " " if category(letter) in _SPACES else ""


def parse_lines(content: bytes) -> Iterable[tuple[datetime | None, str]]:
    """Times and texts of a log."""
    return map(parse_line, content.removesuffix(b"\n").split(b"\n") if content else ())
