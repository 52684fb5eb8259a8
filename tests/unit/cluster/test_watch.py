"""Watches: their events, how they resume, when they end; on a scripted transport, which disconnects on purpose."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.http import liveness
from tenantkit.cluster.http.retries import Retries
from tenantkit.cluster.http.transport import TransportError
from tenantkit.cluster.requests import watch as watching
from tenantkit.cluster.requests.list import Selection
from tenantkit.cluster.requests.watch import WatchEvent
from tenantkit.exceptions import ClusterUnavailable, PermissionDenied
from tenantkit.rules.kinds import kind_of
from tests.unit.cluster.seam import Lines, Script, answer, session, status

if TYPE_CHECKING:
    from collections.abc import Iterator

TOO_OLD = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
HEAD = {"apiVersion": "v1", "kind": "ConfigMap"}
SELECTION = Selection(kind_of("ConfigMap"), "vision", "x=1")


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "RESUMES", Retries(attempts=9, first_pause_s=0.001, longest_pause_s=0.001))


def item(name: str, version: int, uid: str | None = None) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "vision", "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {**HEAD, "metadata": metadata, "data": {"at": str(version)}}


def seen(kind: str, name: str, version: int) -> dict[str, Any]:
    return {"type": kind, "object": item(name, version)}


def bookmark(version: int) -> dict[str, Any]:
    return {"type": "BOOKMARK", "object": {**HEAD, "metadata": {"resourceVersion": str(version)}}}


def listed(version: int, *items: dict[str, Any]) -> Any:
    bare = [{key: value for key, value in one.items() if key not in HEAD} for one in items]
    return answer(200, {"metadata": {"resourceVersion": str(version)}, "items": bare})


def reported(script: Script, stop: threading.Event, **options: Any) -> list[tuple[str, str, str | None]]:
    """Type, name and version of each event; the script's last stream sets `stop`."""
    events = watching.watch(session(script), SELECTION, stop=stop, **options)
    return [(event.type, event.manifest["metadata"]["name"], version_of(event)) for event in events]


def version_of(event: WatchEvent) -> str | None:
    version: str | None = event.manifest["metadata"].get("resourceVersion")
    return version


def test_existing_objects_are_reported_first_and_then_changes() -> None:
    stop = threading.Event()
    script = Script(
        listed(5, item("a", 3)),
        Lines([seen("MODIFIED", "a", 6), seen("ADDED", "b", 7), seen("DELETED", "a", 8), stop.set]),
    )

    assert reported(script, stop) == [
        ("ADDED", "a", "3"),
        ("MODIFIED", "a", "6"),
        ("ADDED", "b", "7"),
        ("DELETED", "a", "8"),
    ]
    assert script.query() == {
        "labelSelector": "x=1",
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "5",
        "timeoutSeconds": "300",
    }


def test_events_have_the_whole_object_with_its_kind() -> None:
    stop = threading.Event()
    events = watching.watch(session(Script(listed(5, item("a", 3)), Lines([stop.set]))), SELECTION, stop=stop)

    assert list(events) == [WatchEvent("ADDED", item("a", 3))]


def test_a_watch_from_a_version_lists_nothing() -> None:
    stop = threading.Event()
    script = Script(Lines([seen("MODIFIED", "a", 6), stop.set]))

    assert reported(script, stop, resource_version="5") == [("MODIFIED", "a", "6")]
    assert script.query()["resourceVersion"] == "5"


@pytest.mark.parametrize(
    "cut", [[], [TransportError("reset")], [TransportError("timeout")], [TransportError("garbled")], ["no event"]]
)
def test_a_stream_that_ends_is_resumed_at_its_version(cut: list[Any]) -> None:
    stop = threading.Event()
    script = Script(
        Lines([seen("ADDED", "a", 6), bookmark(9), *cut]),
        TransportError("refused"),
        Lines([seen("ADDED", "b", 10), stop.set]),
    )

    assert reported(script, stop, resource_version="5") == [("ADDED", "a", "6"), ("ADDED", "b", "10")]
    assert [script.query(number)["resourceVersion"] for number in range(3)] == ["5", "9", "9"]


@pytest.mark.parametrize("too_old", [Lines([TOO_OLD]), Lines([TOO_OLD["object"]], status=410)], ids=["event", "answer"])
def test_the_changes_in_between_are_reported_after_a_410(too_old: Lines) -> None:
    stop = threading.Event()
    first = [
        seen("ADDED", "stays", 6),
        seen("ADDED", "changes", 7),
        seen("ADDED", "goes", 8),
        seen("ADDED", "again", 9),
    ]
    now = [item("stays", 6), item("changes", 20), item("again", 21, "uid-new"), item("comes", 22)]
    script = Script(Lines(first), too_old, listed(30, *now), Lines([seen("MODIFIED", "comes", 31), stop.set]))

    assert reported(script, stop, resource_version="5")[4:] == [
        ("DELETED", "goes", "8"),
        ("MODIFIED", "changes", "20"),
        ("DELETED", "again", "9"),
        ("ADDED", "again", "21"),
        ("ADDED", "comes", "22"),
        ("MODIFIED", "comes", "31"),
    ]
    assert script.query()["resourceVersion"] == "30"


def test_a_missed_deletion_of_the_one_object_is_reported() -> None:
    stop = threading.Event()
    script = Script(Lines([TOO_OLD]), listed(30), Lines([stop.set]))
    events = watching.watch(session(script), SELECTION, name="a", resource_version="5", stop=stop)

    assert list(events) == [WatchEvent("DELETED", {**HEAD, "metadata": {"name": "a", "namespace": "vision"}})]
    assert script.query()["fieldSelector"] == "metadata.name=a"


def test_nothing_is_reported_until_the_one_object_exists() -> None:
    stop = threading.Event()
    script = Script(listed(5), Lines([TOO_OLD]), listed(30), Lines([seen("ADDED", "a", 31), stop.set]))

    assert reported(script, stop, name="a") == [("ADDED", "a", "31")]


def test_a_failure_at_the_start_is_raised_at_once() -> None:
    with pytest.raises(ClusterUnavailable):
        list(watching.watch(session(Script(TransportError("refused"))), SELECTION))


def test_a_watch_gives_up_after_nine_failures() -> None:
    script = Script(Lines([]), *[TransportError("refused")] * 9)

    with pytest.raises(ClusterUnavailable, match="could not watch ConfigMap in 'vision'"):
        list(watching.watch(session(script), SELECTION, resource_version="5"))
    assert len(script.requests) == 9


def test_a_timeout_while_disconnected_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def refuse_too_late() -> TransportError:
        now[0] = 11.0
        return TransportError("refused")

    with pytest.raises(ClusterUnavailable):
        list(watching.watch(session(Script(Lines([]), refuse_too_late)), SELECTION, resource_version="5", timeout_s=10))


def test_a_denial_ends_a_watch() -> None:
    refused = Lines([{"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}], status=403)
    with pytest.raises(PermissionDenied, match="may not watch ConfigMap in 'vision'"):
        list(watching.watch(session(Script(refused)), SELECTION, resource_version="5"))
    with pytest.raises(PermissionDenied, match="may not list ConfigMap in 'vision'"):
        list(watching.watch(session(Script(status(403, "Forbidden", "no"))), SELECTION))


def test_a_watch_survives_a_server_error_in_a_stream() -> None:
    stop = threading.Event()
    error = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd"}}
    script = Script(Lines([seen("ADDED", "a", 6), error]), Lines([seen("ADDED", "b", 7), stop.set]))

    assert reported(script, stop, resource_version="5") == [("ADDED", "a", "6"), ("ADDED", "b", "7")]


def test_a_watch_that_is_abandoned_closes_its_connection() -> None:
    stream = Lines([seen("ADDED", "a", 6), seen("ADDED", "b", 7)])
    events = watching.watch(session(Script(stream)), SELECTION, resource_version="5")
    next(events)
    events.close()  # type: ignore[attr-defined]

    assert stream.was_closed


def test_a_watch_that_is_stopped_before_it_starts_sends_nothing() -> None:
    stop = threading.Event()
    stop.set()
    script = Script()

    assert reported(script, stop) == []
    assert script.requests == []


def test_a_watch_reconnects_if_a_silent_server_does_not_answer() -> None:
    stop, errors, silent = threading.Event(), list[str](), Silent()
    at = session(Script(silent, Lines([seen("ADDED", "a", 6), stop.set])))
    at.liveness = LostOnce(at.is_answering)

    events = watching.watch(
        at, SELECTION, resource_version="5", stop=stop, on_connection_change=lambda error: errors.append(str(error))
    )

    assert [event.manifest["metadata"]["name"] for event in events] == ["a"]
    assert silent.was_closed
    assert ["silent" in error for error in errors] == [False, True, False]


def test_a_server_is_lost_only_if_it_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "EVERY_S", 0.0)
    cut = TransportError("timeout")
    script = Script(status(403, "Forbidden", "no"), cut, answer(200), cut, TransportError("busy"), cut, cut)
    felt, seen_to_be = liveness.Liveness(session(script).is_answering), []

    for _ in range(4):
        felt.is_lost()
        for thread in threading.enumerate():
            if thread.name == liveness.THREAD_NAME:
                thread.join()
        seen_to_be.append(felt._is_lost)

    assert seen_to_be == [False, False, False, True]
    assert {path for _, path in script.asked} == {"/version"}
    felt.heard()
    monkeypatch.setattr(liveness, "EVERY_S", 3600.0)
    assert not felt.is_lost()


class LostOnce(liveness.Liveness):
    """A liveness that is not felt the first time."""

    def is_lost(self) -> bool:
        before, self._is_lost = self._known_at, False
        self._known_at = -1.0
        return before != self._known_at

    def heard(self) -> None:
        """Whatever is heard, it is there."""


class Silent(Lines):
    """A stream on which nothing comes, until it is shut."""

    def __init__(self) -> None:
        super().__init__([])
        self._shut = threading.Event()

    def lines(self) -> Iterator[bytes]:
        assert self._shut.wait(30)
        yield from ()

    def shut(self) -> None:
        super().shut()
        self._shut.set()
