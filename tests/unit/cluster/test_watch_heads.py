"""The head of a watch arrives at once, or the connection is dead; its body may be silent until the timeout."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.http import urllib3_transport
from tenantkit.cluster.http.transport import Endpoint, Request, TransportError
from tenantkit.cluster.http.urllib3_transport import Urllib3Transport
from tests.unit.cluster.server import serving

if TYPE_CHECKING:
    from tests.unit.cluster.server import Handler


def test_a_watch_without_a_head_times_out_long_before_a_silent_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(urllib3_transport, "HEAD_TIMEOUT_S", 0.3)
    is_over = threading.Event()

    def keep_waiting(handler: Handler) -> None:
        is_over.wait(30)
        handler.cut()

    def begin_late(handler: Handler) -> None:
        handler.begin_stream()
        time.sleep(0.6)  # longer than a head may take: silence within the stream has the request's own time
        handler.chunk(b"{}\n")
        handler.chunk(b"")

    with serving(keep_waiting) as server:
        transport, began = Urllib3Transport(Endpoint(server.url)), time.monotonic()
        with pytest.raises(TransportError) as caught:
            transport.stream(Request("GET", "/api/v1/pods?watch=true", 30.0))
        took_s = time.monotonic() - began
        is_over.set()
    assert took_s < 10
    assert caught.value.reason == "timeout"
    with serving(begin_late) as server:
        stream = Urllib3Transport(Endpoint(server.url)).stream(Request("GET", "/api/v1/pods?watch=true", 30.0))
        assert list(stream.lines()) == [b"{}"]
        stream.close()
