"""The Gateway API on the server under test: the sandbox has it, and a real server gets its CRDs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.engines import OwnEngine
from tests.controlplane.gateway_api import put_on, take_off
from tests.controlplane.generate_facts import modules_of_go

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.engines import Engine
    from tests.contract.wire import Wire


@contextmanager
def served(engine: Engine, wire: Wire) -> Iterator[None]:
    """Install the kinds, and remove them afterwards."""
    if isinstance(engine, OwnEngine) and engine.name == "sandbox":
        yield
        return

    def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = wire(method, f"/{path}", body)
        return answer.status, answer.body

    made = put_on(ask, modules_of_go())
    try:
        yield
    finally:
        take_off(ask, made)
