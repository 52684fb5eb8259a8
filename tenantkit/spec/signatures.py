"""The signature of a spec, as Shift+Tab and `help` show it: field names, plain types and short defaults.

Pydantic's own signature names aliases and validators, and is 3,000 characters long for a Platform.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_DEFAULT_LIMIT = 120
_PLAIN_NAMES = {"AwareDatetime": "datetime"}


class _Text:
    """Something whose repr is the text: `inspect` shows annotations and defaults by their repr."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def spec_signature(fields: Mapping[str, FieldInfo]) -> Signature:
    """The signature of a spec with these fields, all of them keyword-only."""
    return Signature([_parameter(name, field) for name, field in fields.items()])


def type_text(annotation: Any) -> str:
    """A type as a reader writes it: `str | None`, `Sequence[Route]`, without validators and module names."""
    if annotation is None or annotation is type(None):
        return "None"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        name = getattr(annotation, "__name__", str(annotation))
        return _PLAIN_NAMES.get(name, name)
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    texts = [type_text(argument) for argument in arguments if argument is not Ellipsis]
    if origin in (typing.Union, types.UnionType):
        return " | ".join(texts)
    if origin is typing.Annotated:
        return texts[0]
    name = "Sequence" if origin is tuple else origin.__name__  # any sequence is accepted
    return f"{name}[{', '.join(texts)}]"


def _parameter(name: str, field: FieldInfo) -> Parameter:
    default = Parameter.empty if field.is_required() else _Text(_default_text(field.default))
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=_annotation(field))


def _annotation(field: FieldInfo) -> Any:
    is_plain = isinstance(field.annotation, type) and typing.get_origin(field.annotation) is None
    text = type_text(field.annotation)
    return field.annotation if is_plain and text in ("str", "int", "bool") else _Text(text)


def _default_text(default: Any) -> str:
    """The repr of a default; of specs, and of mappings to specs, only an outline."""
    text = repr(default)
    if len(text) <= _DEFAULT_LIMIT and "(" not in text[1:]:
        return text
    if isinstance(default, Mapping):
        return "{" + ", ".join(f"{key!r}: ..." for key in default) + "}"
    if isinstance(default, tuple):
        return text
    return f"{type(default).__name__}()"
