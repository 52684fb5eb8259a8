"""Decodes objects as the server's Go types do: unknown fields are dropped, and values are canonical.

A client does not get back exactly what it sent: nulls and most empty values are dropped, `status: {}` is added, and
`1000m` becomes `1`. The rules are part of the generated schemas (`zero`). Rejected alternative: storing objects as they
were sent, because comparisons of sent and stored objects would then differ from a real server's.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tenantkit.rules.quantities import stored_quantity
from tenantkit.sandbox.apimachinery.apiextensions import is_custom, json_schema, pruned
from tenantkit.sandbox.apimachinery.json_text import DeepList, Number, Repeated
from tenantkit.sandbox.apimachinery.schema import schema_of, type_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.schema import StructField, Type

_QUANTITY = re.compile(r"[+-]?[0-9.]++[eEinumkKMGTP]*+[-+]?[0-9]*+")  # possessive: linear in the text's length
_QUANTITY_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*+\.?[0-9]*+")
_ZERO: dict[str, Any] = {
    "boolean": False,
    "quantity": "0",
    "resource-quantity": "0",
    "date-time": None,
    "micro-time": None,
    "any": None,
}
_POINTERS = frozenset({"keep", "null"})
_DECODE_THEMSELVES = frozenset({"int-or-string", "date-time", "micro-time"})
_INTEGERS = {"int32": 2**31, "int64": 2**63, "integer": 2**63, "int-or-string": 2**31}
_WORDS = {
    bool: "bool",
    int: "number",
    float: "number",
    Number: "number",
    str: "string",
    list: "array",
    DeepList: "array",
}


class DecodeError(ValueError):
    """A value that does not fit the server's Go type; the message is the server's."""


class _DeferredError(DecodeError):
    """An error that is raised after the whole object has been decoded, unless another error ends decoding first."""


@dataclass(slots=True)
class _Walk:
    """The unknown fields and the first deferred error of one object."""

    unknown: list[str] = field(default_factory=list)
    deferred: _DeferredError | None = None

    def repeated(self, value: Any, path: str) -> None:
        """Report the duplicate fields of an object along with its unknown fields."""
        if isinstance(value, Repeated):
            self.unknown += [f'duplicate field "{path}{name}"' for name in value.fields]


def decode(manifest: Manifest, api_version: str, kind: str) -> tuple[Manifest, list[str]]:
    """An object as the server stores it if it is valid.

    Args:
        manifest: the object as it was sent; it is not changed.
        api_version: the apiVersion to decode it as, whatever the object says.
        kind: the kind to decode it as.

    Returns:
        A new object, and its unknown fields in the server's words: `unknown field "spec.foo"`.

    Raises:
        DecodeError: a value has the wrong type; the message is the server's, without its first words.
        LookupError: the sandbox does not serve that kind.
    """
    walk = _Walk()
    kind_type = schema_of(api_version, kind)
    if is_custom(api_version):
        return _custom(kind_type, manifest, walk, (api_version, kind)), walk.unknown
    found: Manifest = _struct(kind_type, manifest, walk, "", "")
    if walk.deferred:
        raise walk.deferred
    if (manifest.get("metadata") or {}).get("managedFields") == []:
        found["metadata"]["managedFields"] = []  # an empty list resets them, an absent field does not
    return {"apiVersion": api_version, "kind": kind} | found, walk.unknown


def decode_options(kind: str, value: Manifest) -> Manifest:
    """The options of a request, such as `DeleteOptions`, from a body; unknown fields are dropped.

    Raises:
        DecodeError: a value has the wrong type; the message is the server's.
    """
    walk = _Walk()
    found: Manifest = _struct(type_named(f"io.k8s.apimachinery.pkg.apis.meta.v1.{kind}"), value, walk, "", "")
    if walk.deferred:
        raise walk.deferred
    return found


def _custom(kind: Type, manifest: Manifest, walk: _Walk, of: tuple[str, str]) -> Manifest:
    """An object of a kind that is defined by its schema only; just its metadata has a Go type."""
    metadata_type = kind.fields["metadata"].type
    sent = manifest.get("metadata") or {}
    if not isinstance(sent, dict):
        raise _wrong(sent, "v1.ObjectMeta", f"{of[1]}.metadata")
    metadata = _struct(metadata_type, sent, walk, "metadata.", "")
    specific = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind", "metadata"}}
    found: Manifest = pruned(json_schema(*of), specific, walk.unknown)
    walk.unknown.sort()
    return {"apiVersion": of[0], "kind": of[1], "metadata": metadata} | found


def canonical(manifest: Manifest) -> Manifest:
    """`decode` as the kind that the object names, without its unknown fields."""
    return decode(manifest, str(manifest["apiVersion"]), str(manifest["kind"]))[0]


@cache
def empty(kind: Type) -> Any:
    """The value that the server writes for an unset field; shared, so it must not be changed."""
    if kind.form == "struct":
        return {item.name: _unset(item) for item in kind.required}
    if kind.form != "scalar":
        return None
    return _ZERO.get(kind.name, 0 if kind.name in _INTEGERS or kind.name in ("number", "double") else "")


def _struct(kind: Type, value: Any, walk: _Walk, path: str, go_path: str) -> Any:
    """A struct's known fields as the server writes them."""
    found: dict[str, Any] = {}
    for name, sent in value.items():
        item = kind.fields.get(name)
        if item is None:
            walk.unknown.append(f'unknown field "{path}{name}"')
        elif sent is not None:
            try:
                written = _field(kind, item, sent, walk, (path, go_path))
            except _DeferredError as error:
                if item.type.name in _DECODE_THEMSELVES:
                    raise
                walk.deferred = walk.deferred or error
                continue
            if written or item.zero in _POINTERS or (item.zero == "always" and written is not None):
                found[name] = written
            elif item.zero == "always":
                found[name] = sent if sent == [] else empty(item.type)  # the difference matters until it is stored
    walk.repeated(value, path)
    for item in kind.required:
        if item.name not in found:
            found[item.name] = _unset(item)
    return found


def _unset(item: StructField) -> Any:
    """The value that the server writes for a required field that is not set."""
    return None if item.zero == "null" else empty(item.type)


def _field(kind: Type, item: StructField, sent: Any, walk: _Walk, at: tuple[str, str]) -> Any:
    """One field's value as the server writes it; `at` is the path of its parent, in JSON and in Go's messages."""
    if item.type.form == "scalar":
        if item.type.name == "string" and sent.__class__ is str:
            return sent
        return _scalar(item.type.name, sent, item.go, f"{kind.name}.{at[1]}{item.embedded}{item.name}")
    where = f"{at[1]}{item.embedded}{item.name}"
    return _value(item.type, sent, walk, f"{at[0]}{item.name}", (item.go, kind.name, where))


def _value(kind: Type, sent: Any, walk: _Walk, path: str, go: tuple[str, str, str]) -> Any:
    """A value of any type as the server writes it; `go` is its Go type, its struct and its path there."""
    if kind.form == "scalar":
        return empty(kind) if sent is None else _scalar(kind.name, sent, go[0], f"{go[1]}.{go[2]}")
    if kind.form == "list":
        if not isinstance(sent, list):
            raise _wrong(sent, go[0], f"{go[1]}.{go[2]}")
        inner = (go[0].removeprefix("[]"), go[1], go[2])
        return [_value(kind.item, item, walk, f"{path}[{i}]", inner) for i, item in enumerate(sent)] or None
    if sent is None:
        return empty(kind)
    if kind.form == "map" and kind.item.name == "any":
        return sent  # managed fields: any JSON, which the server judges later
    if not isinstance(sent, dict):
        raise _wrong(sent, go[0], f"{go[1]}.{go[2]}")
    if kind.form == "struct":
        return _struct(kind, sent, walk, f"{path}.", f"{go[2]}.")
    walk.repeated(sent, f"{path}.")
    inner = (go[0].partition("]")[2], go[1], go[2])
    return {key: _value(kind.item, item, walk, f"{path}.{key}", inner) for key, item in sent.items()} or None


def _scalar(name: str, sent: Any, go: str, where: str) -> Any:
    """A scalar as the server writes it."""
    if name == "any":
        return sent
    if name.endswith("quantity"):
        return _quantity(sent, rounded=name == "resource-quantity")
    if name in _INTEGERS and not (name == "int-or-string" and isinstance(sent, str)):
        return _integer(sent, _INTEGERS[name], "int32" if name == "int-or-string" else go, where)
    expected = {"boolean": (bool,), "number": (int, float), "double": (int, float)}.get(name, (str,))
    sent = float(sent) if isinstance(sent, Number) else sent
    if type(sent) not in expected:
        raise _wrong(sent, "string" if name.endswith("-time") else go, where)
    if name in _TEXTS:
        return _TEXTS[name](sent)
    return sent


def _integer(sent: Any, limit: int, go: str, where: str) -> int:
    """A whole number within the type's range."""
    if isinstance(sent, bool) or not isinstance(sent, (int, float)):
        raise _wrong(sent, go, where)
    if isinstance(sent, float) or not -limit <= sent < limit:
        raise _DeferredError(f"json: cannot unmarshal number {sent} into Go struct field {where} of type {go}")
    return sent


def _wrong(sent: Any, go: str, where: str) -> _DeferredError:
    """The decoder's error for a value of another JSON type."""
    return _DeferredError(
        f"json: cannot unmarshal {_WORDS.get(type(sent), 'object')} into Go struct field {where} of type {go}"
    )


def _quantity(sent: Any, *, rounded: bool) -> str:
    """A quantity's canonical text."""
    sent = sent.text if isinstance(sent, Number) else sent
    if isinstance(sent, (str, int, float)) and not isinstance(sent, bool):
        text = str(sent).strip()
        try:
            return stored_quantity(sent, rounded_to_milli=rounded)
        except ValueError as error:
            if _QUANTITY.fullmatch(text):
                number = _QUANTITY_NUMBER.match(text)
                suffix = number and not re.match(r"[0-9.]", text[number.end() :])
                what = "parse quantity's suffix" if suffix else "parse numeric part of quantity"
                raise DecodeError(f"unable to {what}") from error
    pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
    raise DecodeError(f"quantities must match the regular expression '{pattern}'")


def read_time(sent: str) -> datetime:
    """A time in RFC 3339; raises DecodeError for any other text."""
    return _parsed_time(sent, r"(\.\d+)?", "")


def _time(sent: str) -> str:
    """A time in UTC, to the second."""
    return written_time(read_time(sent))


def _micro_time(sent: str) -> str:
    """A time in UTC, which must be given to the microsecond."""
    return written_time(_parsed_time(sent, r"\.\d{6}", ".000000"), micro=True)


def written_time(moment: datetime, *, micro: bool = False) -> str:
    """A time in UTC as the server writes it; strftime does not pad years with zeros."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds" if micro else "seconds") + "Z"


def _parsed_time(sent: str, fraction: str, layout: str) -> datetime:
    """A time in RFC 3339; Python's own parser accepts more."""
    try:
        if re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{fraction}(Z|[+-]\d\d:\d\d)", sent, re.ASCII):
            return datetime.fromisoformat(sent).astimezone(UTC)
    except OverflowError:  # Go has more years: the nearest moment that Python has
        nearest = datetime.min.replace(tzinfo=UTC) if sent.startswith("0") else datetime.max.replace(tzinfo=UTC)
        return nearest.replace(microsecond=0)
    except ValueError:
        pass  # an invalid date such as 30 February: reported below
    layout_text, rest = f"2006-01-02T15:04:05{layout}Z07:00", sent
    for part in ("2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", layout or "Z07:00"):
        found = re.match(r"\d" * len(part) if part.isdigit() else re.escape(part), rest)
        if not found:
            break
        rest = rest[found.end() :]
    raise DecodeError(f'parsing time "{sent}" as "{layout_text}": cannot parse "{rest}" as "{part}"')


def _bytes(sent: str) -> str:
    """Valid base64, in canonical form."""
    text = sent.replace("\n", "").replace("\r", "")
    try:  # a ValueError of its own for text that is not ASCII
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except ValueError as error:
        good = re.match(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}(?==))?", text)
        at = re.match(r"[A-Za-z0-9+/]*", text)
        place = at.end() if at and at.end() < len(text) else good.end() if good else 0
        raise _DeferredError(f"illegal base64 data at input byte {place}") from error


_TEXTS: Final[dict[str, Callable[[str], str]]] = {"date-time": _time, "micro-time": _micro_time, "byte": _bytes}
