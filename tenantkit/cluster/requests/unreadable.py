"""Objects that the client cannot parse: named and skipped, so that one of them does not hide the others of a list.

An API server stores objects that are nested deeper than parsers go, such as `managedFields` of 1,100 levels, which
anyone who may write the object can set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from tenantkit.cluster.http.json_spans import DEEPEST, depth, elements, members
from tenantkit.cluster.http.parsing import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.rules.manifest import Manifest

_Item = TypeVar("_Item")

_IDENTITY = ("name", "namespace", "uid", "resourceVersion")
_MANAGED_FIELDS = "managedFields"


@dataclass(frozen=True, slots=True)
class UnreadableObject:
    """An object that exists, and that the client cannot parse.

    Args:
        kind: its kind.
        namespace: its namespace; None for kinds that are not namespaced, and where it cannot be read.
        name: its name; None where even that cannot be read.
        reason: why, as a clause: `is nested deeper than 1,024 levels`.

    Example:
        >>> print(UnreadableObject("Pod", "vision", "x", "is nested deeper than 1,024 levels"))
        Pod 'x' in 'vision' is nested deeper than 1,024 levels
    """

    kind: str
    namespace: str | None
    name: str | None
    reason: str

    def __str__(self) -> str:
        which = f" {self.name!r}" if self.name else " without a readable name"
        where = f" in {self.namespace!r}" if self.namespace else ""
        return f"{self.kind}{which}{where} {self.reason}"


class ObjectList(list[_Item]):
    """The objects of a list, or what was read of each, and the objects that could not be parsed.

    Attributes:
        unreadable: the objects that are missing here because they could not be parsed; usually none.

    Example:
        >>> cluster.list("Namespace").unreadable
        ()
    """

    __slots__ = ("unreadable",)

    def __init__(self, items: Iterable[_Item] = (), *, unreadable: Iterable[UnreadableObject] = ()) -> None:
        super().__init__(items)
        self.unreadable = tuple(unreadable)


def unreadable_in(found: Iterable[object]) -> tuple[UnreadableObject, ...]:
    """The unreadable objects of a list; none of a plain list."""
    return found.unreadable if isinstance(found, ObjectList) else ()


def parse_each(
    body: bytes | bytearray, kind: str, *, key: str = "items", metadata_without_managers: Sequence[str] = ()
) -> Manifest:
    """A list's page, object by object: for a page that cannot be parsed as a whole.

    Args:
        body: the page.
        kind: the kind of the objects.
        key: where the page has them: `items`, or `rows` of a Table.
        metadata_without_managers: the path of an object's metadata, for readers that do not need its managed fields,
            which then do not have to be parsed.

    Returns:
        The page; in place of an object that cannot be parsed, it has an UnreadableObject.

    Raises:
        ValueError: it is not a list.
    """
    page: Manifest = {}
    for name, (start, end) in members(body):
        if name == key and body[start : start + 1] == b"[":
            parts = (bytes(body[first:last]) for first, last in elements(body, start))
            page[name] = [_parsed(part, kind, metadata_without_managers) for part in parts]
        else:
            page[name] = orjson.loads(body[start:end])
    return page


def identity_of(part: bytes | bytearray) -> dict[str, Any]:
    """The name, namespace, uid and version of an object, as far as they can be read."""
    found: dict[str, Any] = {}
    try:
        spans = dict(members(part))
        start = (spans.get("metadata") or dict(members(part, spans["object"][0]))["metadata"])[0]  # a row has an object
        for key, (first, last) in members(part, start):
            if key in _IDENTITY:
                value = orjson.loads(part[first:last])
                if isinstance(value, str):
                    found[key] = value
    except (ValueError, LookupError):
        pass  # then only these are known
    return found


def reason_of(part: bytes | bytearray) -> str:
    """Why an object could not be parsed."""
    if depth(part) > DEEPEST:
        return f"is nested deeper than {DEEPEST:,} levels"
    return "is not valid JSON of a Kubernetes object"


def _parsed(part: bytes, kind: str, metadata: Sequence[str]) -> Manifest | UnreadableObject:
    try:
        return parse_object(without_managers(part, metadata) if metadata else part)
    except ValueError:
        identity = identity_of(part)
        return UnreadableObject(kind, identity.get("namespace"), identity.get("name"), reason_of(part))


def without_managers(part: bytes, metadata: Sequence[str]) -> bytes:
    """An object without its managed fields; `metadata` is the path of its metadata.

    Raises:
        ValueError: it is not an object.
    """
    start = 0
    for key in (*metadata, _MANAGED_FIELDS):
        start, end = dict(members(part, start)).get(key, (-1, -1))
        if start < 0:
            return part
    return part[:start] + b"[]" + part[end:]
