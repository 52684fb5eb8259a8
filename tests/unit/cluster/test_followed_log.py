"""The followed log of one container: a silent one, a dead kubelet, and a last line without its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.http.session import Session
from tenantkit.cluster.http.transport import Endpoint, TransportError
from tenantkit.cluster.http.urllib3_transport import Urllib3Transport
from tenantkit.cluster.requests import log
from tenantkit.cluster.requests.log import FollowedLog, LogSelection
from tenantkit.exceptions import ClusterError, ClusterUnavailable
from tests.unit.cluster.seam import Lines, Script, answer, credentials, session, status
from tests.unit.cluster.server import serving

if TYPE_CHECKING:
    from tests.unit.cluster.server import Handler

SELECTION = LogSelection("vision", "one", "main", tail_lines=10, since_s=60)
SILENT = TransportError("timeout", "read timed out")
ALIVE = answer()


def followed(script: Script) -> FollowedLog:
    return FollowedLog(session(script), SELECTION)


@pytest.mark.parametrize(
    "probe", [SILENT, status(500, "", "dial tcp 10.0.0.1:10250: i/o timeout"), TransportError("refused")]
)
def test_a_silent_log_whose_server_or_kubelet_does_not_answer_is_an_error(probe: Any) -> None:
    with pytest.raises(ClusterError) as caught:
        list(followed(Script(SILENT, probe)).lines())
    assert isinstance(caught.value, ClusterUnavailable)


def test_a_silent_container_is_asked_again_for_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 115.5, 131.0])
    monkeypatch.setattr(log, "monotonic", lambda: next(times))
    script = Script(SILENT, ALIVE, SILENT, ALIVE, Lines([b"first"]))

    assert list(followed(script).lines()) == [b"first"]
    queries = [script.query(number) for number in range(5)]
    assert [each["sinceSeconds"] for each in queries if "follow" in each] == ["60", "76", "91"]
    assert {each["tailLines"] for each in queries if "follow" not in each} == {"0"}


def test_a_last_line_without_a_line_break_is_a_line() -> None:
    def half(handler: Handler) -> None:
        handler.begin_stream()
        handler.chunk(b"first\nlast")
        handler.chunk(b"")

    with serving(half) as server:
        transport = Urllib3Transport(Endpoint(server.url))
        connection = Session(transport, credentials(), timeout_s=5.0)
        assert list(FollowedLog(connection, SELECTION).lines()) == [b"first", b"last"]
        transport.close()
