"""The log of one container: as a whole, within limits that the server keeps, or line by line as it is written.

A kubelet sends no head before the first line, so a container that writes nothing for 15 s looks like a dead kubelet. A
request for no lines then tells them apart, since it is answered at once. If it is, the log is requested again, which
loses no line since none had arrived; `sinceSeconds` grows by the time that has passed.
Source: page "Logging Architecture"; PodLogOptions in the API reference.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from tenantkit.cluster.http.errors import Operation, error_of_answer, error_of_transport
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.http.transport import TransportError, UnfinishedLine
from tenantkit.cluster.requests.paths import object_path, with_query
from tenantkit.exceptions import ClusterUnavailable
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.http.session import Session
    from tenantkit.cluster.http.transport import Stream

_GOOD = range(200, 300)
_SILENCE_S = 4 * 3600.0  # a kubelet closes a silent connection after four hours


@dataclass(frozen=True, slots=True)
class LogSelection:
    """A part of one container's log.

    Args:
        namespace: of the pod.
        pod: its name.
        container: its name.
        previous: the log of its previous run.
        tail_lines: only the last lines. None: all.
        since_s: only lines of the last so many seconds. None: all.
        limit_bytes: at most so many bytes, counted from the first line that is sent. None: no limit.
    """

    namespace: str
    pod: str
    container: str
    previous: bool = False
    tail_lines: int | None = None
    since_s: int | None = None
    limit_bytes: int | None = None

    @property
    def operation(self) -> Operation:
        """For error messages."""
        return Operation("read the log of", "Pod", self.pod, self.namespace)

    def call(self, *, follow: bool = False) -> Call:
        """The request; each line begins with its time."""
        query: dict[str, str | int | bool | None] = {
            "container": self.container,
            "previous": self.previous,
            "tailLines": self.tail_lines,
            "sinceSeconds": self.since_s,
            "limitBytes": self.limit_bytes,
            "timestamps": True,
            "follow": follow,
        }
        path = with_query(object_path(kind_of("Pod"), self.pod, self.namespace, subresource="log"), query)
        return Call("GET", path, self.operation, is_repeatable=True, timeout_s=_SILENCE_S if follow else None)


def read_log(session: Session, selection: LogSelection) -> bytes:
    """The selected lines.

    Raises:
        ClusterError: the server answered an error, or not at all.
    """
    call = selection.call()
    answer = session.fetch(call)
    if answer.status not in _GOOD:
        raise error_of_answer(answer, call.operation, session.server)
    return bytes(answer.body)


class FollowedLog:
    """The lines of a log as they are written, until its container ends or `stop` is called.

    Args:
        session: where.
        selection: which log, and which of its old lines come first.
    """

    def __init__(self, session: Session, selection: LogSelection) -> None:
        self._session = session
        self._selection = selection
        self._stream: Stream | None = None
        self._is_stopped = False
        self._lock = threading.Lock()

    def lines(self) -> Iterator[bytes]:
        """Each line once it is complete.

        Raises:
            ClusterError: the server answered an error, or the connection was lost.
        """
        stream = self._open()
        if stream is None:
            return
        try:
            yield from stream.lines()
        except UnfinishedLine as last:  # a container need not end its last line
            yield last.rest
        except TransportError as failure:
            if not self._is_stopped:
                operation = self._selection.operation
                raise error_of_transport(failure, operation, self._session.server) from failure
        finally:
            stream.close()

    def stop(self) -> None:
        """End `lines` now; called from any thread."""
        with self._lock:
            self._is_stopped = True
            if self._stream is not None:
                self._stream.shut()

    def _open(self) -> Stream | None:
        selection, begun = self._selection, monotonic()
        while not self._is_stopped:
            try:
                stream = self._session.open(selection.call(follow=True))
            except ClusterUnavailable as error:
                if error.reason != "timeout":
                    raise
                if not self._is_stopped:
                    read_log(self._session, replace(self._selection, tail_lines=0))
                selection = _longer(self._selection, monotonic() - begun)
                continue
            with self._lock:
                self._stream = stream
                if not self._is_stopped:
                    return stream
            stream.close()
        return None


def _longer(selection: LogSelection, elapsed_s: float) -> LogSelection:
    """The same lines, selected so many seconds later."""
    if selection.since_s is None:
        return selection
    return replace(selection, since_s=selection.since_s + math.ceil(elapsed_s))
