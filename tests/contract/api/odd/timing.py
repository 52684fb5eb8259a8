"""The time that the sandbox may take for an odd request."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 2.0
HANGS_S = 15.0


@contextmanager
def at_once() -> Iterator[None]:
    """Fail if the block takes two seconds of this process' own time, in which the sandbox runs.

    Time in which a busy machine runs other processes does not count; whatever waits for long fails, too.
    """
    own_s, began_s = time.process_time(), time.monotonic()
    yield
    assert time.process_time() - own_s < WITHIN_S
    assert time.monotonic() - began_s < HANGS_S
