"""Logs line by line as they are written, over all containers of a workload, with a stop.

A thread reads each container's log and puts its lines into one bounded queue, so that a fast writer waits for a slow
reader. It ends by itself once all containers have ended. Rejected alternative: `logs(follow=True)`, which would return
another type than `logs` does.
"""

from __future__ import annotations

import math
import queue
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import as_seconds, takes_cluster
from tenantkit.cluster.logs import follow_log
from tenantkit.cluster.requests.log import LogSelection
from tenantkit.exceptions import InvalidSpecError, Problem, TenantKitError
from tenantkit.frames.log.containers import find_containers, notes_on_pods, why_call
from tenantkit.frames.log.limits import MAX_PODS, LogLimits
from tenantkit.frames.log.lines import LogLine, parse_line
from tenantkit.hints import Message
from tenantkit.provision.stored.tenant_namespaces import resolve_filters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta
    from typing import Self

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.log import FollowedLog
    from tenantkit.frames.log.containers import LoggedContainer, LoggedContainers
    from tenantkit.hints import Call

FOLLOWED_TAIL = 10
_QUEUED_LINES = 1000
_LOOK_S = 0.2  # how soon `stop` and the end of the time are noticed
_JOIN_S = 0.5


class LogStream:
    """The lines of a workload's containers as they are written: iterate over it, and stop it at any time.

    It ends once all containers have ended, after `timeout_s`, by `stop`, at the end of a `for` loop or a `with` block,
    or by Ctrl-C (in a notebook: interrupt the kernel), which ends the loop without an error. Lines of one container
    keep their order.

    Args:
        logs: one for each container.
        timeout_s: seconds from the first line that is asked for.
        notes: which pods are not followed.
        incomplete: by kind, why pods may be missing.

    Raises:
        ClusterError: no log may be read, or all connections were lost.

    Example:
        >>> with tk.follow_logs(cluster, "Deployment/transcribe", tenant="speech", timeout_s=5) as stream:
        ...     print(next(stream).text[:10])
        [stand-in]
    """

    def __init__(
        self,
        logs: Sequence[tuple[LoggedContainer, FollowedLog]],
        *,
        timeout_s: float = math.inf,
        notes: Sequence[Message] = (),
        incomplete: Mapping[str, str] | None = None,
    ) -> None:
        self.notes = tuple(notes)
        self.incomplete = dict(incomplete or {})
        self._readers = _Readers(tuple(logs), timeout_s)
        self._open = len(self._readers.logs)
        self._errors: dict[str, TenantKitError] = {}
        weakref.finalize(self, self._readers.stop)

    @property
    def containers(self) -> int:
        """How many containers it follows."""
        return len(self._readers.logs)

    @property
    def errors(self) -> dict[str, TenantKitError]:
        """Why no more lines come from a container, by `namespace/pod/container`, as far as it is known."""
        return dict(self._errors)

    def __iter__(self) -> Iterator[LogLine]:
        """The lines; a loop that is left ends the stream."""
        try:
            while True:
                try:
                    line = next(self)
                except StopIteration:
                    return
                yield line
        finally:
            self.stop()

    def __next__(self) -> LogLine:
        try:
            self._readers.start()
            return self._next()
        except KeyboardInterrupt:
            self.stop()
            raise StopIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it now, from any thread; may be called twice.

        Example:
            >>> tk.follow_logs(cluster, "Deployment/transcribe", tenant="speech").stop()
        """
        self._readers.stop()
        self._readers.join()

    def _next(self) -> LogLine:
        while self._open and not self._readers.stopped.is_set():
            try:
                found = self._readers.queue.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if isinstance(found, LogLine):
                return found
            self._open -= 1
            if found.error is not None:
                self._errors[found.name] = found.error
        self.stop()
        if self._errors and len(self._errors) == self.containers:
            raise next(reversed(self._errors.values()))
        raise StopIteration


@dataclass(frozen=True, slots=True)
class _End:
    """The end of one log."""

    name: str
    error: TenantKitError | None


class _Readers:
    """The threads behind a stream; they do not hold the stream, so that one that nobody holds any more can end them."""

    def __init__(self, logs: tuple[tuple[LoggedContainer, FollowedLog], ...], timeout_s: float) -> None:
        self.logs = logs
        self.queue: queue.Queue[LogLine | _End] = queue.Queue(_QUEUED_LINES)
        self.stopped = threading.Event()
        self._timeout_s = timeout_s
        self._threads: list[threading.Thread] = []
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin to read, and to count the time; may be called twice."""
        if self._threads or self.stopped.is_set():
            return
        if self._timeout_s <= threading.TIMEOUT_MAX:
            self._timer = threading.Timer(self._timeout_s, self.stop)
            self._timer.name, self._timer.daemon = "tenantkit-log-end", True
            self._timer.start()
        for container, log in self.logs:
            thread = threading.Thread(target=self._read, args=(container, log), name="tenantkit-log", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let all threads end."""
        self.stopped.set()
        if self._timer is not None:
            self._timer.cancel()
        for _, log in self.logs:
            log.stop()

    def join(self) -> None:
        """Wait a little for the threads: one that reads while the process exits can abort it."""
        deadline = time.monotonic() + _JOIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _read(self, container: LoggedContainer, log: FollowedLog) -> None:
        """Read one log, in a thread of its own."""
        place = container.namespace, container.pod, container.name
        error: TenantKitError | None = None
        try:
            for line in log.lines():
                when, text = parse_line(line)
                if not self._put(LogLine(*place, when, text)):
                    break
        except TenantKitError as failure:
            error = failure
        self._put(_End("/".join(place), error))

    def _put(self, item: LogLine | _End) -> bool:
        """Wait for a place in the queue; False once nobody reads any more."""
        while not self.stopped.is_set():
            try:
                self.queue.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False


@takes_cluster
def follow_logs(  # noqa: PLR0913 (all but two are optional)
    cluster: Cluster,
    workload: str,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    container: str | None = None,
    tail: int | None = FOLLOWED_TAIL,
    since: str | timedelta | None = None,
    max_pods: int = MAX_PODS,
    timeout_s: float | None = None,
) -> LogStream:
    """Follow the logs of a workload's pods: each line as it is written, until you stop.

    Args:
        cluster: the connection, from `connect`.
        workload: as `Kind/name`: `Deployment/crawl`, `Job/train`, `Pod/x`; or a name, as for `logs`.
        tenant: only in this tenant's namespaces, by name. Default: in all tenants'.
        namespaces: only in these, in place of `tenant`. Default: as for `logs`.
        label_selector: only of pods whose labels match, in the API server's syntax. Default: all.
        container: only of this one, by name. Default: all.
        tail: the last lines of each container that come first. Default: 10. None: all.
        since: only lines that are newer than this: `30s`, `10m`, `1h30m`, `2d` or a timedelta. Default: of any time.
        max_pods: at most so many pods, the failing and the newest. Default: 10.
        timeout_s: end after so many seconds. Default: not by itself.

    Returns:
        A `LogStream`: iterate over it for lines, each with `pod`, `container`, `time` and `text`; `stop()`, the end of
        a `for` loop or a `with` block, or Ctrl-C ends it. It covers the pods that exist now, not those that are created
        later; its `notes` say so, and which of them are left out, its `errors` from which containers no more lines
        come. The iteration raises PermissionDenied, BadRequest or ClusterUnavailable where no log at all can be read.

    Raises:
        InvalidSpecError: an argument is invalid, or no pod of the workload has such a container.
        NotFound: there is no such tenant or workload.
        PermissionDenied: pods may not be listed.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods and the kinds of their owners; get pods/log.
    Source: page "Logging Architecture".

    Example:
        >>> for line in tk.follow_logs(cluster, "Deployment/transcribe", tenant="speech", tail=1, timeout_s=1):
        ...     print(line.container, line.text)
        main POST /transcribe 200 412 ms
    """
    seconds = math.inf if timeout_s is None else as_seconds(timeout_s)
    if seconds is None:
        raise InvalidSpecError([Problem("timeout_s", timeout_s, "use a number of seconds, for example 30")])
    limits = LogLimits(tail, since, max_pods=max_pods)
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    found = find_containers(cluster, workload, filters, container=container, max_pods=max_pods)
    followed = [(each, follow_log(cluster, _selection(each, limits))) for each in found.containers if each.has_node]
    why = why_call(filters, tenant, found.workload)
    notes = [*notes_on_pods(found, why), *_waiting(found, why), *_later(found.workload)]
    return LogStream(followed, timeout_s=seconds, notes=notes, incomplete=found.incomplete)


def _waiting(found: LoggedContainers, why: Call) -> Iterator[Message]:
    """How many containers have no log yet."""
    count = sum(not each.has_node for each in found.containers)
    if count == 1:
        yield Message("1 container has no log, since its pod has no node yet; {call} says why", {"call": why})
    elif count:
        yield Message(
            "{count} containers have no log, since their pods have no node yet; {call} says why",
            {"count": count, "call": why},
        )


def _later(workload: str) -> Iterator[Message]:
    """Of a workload with a template, that new pods are not followed."""
    if not workload.startswith("Pod/"):
        yield Message("pods that {workload} creates from now on are not followed", {"workload": workload})


def _selection(container: LoggedContainer, limits: LogLimits) -> LogSelection:
    return LogSelection(
        namespace=container.namespace,
        pod=container.pod,
        container=container.name,
        tail_lines=limits.tail,
        since_s=limits.since_s,
    )
