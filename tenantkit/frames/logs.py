"""The logs of a workload: of all its pods, within bounds, failing containers first.

Rejected alternatives: kubectl's choice of one pod of a workload, which is rarely the one that failed; lines of all pods
mixed by their times, in which a traceback of one pod is torn apart by the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.logs import read_log
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.log import LogSelection
from tenantkit.exceptions import ClusterError, PermissionDenied, Unauthorized
from tenantkit.frames.log.containers import find_containers, notes_on_pods, why_call
from tenantkit.frames.log.limits import LIMIT_BYTES, MAX_PODS, TAIL_LINES, LogLimits
from tenantkit.frames.log.lines import LogLine, parse_lines
from tenantkit.frames.log.shown import ContainerLog, Logs
from tenantkit.hints import Message
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.log.containers import LoggedContainer, LoggedContainers
    from tenantkit.hints import Call

_MOST_REASONS = 5


@takes_cluster
def logs(  # noqa: PLR0913 (all but two are optional)
    cluster: Cluster,
    workload: str,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    container: str | None = None,
    previous: bool = False,
    tail: int | None = TAIL_LINES,
    since: str | timedelta | None = None,
    limit_bytes: int = LIMIT_BYTES,
    max_pods: int = MAX_PODS,
) -> Logs:
    """Return the logs of a workload's pods, those of failing containers first.

    Args:
        cluster: the connection, from `connect`.
        workload: as `Kind/name`: `Deployment/crawl`, `Job/train`; a pod, a ReplicaSet or a custom kind works too. The
            name alone is enough where one workload or pod has it: `crawl`.
        tenant: only in this tenant's namespaces, by name. Default: in all tenants'.
        namespaces: only in these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else your own.
        label_selector: only of pods whose labels match, in the API server's syntax. Default: all.
        container: only of this one, by name. Default: all, without init containers that have done their work.
        previous: the log of each container's previous run, which a crash has ended. Default: that of the current run;
            of a container that waits for its restart, this is the run that crashed.
        tail: the last lines of each container. Default: 100. None: all, within `limit_bytes`.
        since: only lines that are newer than this: `30s`, `10m`, `1h30m`, `2d` or a timedelta. Default: of any time.
        limit_bytes: at most so many bytes of each container, counted from the first line. Default: 1 MiB.
        max_pods: at most so many pods, the failing and the newest. Default: 10.

    Returns:
        A `Logs`: it shows itself as text without colours and control characters, with how a run that has failed ended;
        `text` holds all lines, `frame` has a row for each, `containers` says for each container how its run ended, or
        why it has no lines. Logs that could not be read, or not as a
        whole, are in `incomplete`, also in the frame's attrs. A workload without pods has none, and
        says so. Kubernetes keeps the logs of a container's current and previous run only, and of deleted pods none.

    Raises:
        InvalidSpecError: an argument is invalid, several workloads have the name, or no pod of the workload has such
            a container.
        NotFound: there is no such tenant or workload.
        PermissionDenied: pods may not be listed, or no log may be read.
        Unauthorized: the login is not accepted.
        ClusterUnavailable: the server did not answer.

    RBAC: list pods and the kinds of their owners; get pods/log. Members of a tenant may do both.
    Source: page "Logging Architecture".

    Example:
        >>> print(tk.logs(cluster, "crawl", tenant="search", previous=True, tail=1).text)
        KeyError: 'SEARCH_INDEX_URL'
    """
    limits = LogLimits(tail, since, limit_bytes, max_pods)
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    found = find_containers(cluster, workload, filters, container=container, max_pods=max_pods)
    asked = [each for each in found.containers if _has_log(each, previous=previous)]
    read = side_by_side(lambda each: _read(cluster, each, limits, previous=previous), asked)
    refusals = [error for _, error in read if isinstance(error, PermissionDenied)]
    if refusals and len(refusals) == len(read):
        raise refusals[0]
    why = why_call(filters, tenant, found.workload)
    log_of = dict(zip(asked, (log for log, _ in read), strict=True))
    every = [log_of.get(each) or _without_log(each, why, previous=previous) for each in found.containers]
    shown = [each for each in every if each is not None]
    return Logs(
        workload=found.workload,
        containers=tuple(shown),
        notes=tuple(_notes(found, why, has_any=bool(shown))),
        scope=found.scope,
        incomplete=found.incomplete | _incomplete(read),
    )


def _read(
    cluster: Cluster, container: LoggedContainer, limits: LogLimits, *, previous: bool
) -> tuple[ContainerLog, ClusterError | None]:
    """The log of one container, and the error if it has none; an error that is not about this container is raised."""
    selection = selection_of(container, limits, previous=previous)
    place, end = (container.namespace, container.pod, container.name), _end(container, previous=previous)
    try:
        content = read_log(cluster, selection)
    except ClusterError as error:
        if error.status is None or isinstance(error, Unauthorized):
            raise
        return ContainerLog(*place, (), previous, Message("no log: {error}", {"error": error.what}), end), error
    lines = tuple(LogLine(*place, time, text) for time, text in parse_lines(content))
    is_cut = len(content) >= limits.limit_bytes
    cut = Message("cut after {limit_bytes:,} bytes: read fewer lines", {"limit_bytes": limits.limit_bytes})
    return ContainerLog(*place, lines, previous, cut if is_cut else None, end), None


def _incomplete(read: Sequence[tuple[ContainerLog, ClusterError | None]]) -> dict[str, str]:
    """Why lines are missing: every failure and every cut, up to a number that can be read."""
    reasons = [
        f"container {log.container!r} of Pod/{log.pod}: {log.note if error is None else error.what}"
        for log, error in read
        if log.note is not None
    ]
    return {"pods/log": first_of(reasons, _MOST_REASONS, separator="; ", unit="container")} if reasons else {}


def selection_of(container: LoggedContainer, limits: LogLimits, *, previous: bool = False) -> LogSelection:
    """The request for a container's log within the limits."""
    return LogSelection(
        namespace=container.namespace,
        pod=container.pod,
        container=container.name,
        previous=previous,
        tail_lines=limits.tail,
        since_s=limits.since_s,
        limit_bytes=limits.limit_bytes,
    )


def _has_log(container: LoggedContainer, *, previous: bool) -> bool:
    is_startable = container.has_node and container.never_started is None
    return is_startable and (container.has_run_before or not previous)


def _without_log(container: LoggedContainer, why: Call, *, previous: bool) -> ContainerLog | None:
    """What is said in place of a log; None if there is only no previous run."""
    if container.never_started is not None:
        values = {"reason": container.never_started, "call": why}
        note = Message("no log: the container never started ({reason}); {call} says why", values)
    elif previous:
        return None
    else:
        note = Message("no log: the pod has no node yet; {call} says why", {"call": why})
    return ContainerLog(container.namespace, container.pod, container.name, (), previous, note)


def _notes(found: LoggedContainers, why: Call, *, has_any: bool) -> Iterator[Message]:
    if found.containers and not has_any:
        yield Message("no container of {workload} has run before: {without_previous}", {"workload": found.workload})
    yield from notes_on_pods(found, why)


def _end(container: LoggedContainer, *, previous: bool) -> str | None:
    """When and how the run whose log is read ended; None if it goes on, or did not fail."""
    end = container.previous_end if previous else container.end
    which = "previous" if previous else "last"
    return f"the {which} run {end}; {container.restarts}" if end is not None else None
