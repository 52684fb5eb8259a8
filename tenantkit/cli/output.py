"""What a command prints: the result to standard output, everything else to standard error.

Data is printed as it is. Errors carry their own words for the command line (`error.words("shell")`), so nothing is
replaced in a finished text. A closed pipe (`| head`) ends the output, not the command: the exit code reports what
happened to the cluster.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Callable

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
    print_text(json.dumps(data, indent=2, ensure_ascii=False) if output == "json" else text)


def print_text(text: str) -> None:
    """Print a line to standard output."""
    _write(sys.stdout, text)


def notify(text: str) -> None:
    """Print a line to standard error: progress, advice or an error."""
    _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a process that started without it
        return
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        discard(stream)


def discard(stream: TextIO) -> None:
    """Send a stream whose reader is closed to the null device, so that later writes and the last flush succeed."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    finally:
        os.close(null)
