"""Events about objects, written by controllers and the scheduler in the two forms that Kubernetes has.

Controllers write the first form. A repeated event only increases `count`, and after nine different messages all others
are combined into one event. The scheduler names an `action`, and so writes the second form, with a series instead of a
count. Not implemented: the limit of 25 events per object and source, which would hide events from users.

Source: client-go's tools/record/events_cache.go and tools/events/event_broadcaster.go, 0.37.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.client.in_process import CONTROLLER_MANAGER, InProcessClient

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Store

EVENTS = find("", "v1", "events")
_MAX_SIMILAR = 10
_SIMILAR_WITHIN_S = 600
_log = logging.getLogger(__name__)


class EventRecorder:
    """Writes the events of one component.

    Args:
        store: the store to write to.
        component: the reporting component, such as `replicaset-controller`.
        account: its service account in `kube-system`, by default of the same name.
        manager: the field manager, by default that of the controllers.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.storage.store import Store
        >>> recorder = EventRecorder(Store(lambda: datetime.now(UTC)), "job-controller")
    """

    def __init__(self, store: Store, component: str, *, account: str = "", manager: str = CONTROLLER_MANAGER) -> None:
        self._store = store
        self._component = component
        self._client = InProcessClient(store, account or component, manager=manager)
        self._names: dict[tuple[str, ...], str] = {}
        self._similar: dict[tuple[str, ...], tuple[float, set[str]]] = {}

    def record(  # noqa: PLR0913 (the fields of an event)
        self,
        about: Manifest,
        reason: str,
        message: str,
        *,
        kind: Literal["Normal", "Warning"] = "Normal",
        field: str = "",
        action: str = "",
    ) -> None:
        """Write an event, or update the existing one if it is repeated.

        Args:
            about: the object that the event is about.
            reason: the reason, one word in CamelCase.
            message: the message.
            kind: the event's `type`.
            field: the field path of the object, such as `spec.containers{main}`.
            action: the action that was taken or failed; only for the second form.
        """
        regarding = _reference(about, field)
        same = (about["metadata"]["uid"], field, kind, reason)
        key: tuple[str, ...] = (*same, regarding["resourceVersion"] if action else message)
        if not action:
            message, key = self._combined(same, message, key)
        namespace = about["metadata"].get("namespace") or "default"
        live = self._store.get(EVENTS, self._names.get(key, ""), namespace)
        try:
            if live is None:
                event = self._new(about, namespace, regarding, action)
                created = self._client.create(EVENTS, {**event, "reason": reason, "message": message, "type": kind})
                self._names[key] = created["metadata"]["name"]
            else:
                self._repeat(live, message)
        except ApiError as error:  # such as a terminating namespace: client-go drops the event, too
            _log.debug("event %s of %s: %s", reason, about["metadata"]["name"], error)

    def _combined(self, same: tuple[str, ...], message: str, key: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """The message and key to use: those of the combined event after too many different messages in a short time."""
        now = self._store.clock().timestamp()
        last, messages = self._similar.get(same, (now, set()))
        messages = messages if now - last <= _SIMILAR_WITHIN_S else set()
        self._similar[same] = (now, messages)
        if len(messages | {message}) < _MAX_SIMILAR:
            messages.add(message)
            return message, key
        return f"(combined from similar events): {message}", same

    def _new(self, about: Manifest, namespace: str, regarding: Manifest, action: str) -> Manifest:
        now = self._store.clock()
        # The version makes the names of two events unique when the clock stands still.
        stamp = int(now.timestamp() * 1_000_000) * 1000 + self._store.resource_version
        name = f"{about['metadata']['name']}.{stamp:x}"
        event: Manifest = {"metadata": {"name": name, "namespace": namespace}, "involvedObject": regarding}
        event["reportingComponent"] = self._component
        if action:
            moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            return event | {"eventTime": moment, "action": action, "reportingInstance": f"{self._component}-sandbox"}
        times = dict.fromkeys(("firstTimestamp", "lastTimestamp"), timestamp(now))
        return event | times | {"count": 1, "source": {"component": self._component}}

    def _repeat(self, live: Manifest, message: str) -> None:
        now = self._store.clock()
        if not live.get("eventTime"):
            times = {"count": live["count"] + 1, "lastTimestamp": timestamp(now), "message": message}
            self._client.update(EVENTS, live, **times)
        elif not live.get("series"):  # further events of a series are written only every few minutes
            series = {"count": 2, "lastObservedTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
            self._client.update(EVENTS, live, series=series)


def _reference(about: Manifest, field: str) -> Manifest:
    metadata = about["metadata"]
    found = {"kind": about["kind"], "apiVersion": about["apiVersion"], "name": metadata["name"]}
    found |= {key: metadata[key] for key in ("namespace", "uid", "resourceVersion") if key in metadata}
    return found | ({"fieldPath": field} if field else {})
