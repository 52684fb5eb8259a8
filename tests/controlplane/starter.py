"""The process that started this one: it holds the other end of standard input, so that its end is noticed."""

from __future__ import annotations

import os
import select


def exit_with_starter() -> None:
    """Exit if the process that started this one has ended, or has closed standard input."""
    readable, _, _ = select.select([0], [], [], 0)
    if readable and os.read(0, 4096) == b"":
        raise SystemExit(1)
