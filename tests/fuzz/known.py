"""What the fuzzer does not count: what the sandbox refuses by design, and the real server's own server errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.connection import Answer
    from tests.fuzz.request import Request


@dataclass(frozen=True, slots=True)
class Refusal:
    """Requests that the sandbox refuses by design, with a status of its own."""

    reason: str
    applies: Callable[[Request, Answer, Answer], bool]


def _accepts(request: Request, *words: bytes) -> bool:
    accepted = next((value for name, value in request.headers if name == "Accept"), b"")
    return any(word in accepted for word in words)


REFUSED = (
    Refusal(
        "the HTTP library refuses methods that are not registered, before the sandbox sees them",
        lambda _, __, found: found.status == 400 and b"Invalid method encountered" in found.body,
    ),
    Refusal(
        "the sandbox answers in JSON only, not in YAML and protobuf",
        lambda request, _, found: found.status == 406 and _accepts(request, b"yaml", b"protobuf"),
    ),
    Refusal(
        "the sandbox does not publish the keys of its tokens",
        lambda request, _, found: found.status == 404 and request.target.startswith("/.well-known"),
    ),
    Refusal(
        "the sandbox has no proxy to services, as it runs no containers",
        lambda request, _, found: found.status == 404 and "/proxy" in request.target,
    ),
)

ACCEPTED_5XX = {  # messages of the real server, which the sandbox repeats, and when it gives them
    r"^failed to (create typed patch|convert new|update managed)": "an apply of an object that does not fit its schema",
    r"strconv\.ParseUint": "a resourceVersion that is not a number, in a GET or in an object",
    r"^unable to find api field in struct": "a strategic merge patch of a field that does not exist",
    r"^(unknown patch type|expected (a|slice) |The order in patch list|map: )": "directives of strategic patches",
    r"^(cannot merge lists|list element types|no elements in any|lists of lists|merging an object)": "lists in those",
    r"^Timeout: Too large resource version": "a resourceVersion of the future",
    r"no unsafe deleter provided": "the deletion of objects that can't be decoded",
    r"^failed to create RequestInfo": "a watch or proxy of nothing",
    r"^target\.|^\[target\.": "a binding to no node",
}
_ACCEPTED = [re.compile(pattern) for pattern in ACCEPTED_5XX]


def accepted_5xx(answer: Answer) -> bool:
    """Whether the real server, too, answers with that server error."""
    return any(pattern.search(answer.message) for pattern in _ACCEPTED)


def refused_by_design(request: Request, expected: Answer, found: Answer) -> str:
    """Why the engines may differ here; empty if they may not."""
    return next((known.reason for known in REFUSED if known.applies(request, expected, found)), "")
