"""What the fuzzer does not count: what the sandbox refuses by design, and the real server's own server errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.connection import Answer
    from tests.fuzz.request import Request

ACCEPTED_5XX = {  # messages of the real server that the sandbox repeats, and why they are server errors there
}
_ACCEPTED = [re.compile(pattern) for pattern in ACCEPTED_5XX]


def accepted_5xx(answer: Answer) -> bool:
    """Whether the real server, too, answers that request with a server error."""
    return any(pattern.search(answer.message) for pattern in _ACCEPTED)


def refused_by_design(request: Request, expected: Answer, found: Answer) -> str:
    """Why the engines may differ here; empty if they may not."""
    return ""
