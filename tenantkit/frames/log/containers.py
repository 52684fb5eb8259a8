"""The containers whose logs a workload has: failing ones first, then those of the newest pods.

A workload's pods are those with it among their owners, as in `why` and `pods`. An init container that has done its work
is left out, unless it is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem
from tenantkit.frames.kit.container_end import end_text, restarts_text
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.owners import owner_of, owners_of, read_chains
from tenantkit.frames.kit.similar_workloads import named_workload, similar_workload
from tenantkit.hints import Call, Hint, Message
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.filters import Filters
    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.owners import Chains
    from tenantkit.rules.manifest import Manifest

_LISTS = (
    ("initContainers", "initContainerStatuses"),
    ("containers", "containerStatuses"),
)
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
_MADE_WITHOUT_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet")
_NAMED = 10


@dataclass(frozen=True, slots=True)
class LoggedContainer:
    """One container of one pod.

    Args:
        namespace: of the pod.
        pod: its name.
        name: of the container.
        created: when the pod was created, as Kubernetes writes times.
        is_failing: it waits after an error, or its last run ended in one.
        has_node: whether the pod has a node, without which there is no log.
        has_run_before: whether it has a previous run.
        never_started: the kubelet's reason why it could not be started, such as `CreateContainerConfigError`; None if
            it has started, or may still do so.
        end: when and how the run of its log failed; None if it goes on, or did not fail.
        previous_end: when and how the run before ended; None if there was none.
        restarts: how often it was restarted, in words.
    """

    namespace: str
    pod: str
    name: str
    created: str
    is_failing: bool
    has_node: bool
    has_run_before: bool
    never_started: str | None = None
    end: str | None = None
    previous_end: str | None = None
    restarts: str = ""


@dataclass(frozen=True, slots=True)
class LoggedContainers:
    """The containers of a workload in the order in which they are shown.

    Args:
        workload: whose they are, as `Kind/name`.
        containers: of at most `max_pods` pods.
        scope: the namespaces that were read.
        pods_left_out: how many more pods there are.
        incomplete: by kind, why pods may be missing.
    """

    workload: str
    containers: tuple[LoggedContainer, ...]
    scope: Scope
    pods_left_out: int
    incomplete: dict[str, str] = field(default_factory=dict)


def find_containers(
    cluster: Cluster, workload: str, filters: Filters, *, container: str | None, max_pods: int
) -> LoggedContainers:
    """The containers of a workload's pods.

    Args:
        cluster: the connection.
        workload: as `Kind/name`, or a name that one workload or pod has.
        filters: where, and with which labels.
        container: only this one; None for all.
        max_pods: at most so many pods.

    Raises:
        InvalidSpecError: several workloads have this name, or no pod has such a container.
        NotFound: there is no such workload.
        PermissionDenied: pods may not be listed in any namespace.

    RBAC: list pods, and the kinds of their owners.
    """
    parts = workload.partition("/") if isinstance(workload, str) else ("", "", "")
    if not parts[0] or (parts[1] and not parts[2]):
        raise InvalidSpecError([Problem("workload", workload, "use Kind/name, for example 'Deployment/train'")])
    where, selector = filters.namespaces, filters.label_selector
    found, scope = list_visible(cluster, "Pod", namespaces=where, label_selector=selector)
    pods = as_read("Pod", found)
    starts = {(pod["metadata"]["namespace"], owner) for pod in pods if (owner := owner_of(pod["metadata"])) is not None}
    is_pod = parts[0] == "Pod" and bool(parts[2])
    chains = read_chains(cluster, set() if is_pod else starts, namespaces=None if scope == "cluster" else scope)
    links = [(pod, _links(pod, chains)) for pod in pods]
    known = {link for _, names in links for link in names}
    if not parts[2]:
        workload = _named(cluster, workload, known, [names[-1] for _, names in links], scope)
    chosen = [pod for pod, names in links if workload in names]
    if not chosen and not _exists(cluster, workload, scope):
        raise _not_found(workload, known, [names[-1] for _, names in links])
    chosen.sort(key=lambda pod: pod["metadata"].get("creationTimestamp") or "", reverse=True)
    chosen.sort(key=lambda pod: not any(each.is_failing for each in _containers(pod)))
    every = [each for pod in chosen[:max_pods] for each in _containers(pod, container)]
    if chosen and not every and container is not None:
        names = sorted({each.name for pod in chosen for each in _containers(pod, is_whole=True)})
        raise InvalidSpecError([Problem("container", container, f"use one of {', '.join(map(repr, names))}")])
    every.sort(key=lambda each: not each.is_failing)
    return LoggedContainers(workload, tuple(every), scope, max(0, len(chosen) - max_pods), dict(chains.incomplete))


def notes_on_pods(found: LoggedContainers, explain: Message) -> Iterator[Message]:
    """What to say where there are no pods, or more than are read.

    Args:
        found: the containers.
        explain: the call of `why` for this workload.
    """
    if not found.containers:
        values = {"workload": found.workload, "call": explain}
        yield Message("{workload} has no pods, so it has no logs; {call} says why", values)
    if found.pods_left_out:
        yield Message("{count} more pods are left out: {more_pods}", {"count": found.pods_left_out})


def why_call(filters: Filters, tenant: str | None, workload: str) -> Call:
    """The call of `why` for a workload, with the filters of the caller."""
    where = {} if tenant is not None or filters.namespaces is None else {"namespaces": list(filters.namespaces)}
    return Call("why", {"tenant": tenant, **where, "workload": workload})


def _links(pod: Manifest, chains: Chains) -> list[str]:
    """The pod and its owners up to the top-level one, as `Kind/name`."""
    metadata = pod["metadata"]
    owners = owners_of(metadata)
    above = chains.above(metadata["namespace"], owners[-1]) if owners else ()
    return [f"Pod/{metadata['name']}", *map(str, owners), *map(str, above)]


def _named(cluster: Cluster, name: str, links: Collection[str], roots: Collection[str], scope: Scope) -> str:
    """The only workload or pod with this name, as `Kind/name`.

    Raises:
        InvalidSpecError: several have it.
        NotFound: none has it.
    """
    found = named_workload(name, links)
    if found is None:
        others = [f"{kind}/{name}" for kind in _MADE_WITHOUT_PODS]
        exist = side_by_side(lambda link: _exists(cluster, link, scope), others)
        found = named_workload(name, (link for link, is_there in zip(others, exist, strict=True) if is_there))
    if found is None:
        raise _not_found(name, links, roots)
    return found


def _exists(cluster: Cluster, workload: str, scope: Scope) -> bool:
    """Whether a workload without pods exists, as far as it may be read."""
    kind, _, name = workload.partition("/")
    place = KINDS.get(kind)
    if place is None or not place.namespaced or kind in ("Pod", "Secret"):
        return False
    try:
        found, _ = list_visible(
            cluster,
            kind,
            namespaces=None if scope == "cluster" else scope,
            field_selector=f"metadata.name={name}",
        )
    except (PermissionDenied, NotFound):
        return False
    return bool(found)


def _not_found(workload: str, links: Collection[str], roots: Collection[str]) -> NotFound:
    """There is no such workload: a similar one, or else those that have pods."""
    near = similar_workload(workload, links)
    if near is not None:
        hint = Hint("did you mean {near!r}?", {"near": near})
    elif roots:
        hint = Hint("those with pods are {known}", {"known": first_of(sorted({*roots}), _NAMED)})
    else:
        hint = Hint("use Kind/name, for example 'Deployment/train'; {workloads} lists all workloads")
    what = f"there is no workload {workload!r} that has pods"
    return NotFound(what, status=404, operation="read the logs of", name=workload, hint=hint)


def _containers(pod: Manifest, only: str | None = None, *, is_whole: bool = False) -> Iterator[LoggedContainer]:
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    for names, statuses in _LISTS:
        known = {entry.get("name"): entry for entry in status.get(statuses) or ()}
        for each in spec.get(names) or ():
            name = str(each.get("name"))
            entry = known.get(name) or {}
            is_left_out = names == "initContainers" and _is_done(entry) and not is_whole
            if name == only or (only is None and not is_left_out):
                yield LoggedContainer(
                    namespace=metadata["namespace"],
                    pod=metadata["name"],
                    name=name,
                    created=metadata.get("creationTimestamp") or "",
                    is_failing=_is_failing(entry),
                    has_node=bool(spec.get("nodeName")),
                    has_run_before=_last(entry) is not None,
                    never_started=_never_started(entry),
                    end=_end(entry),
                    previous_end=None if (last := _last(entry)) is None else end_text(last),
                    restarts=restarts_text(entry),
                )


def _last(status: Manifest) -> Manifest | None:
    """How the run before ended; None if there was none."""
    return (status.get("lastState") or {}).get("terminated")


def _end(status: Manifest) -> str | None:
    """How the run that has the current log failed: of a container that waits for its restart, that is the last run."""
    state = status.get("state") or {}
    ended = state.get("terminated") or (_last(status) if "waiting" in state else None)
    return end_text(ended) if ended and ended.get("exitCode") else None


def _is_done(status: Manifest) -> bool:
    ended = (status.get("state") or {}).get("terminated")
    return ended is not None and not ended.get("exitCode")


def _never_started(status: Manifest) -> str | None:
    waiting = (status.get("state") or {}).get("waiting")
    if waiting is None or (status.get("lastState") or {}).get("terminated") is not None:
        return None
    reason = waiting.get("reason")
    return None if reason in _STARTING else reason


def _is_failing(status: Manifest) -> bool:
    state = status.get("state") or {}
    if (waiting := state.get("waiting")) is not None:
        return waiting.get("reason") not in _STARTING
    if (ended := state.get("terminated")) is not None:
        return bool(ended.get("exitCode"))
    last = (status.get("lastState") or {}).get("terminated") or {}
    return bool(last.get("exitCode")) and not status.get("ready")
