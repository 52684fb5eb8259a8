"""JSON patch (RFC 6902), with the results of a real server.

Rejected alternative: the library jsonpatch. A real server adds a missing key on `replace` and counts negative indexes
from the end, which the library refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.schema import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping


class PatchFailedError(Exception):
    """An operation of a JSON patch can't be applied."""


def apply_operation(document: Any, operation: Mapping[str, Any]) -> Any:
    """Apply one operation of a JSON patch, as evanphx/json-patch does."""
    name, path = operation.get("op"), _pointer(operation.get("path"))
    if name == "test":
        if _get(document, path) != operation.get("value"):
            raise PatchFailedError
        return document
    if name in ("add", "replace"):
        if "value" not in operation:
            raise PatchFailedError
        return _put(document, path, operation["value"], insert=name == "add")
    if name == "remove":
        return _put(document, path, MISSING)
    if name in ("move", "copy"):
        source = _pointer(operation.get("from"))
        value = _get(document, source)
        return _put(_put(document, source, MISSING) if name == "move" else document, path, value, insert=True)
    raise PatchFailedError


def _pointer(text: Any) -> list[str]:
    """The keys of a JSON pointer."""
    if not isinstance(text, str) or not text.startswith("/"):
        raise PatchFailedError
    return [key.replace("~1", "/").replace("~0", "~") for key in text.split("/")[1:]]


def _get(document: Any, path: list[str]) -> Any:
    """The value at a path; None if the last key is missing, which the real server accepts."""
    for key in path:
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list):
            document = document[_index(key, len(document))]
        else:
            raise PatchFailedError
    return document


def _put(document: Any, path: list[str], value: Any, *, insert: bool = False) -> Any:
    """A copy of the document with the value at the path set, inserted or (MISSING) removed."""
    key, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest:
            if key not in document:
                raise PatchFailedError
            return {**document, key: _put(document[key], rest, value, insert=insert)}
        if value is not MISSING:
            return {**document, key: value}
        if key not in document:
            raise PatchFailedError
        return {name: item for name, item in document.items() if name != key}
    if not isinstance(document, list):
        raise PatchFailedError
    if not rest and insert:
        index = len(document) if key == "-" else _index(key, len(document) + 1)
        return [*document[:index], value, *document[index:]]
    index = _index(key, len(document))
    new: list[Any] = [] if value is MISSING else [value]
    changed = [_put(document[index], rest, value, insert=insert)] if rest else new
    return [*document[:index], *changed, *document[index + 1 :]]


def _index(key: str, length: int) -> int:
    """A list index; negative ones count from the end."""
    try:
        index = int(key)
    except ValueError as error:
        raise PatchFailedError from error
    index += length if index < 0 else 0
    if not 0 <= index < length:
        raise PatchFailedError
    return index
