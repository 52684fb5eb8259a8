"""Requests that wait, like those to a slow server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.http.transport import Answer, Request

WAIT_S = 30


class Gate:
    """Holds requests until it is opened, like a slow server."""

    def __init__(self, is_held: Callable[[Request], bool]) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._is_held = is_held

    def __call__(self, _number: int, request: Request) -> Answer | None:
        if self._is_held(request):
            self.reached.set()
            assert self.opened.wait(WAIT_S)
        return None
