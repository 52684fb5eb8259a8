"""What a command prints: the result to standard output, everything else to standard error.

Data is printed as it is, but for control characters, which are shown as escapes. Errors carry their own words for the
command line (`error.words("shell")`), so nothing else is replaced in a finished text. A closed pipe (`| head`) ends the
output, not the command: the exit code reports what happened to the
cluster.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Callable

# Control characters, those that change the direction of text, and the separators of lines and paragraphs.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

Format: TypeAlias = Literal["table", "json"]


def output_option(command: Callable[..., int]) -> Callable[..., int]:
    """Add `--output` to a command."""
    option = click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="How to print the result.",
    )
    return option(command)


def print_result(output: Format, data: Any, text: str) -> None:
    """Print the result of a command: `data` as JSON, or `text`."""
    if output == "json":
        _print_json(data)
    else:
        print_text(text)


def print_text(text: str) -> None:
    """Print a line to standard output."""
    _write(sys.stdout, text)


def notify(text: str) -> None:
    """Print a line to standard error: progress, advice or an error."""
    _write(sys.stderr, text)


def without_controls(text: str) -> str:
    r"""The text with its control characters as escapes, such as `\x1b`, except line breaks and tabs.

    A name of an object or a message of a server could otherwise move the cursor, or let a line read in another order.

    Example:
        >>> without_controls("a\x1b[2Jb")
        'a\\x1b[2Jb'
    """
    return _CONTROLS.sub(lambda found: _escape(found[0]), text)


def _print_json(data: Any) -> None:
    """JSON, in which the same characters are JSON's escapes; all others too where the output cannot hold them."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = json.dumps(data, indent=2)
    _write_raw(sys.stdout, _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _write(stream: TextIO | None, text: str) -> None:
    _write_raw(stream, without_controls(text))


def _write_raw(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a process that started without it
        return
    try:
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:  # such as of an ASCII locale
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        discard(stream)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def discard(stream: TextIO) -> None:
    """Send a stream whose reader is closed to the null device, so that later writes and the last flush succeed."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    finally:
        os.close(null)
