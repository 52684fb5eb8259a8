"""Sends the same requests to both engines, and notes where their status codes differ, and what is broken or slow."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fuzz.draw import draw
from tests.fuzz.known import accepted_5xx, refused_by_design
from tests.fuzz.request import READING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.fuzz.connection import Answer
    from tests.fuzz.engine import Engine
    from tests.fuzz.request import Request

SLOW_S = 2.0  # of this process' own time, in which the sandbox runs: a busy machine does not count
HANGS_S = 10.0  # of anybody's time
WAITS_S = (0.1, 0.6)  # before a difference is asked again: caches of the real engine follow its writes
_SERVER_ERROR = 500
_NAMES = 16**6  # where the numbers in names start, so that runs on one control plane use different ones
USERS = ("admin", "owner", "editor", "viewer", "stranger")


@dataclass(frozen=True, slots=True)
class Finding:
    """A request that the sandbox answers wrongly; without a real engine there is nothing expected."""

    why: str
    request: Request
    expected: Answer | None
    found: Answer

    def __str__(self) -> str:
        lines = [f"#{self.request.number} {self.why}", f"  {self.request.as_curl()}"]
        if self.expected is not None:
            lines.append(f"  real    {self.expected.status} {self.expected.message[:600]}")
        return "\n".join(
            [*lines, f"  sandbox {self.found.status} {self.found.message[:600]} ({self.found.took_s:.2f} s)"]
        )


@dataclass(slots=True)
class Run:
    """A run over the requests of one seed; `real` is None for the sandbox alone."""

    sandbox: Engine
    real: Engine | None = None
    findings: list[Finding] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)  # how often each known difference occurred
    waits_s: Sequence[float] = WAITS_S
    unsteady: int = 0  # differences that were none when the same was asked again
    names: int = field(default_factory=lambda: int(time.time() * 40) % _NAMES)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def begin(self) -> None:
        """Prepare the engines."""
        self.names += 1
        for engine in self._engines:
            engine.prepare(self.names)

    def take(self, seed: int, number: int) -> Finding | None:
        """Send one request; again, if the answers differ."""
        request = draw(seed, number)
        finding = self._take(request)
        for wait_s in self.waits_s:
            if finding is None:
                return None
            time.sleep(wait_s)
            finding = self._take(request)
            self.unsteady += finding is None
        if finding is not None:
            self.findings.append(finding)
        return finding

    def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        for engine in self._engines:
            engine.close()

    @property
    def _engines(self) -> list[Engine]:
        return [self.sandbox, *([self.real] if self.real else [])]

    def _take(self, request: Request) -> Finding | None:
        self.names += 1
        number = self.names
        began_s = time.process_time()
        answers = list(self._threads.map(lambda engine: engine.send(request, number), self._engines))
        own_s = time.process_time() - began_s
        if request.method not in READING and any(answer.ok for answer in answers):
            self._reset(request, answers, number)
        found, expected = answers[0], answers[1] if self.real else None
        if (found.took_s > SLOW_S and own_s > SLOW_S) or found.took_s > HANGS_S:
            return Finding("slow", request, expected, found)
        if expected is not None and expected.status != found.status:
            if reason := refused_by_design(request, expected, found):
                self.known[reason] = self.known.get(reason, 0) + 1
                return None
            return Finding("status differs", request, expected, found)
        is_broken = not found.status or (found.status >= _SERVER_ERROR and not accepted_5xx(found))
        if expected is None and is_broken:
            return Finding("server error", request, expected, found)
        return None

    def _reset(self, request: Request, answers: Iterable[Answer], number: int) -> None:
        pairs = zip(self._engines, answers, strict=True)
        list(self._threads.map(lambda pair: pair[0].reset(request, pair[1], number), pairs))
