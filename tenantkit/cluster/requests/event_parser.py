"""One line of a watch as an event. An object that cannot be parsed is named, so that the watch goes on behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from tenantkit.cluster.http.json_spans import members
from tenantkit.cluster.http.parsing import parse_object
from tenantkit.cluster.requests.unreadable import UnreadableObject, identity_of, reason_of, without_managers

if TYPE_CHECKING:
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

_TYPES = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"})


class ParsedEvent(NamedTuple):
    """The type of an event, its object, and why that could not be parsed, if so."""

    type: str
    item: Manifest
    unreadable: UnreadableObject | None = None


def parse_event(line: bytes, kind: Kind) -> ParsedEvent:
    """The event of a line.

    Args:
        line: of a watch.
        kind: the kind that is watched.

    Raises:
        ValueError: it is not an event.
    """
    try:
        event = parse_object(line)
    except ValueError:
        event = _event_in_parts(line, kind)
    name, item = event.get("type"), event.get("object")
    if name not in _TYPES or not isinstance(item, dict):
        raise ValueError("a line of the watch is not an event")
    if name == "ERROR":
        return ParsedEvent(name, item)
    metadata = item.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("resourceVersion"), str):
        raise ValueError("an object of the watch has no version")  # noqa: TRY004 (one class for all)
    if name != "BOOKMARK" and not isinstance(metadata.get("name"), str):
        raise ValueError("an object of the watch has no name")
    return ParsedEvent(name, item, event.get("unreadable"))


def _event_in_parts(line: bytes, kind: Kind) -> Manifest:
    """The event of a line that cannot be parsed as a whole, if need be with only the object's identity."""
    spans = dict(members(line))
    if not {"type", "object"} <= spans.keys():
        raise ValueError("a line of the watch is not an event")
    (first, last), (start, end) = spans["type"], spans["object"]
    part = line[start:end]
    event: Manifest = {"type": orjson.loads(line[first:last])}
    try:
        return event | {"object": parse_object(without_managers(part, ("metadata",)))}
    except ValueError:
        identity = identity_of(part)
    unreadable = UnreadableObject(kind.kind, identity.get("namespace"), identity.get("name"), reason_of(part))
    return event | {
        "object": {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": identity},
        "unreadable": unreadable,
    }
