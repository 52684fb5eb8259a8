"""Shapes: the fields of an object that are read, and their types, so that one odd object costs its cells only.

The server keeps the types of Kubernetes' own kinds. Custom kinds, aggregated APIs and null keep no promise, and one
such object must not hide all others. What does not have its type is read as missing. msgspec checks an object in
microseconds; only an odd one is then copied without its odd values. Rejected alternative: to catch any error while a
row is made, which hides our own mistakes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Required, get_args, get_origin

import msgspec
from typing_extensions import get_type_hints, is_typeddict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

# A quantity of any size that occurs; the longest numbers would take long to compute.
_QUANTITY = r"^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-5]?[0-9])?$"
QuantityText = Annotated[str, msgspec.Meta(pattern=_QUANTITY)]
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


def fitted(manifest: Manifest, shape: type) -> Manifest:
    """The object itself, if it has this shape; else a copy without the values that do not.

    Args:
        manifest: an object as a server returned it.
        shape: a TypedDict of the fields that are read. Required ones are filled in with an empty value.

    Example:
        >>> from typing_extensions import TypedDict
        >>> fitted({"name": "web", "ports": None}, TypedDict("Shape", {"ports": list[int]}, total=False))
        {'name': 'web'}
    """
    if _has(manifest, shape):
        return manifest
    found: Manifest = _fitted_struct(manifest, shape)
    return found


_ODD: Any = object()


def _has(value: Any, shape: Any) -> bool:
    if shape is msgspec.Raw:
        return True  # read later, by whoever needs it
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return False
    return True


def _fitted_struct(value: dict[Any, Any], shape: Any) -> Any:
    """A copy without odd values; `_ODD` if it lacks a field that has no empty value."""
    fields = _fields(shape)
    copied = {key: each for key, each in value.items() if key not in fields}
    for key, (inner, is_required) in fields.items():
        if key in value and (found := _fitted(value[key], inner)) is not _ODD:
            copied[key] = found
        elif is_required:
            copied[key] = _empty(inner)
    return _ODD if any(each is _ODD for each in copied.values()) else copied


def _fitted(value: Any, shape: Any) -> Any:
    """The value without what does not have this shape; `_ODD` if nothing is left of it."""
    if _has(value, shape):
        return value
    if is_typeddict(shape):
        return _fitted_struct(value, shape) if isinstance(value, dict) else _ODD
    if get_origin(shape) is list and isinstance(value, list):
        [inner] = get_args(shape)
        return [found for each in value if (found := _fitted(each, inner)) is not _ODD]
    if get_origin(shape) is dict and isinstance(value, dict):
        _, inner = get_args(shape)
        found_by_key = {key: _fitted(each, inner) for key, each in value.items() if isinstance(key, str)}
        return {key: found for key, found in found_by_key.items() if found is not _ODD}
    return _ODD


@lru_cache(maxsize=512)
def _fields(shape: Any) -> dict[str, tuple[Any, bool]]:
    """The fields of a TypedDict: their types, and whether each is required."""
    hints = get_type_hints(shape, include_extras=True)
    return {name: (get_args(hint)[0], True) if _is_required(hint) else (hint, False) for name, hint in hints.items()}


def _is_required(hint: Any) -> bool:
    return get_origin(hint) is Required


def _empty(shape: Any) -> Any:
    if is_typeddict(shape):
        return _fitted_struct({}, shape)
    if get_origin(shape) is Literal:
        return _ODD
    plain: Callable[[], Any] = get_args(shape)[0] if get_origin(shape) is Annotated else get_origin(shape) or shape
    return plain()
