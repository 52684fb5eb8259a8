"""Pages of which only some fields are needed: parsed without making Python objects of the rest.

Managed fields alone are two thirds of a quota's bytes. msgspec makes no Python object of what the types do not name. A
field of type `msgspec.Raw` stays bytes, for values that repeat from object to object. Rejected alternatives: asking the
server for less, which can leave out all fields or none; pydantic, which takes twice the time; orjson, which parses
whole objects. See docs/decisions/0011-msgspec-for-projected-lists.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.http.parsing import parse_object
from tenantkit.rules.shapes import fitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest


@lru_cache(maxsize=64)
def page_parser(fields: type) -> Callable[[bytes | bytearray], Manifest]:
    """A parser of a list's pages that parses at least these fields of each item.

    Args:
        fields: a TypedDict from `typing_extensions`, of types that are themselves TypedDicts, dicts, lists or plain.

    Returns:
        A function like `parse_object`. A value of another type, such as null where the types name a dict, is not an
        error: such a page is parsed whole, and its items are without those values (`rules/shapes.py`).
    """
    import msgspec
    from typing_extensions import TypedDict

    page = {"items": list[fields], "metadata": dict[str, Any]}  # type: ignore[valid-type]
    page_type = TypedDict("page_type", page, total=False)  # type: ignore[misc]
    decode = msgspec.json.Decoder(page_type).decode

    def parse(body: bytes | bytearray) -> Manifest:
        try:
            parsed: Manifest = decode(body)  # type: ignore[assignment]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return without_odd_values(parse_object(body), fields)
        return parsed

    return parse


def without_odd_values(page: Manifest, fields: type) -> Manifest:
    """A page whose objects have no values of other types than `fields` names."""
    items = page.get("items")
    if not isinstance(items, list):
        return page
    return {**page, "items": [fitted(item, fields) if isinstance(item, dict) else item for item in items]}
