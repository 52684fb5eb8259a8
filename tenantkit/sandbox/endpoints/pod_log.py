"""A pod's log: its options, the kubelet's errors, and the text.

The server itself checks the options and the container's name; the rest is the answer of the node's kubelet, whose
errors it passes on. Without a stand-in for the kubelets nobody answers.

Source: pkg/apis/core/validation (ValidatePodLogOptions), pkg/registry/core/pod/strategy.go, and of the kubelet
pkg/kubelet/kubelet_pods.go (validateContainerLogStatus) and pkg/kubelet/kuberuntime/logs, 1.37.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.codec import DecodeError, read_time
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request, invalid
from tenantkit.sandbox.apimachinery.resources import NODES, find
from tenantkit.sandbox.endpoints.request import flag, number

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.container_logs import ContainerLogs, WrittenLine
    from tenantkit.sandbox.storage.store import Event, Store

_PODS = find("", "v1", "pods")
_LISTS = ("containers", "initContainers", "ephemeralContainers")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_WAITING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


def check_log_options(query: Mapping[str, str], name: str) -> None:
    """Raise ApiError 400 for a wrong number or time, 422 for options out of range or that exclude each other."""
    least = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}
    sent = {option: number(query, option) for option in ("sinceSeconds", "tailLines", "limitBytes")}
    is_twice = sent["sinceSeconds"] is not None and _since_time(query) is not None
    causes = [
        Cause(
            option,
            f"Invalid value: {value}: must be greater than {'or equal to ' * (lowest == 0)}0",
            "FieldValueInvalid",
        )
        for option, lowest in least.items()
        if (value := sent[option]) is not None and value < lowest and not (is_twice and option == "sinceSeconds")
    ]
    if is_twice:
        why = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(Cause("[]", f"Forbidden: {why}", "FieldValueForbidden"))
    if causes:
        raise invalid("v1", "PodLogOptions", name, causes)


def chosen_container(query: Mapping[str, str], pod: Manifest) -> str:
    """The container; raises ApiError 400 for one that the pod does not have, or for none if it has several."""
    name, asked, spec = pod["metadata"]["name"], query.get("container", ""), pod["spec"]
    names = [container["name"] for part in _LISTS for container in spec.get(part) or ()]
    if asked and asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {name}")
    if not asked and len(spec["containers"]) != 1:
        every = " ".join(names)
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{every}]")
    return asked or str(spec["containers"][0]["name"])


def kubelet_address(store: Store, node: str) -> str:
    """The address of a node's kubelet; raises ApiError for a node that does not exist, or has no address."""
    found = store.get(NODES, node)
    if found is None:
        raise ApiError(code=404, reason="NotFound", message=f'nodes "{node}" not found', kind="nodes", name=node)
    addresses = (found.get("status") or {}).get("addresses") or ()
    if not addresses:
        raise ApiError(code=500, reason="", message="no preferred addresses found; known addresses: []")
    return f"{addresses[0]['address']}:10250"


def no_kubelet(address: str) -> ApiError:
    """500: no kubelet listens at a node's address."""
    return ApiError(code=500, reason="", message=f"dial tcp {address}: connect: connection refused")


@dataclass(frozen=True, slots=True)
class PodLog:
    """One container's log, as a kubelet sends it.

    Args:
        logs: where the lines are kept.
        store: the pods, and the clock.
        pod: as it is now.
        container: its name.
        query: the options, checked before.
    """

    logs: ContainerLogs
    store: Store
    pod: Manifest
    container: str
    query: Mapping[str, str]

    def whole(self) -> bytes:
        """The log up to now; raises ApiError 400 if the container has none."""
        text = b"".join(map(self._bytes, self._chosen(self._lines())))
        limit = number(self.query, "limitBytes")
        return text if limit is None else text[:limit]

    def check(self) -> None:
        """Raise ApiError 400 if the container has no log."""
        _is_previous(self.pod, self.container, previous=flag(self.query, "previous"))

    async def followed(self, ended: asyncio.Event) -> AsyncIterator[bytes]:
        """The log up to now, and each further line, until the container or the pod ends, or the limit is reached."""
        changes: asyncio.Queue[None] = asyncio.Queue()
        uid = self.pod["metadata"]["uid"]
        is_over = not self._is_running(self.pod)

        def seen(event: Event) -> None:
            nonlocal is_over
            if event.resource is _PODS and event.manifest["metadata"]["uid"] == uid:
                is_over = event.type == "DELETED" or not self._is_running(event.manifest)
                changes.put_nowait(None)

        unsubscribe = self.store.subscribe(seen)
        try:
            left, lines = number(self.query, "limitBytes"), self._lines()
            sent, new = len(lines), self._chosen(lines)
            while True:
                text = b"".join(map(self._bytes, new))[:left]
                yield text
                left = None if left is None else left - len(text)
                if left == 0 or is_over or not await _either(changes, ended):
                    return
                lines = self._lines()
                sent, new = len(lines), lines[sent:]
        finally:
            unsubscribe()

    def _is_running(self, pod: Manifest) -> bool:
        return "running" in (_status_of(pod, self.container).get("state") or {}) and not flag(self.query, "previous")

    def _lines(self) -> list[WrittenLine]:
        previous = _is_previous(self.pod, self.container, previous=flag(self.query, "previous"))
        return [*self.logs.lines(self.pod, self.container, previous=previous)]

    def _chosen(self, lines: list[WrittenLine]) -> list[WrittenLine]:
        tail = number(self.query, "tailLines")
        lines = lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]
        since = self._since()
        return lines if since is None else [line for line in lines if line.written >= since]

    def _since(self) -> datetime | None:
        seconds = number(self.query, "sinceSeconds")
        return _since_time(self.query) if seconds is None else self._seconds_ago(seconds)

    def _seconds_ago(self, seconds: int) -> datetime | None:
        try:
            return self.store.clock() - timedelta(seconds=seconds)
        except OverflowError:
            return None

    def _bytes(self, line: WrittenLine) -> bytes:
        text = f"{line.text}\n"
        if flag(self.query, "timestamps"):
            text = f"{line.written:%Y-%m-%dT%H:%M:%S}.{line.written.microsecond * 1000:09}Z {text}"
        return text.encode("utf-8", "surrogatepass")


def _since_time(query: Mapping[str, str]) -> datetime | None:
    try:
        return read_time(query["sinceTime"]) if query.get("sinceTime") else None
    except DecodeError as error:
        raise bad_request(str(error)) from error


async def _either(changes: asyncio.Queue[None], ended: asyncio.Event) -> bool:
    """Wait for a change or the end; whether it was a change."""
    waits = [asyncio.ensure_future(changes.get()), asyncio.ensure_future(ended.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return not ended.is_set()


def _status_of(pod: Manifest, container: str) -> Manifest:
    status = pod.get("status") or {}
    found = (entry for part in _STATUSES for entry in status.get(part) or () if entry["name"] == container)
    return next(found, {})


def _is_previous(pod: Manifest, container: str, *, previous: bool) -> bool:
    """Whether the log is that of the previous run; raises ApiError 400, in the kubelet's words, if there is none."""
    name, status = pod["metadata"]["name"], _status_of(pod, container)
    which = f'container "{container}" in pod "{name}"'
    if not status:
        raise bad_request(f"{which} is not available")
    state, has_run = status.get("state") or {}, (status.get("lastState") or {}).get("terminated") is not None
    if previous and not has_run:
        raise bad_request(f"previous terminated {which} not found")
    if previous or not ({"running", "terminated"} & state.keys()):
        if has_run:
            return True
        reason = (state.get("waiting") or {}).get("reason") or ""
        lead = f"{which} is waiting to start"
        raise bad_request(f"{lead}: {_WAITING.get(reason, reason)}" if "waiting" in state else f"{lead} - no logs yet")
    return False
