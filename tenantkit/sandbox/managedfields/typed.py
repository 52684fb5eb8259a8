"""Checks that an applied object fits its type, with the messages of structured-merge-diff's typed/validate.go.

The real server, too, checks an apply by other code and with other messages than a create (codec.py). The merge keys of
lists are `Type.keys` of apimachinery/schema.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.go_text import go_syntax, go_text
from tenantkit.sandbox.managedfields.fieldpath import TypedError, element_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.sandbox.apimachinery.schema import Type

_EXPECTED = {"string": "string", "byte": "string", "boolean": "boolean"}
_NUMBERS = ("int32", "int64", "integer", "number", "double")


def check(kind: Type, value: Any) -> None:
    """Refuse wrong scalars, unknown fields and duplicate items.

    Raises:
        TypedError: all errors, in the server's words.
    """
    errors = list(_errors(kind, value, ""))
    if len(errors) == 1:
        raise TypedError(errors[0])
    if errors:
        raise TypedError("\n".join(["errors:", *(f"  {error}" for error in errors)]))


def _errors(kind: Type, value: Any, path: str) -> Iterator[str]:
    lead = f"{path}: " if path else ""
    if value is None or kind.name == "any":
        return
    if kind.form == "scalar":
        yield from (f"{lead}{error}" for error in _scalar_errors(kind.name, value))
    elif kind.form == "list":
        yield from _list_errors(kind, value, path)
    elif not isinstance(value, dict):
        yield f"{lead}expected map, got &{{{go_text(value)}}}"
    else:
        for name, item in value.items():
            inner = kind.child(name)
            if inner is None:
                yield f"{path}.{name}: field not declared in schema"
                return
            yield from _errors(inner, item, f"{path}.{name}")


def _list_errors(kind: Type, value: Any, path: str) -> Iterator[str]:
    lead = f"{path}: " if path else ""
    if not isinstance(value, list):
        yield f"{lead}expected list, got &{{{go_text(value)}}}"
        return
    seen = set[str]()
    for index, item in enumerate(value):
        try:
            element = element_of(kind, item) if kind.by != "atomic" else f"i:{index}"
        except TypedError as error:
            yield f"{lead}element {index}: {error}"
            return
        if element in seen:
            yield f"{lead}duplicate entries for key {spelled((element,))}"
        seen.add(element)
        yield from _errors(kind.item, item, path + spelled((element,)))


def _scalar_errors(name: str, value: Any) -> Iterator[str]:
    expected = _EXPECTED.get(name)
    if expected == "string" and not isinstance(value, str):
        yield f"expected string, got &value.valueUnstructured{{Value:{go_syntax(value)}}}"
    elif expected == "boolean" and not isinstance(value, bool):
        yield f"expected boolean, got &{{{go_text(value)}}}"
    elif name in _NUMBERS and isinstance(value, (dict, list)):
        what = "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"
        yield f"expected numeric (int or float), got {what}"
    elif expected is None and isinstance(value, (dict, list)):
        yield f"expected any scalar, got &{{{go_text(value)}}}"
    elif name in _NUMBERS and isinstance(value, (str, bool)):
        yield f"expected numeric (int or float), got {'string' if isinstance(value, str) else 'bool'}"
