"""Pages of which only some fields are needed: parsed without making the rest, which is most of an object.

Managed fields alone are two thirds of a quota's bytes. pydantic's parser makes no Python object of what the types don't
name, and one text of each that comes again; so 10,000 quotas are read in the time that orjson takes to parse them.
Turned down: asking the server for less, which can leave out all fields or none; msgspec, which is as fast and one
package more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.http.parsing import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest


@lru_cache(maxsize=64)
def page_parser(parts: type) -> Callable[[bytes | bytearray], Manifest]:
    """A parser of a list's pages that makes at least these parts of each item.

    Args:
        parts: a TypedDict from `typing_extensions`, of types that are themselves TypedDicts, dicts, lists or plain.

    Returns:
        A function as `parse_object`. What does not fit the types, such as null where they name a dict, is no error:
        live objects are read as they are. Such a page is parsed whole.
    """
    from pydantic import TypeAdapter, ValidationError
    from typing_extensions import TypedDict

    class Page(TypedDict, total=False):
        items: list[parts]  # type: ignore[valid-type]
        metadata: dict[str, Any]

    validate = TypeAdapter(Page).validate_json

    def parse(body: bytes | bytearray) -> Manifest:
        try:
            page: Manifest = validate(body)  # type: ignore[assignment]
        except ValidationError:
            return parse_object(body)
        return page

    return parse
