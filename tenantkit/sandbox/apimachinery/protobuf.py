"""Decodes the protobuf bodies of kubectl and client-go, by the field numbers in data/protobuf.json.

`kubectl auth can-i` and `kubectl create` send only protobuf and do not fall back after a 415. Responses are JSON, which
those clients accept. Rejected alternative: the package protobuf with generated classes, a dependency and 10,000 lines
for one loop over a table.

Source: page "Kubernetes API Concepts", section "Kubernetes Protobuf encoding".
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.codec import written_time
from tenantkit.sandbox.apimachinery.json_text import read_json
from tenantkit.sandbox.apimachinery.schema import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.rules.manifest import Manifest

_MAGIC = b"k8s\x00"
_META = "k8s.io.apimachinery.pkg.apis.meta.v1"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIGN, _MASK = 1 << 63, (1 << 64) - 1
_VARINT_BITS = 70


def read_protobuf(body: bytes, default: tuple[str, str] = ("", "")) -> Manifest:
    """The object in an envelope of the media type `application/vnd.kubernetes.protobuf`.

    Args:
        body: the body as it was sent.
        default: the apiVersion and kind of an envelope that does not name them. Default: none.

    Returns:
        The object as in JSON, including empty values that the sender wrote.

    Raises:
        ValueError: it is not such an envelope, is truncated, or has a kind that the sandbox does not serve.
    """
    if not body.startswith(_MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    if len(body) == len(_MAGIC):
        raise ValueError("empty body")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        names = {number: bytes(value).decode(errors="replace") for number, value in _fields(envelope.get(1, b""))}
        api_version, kind = names.get(1) or default[0], names.get(2) or default[1]
        message = load("protobuf.json")["kinds"].get(f"{api_version}/{kind}")
        if message is None and kind == "DeleteOptions":
            message = f"{_META}.DeleteOptions"
        if message is None:
            raise ValueError(f'no kind "{kind}" is registered for version "{api_version}"')
        return {"apiVersion": api_version, "kind": kind, **_message(message, envelope.get(2, b""))}
    except (IndexError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise ValueError("unexpected EOF") from error


def _message(name: str, data: bytes) -> Any:
    """One message's value; a few messages have a special form in JSON."""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(dict(_fields(data)))
    fields = load("protobuf.json")["messages"][name]
    if [field[0] for field in fields.values()] == ["items"] and name.endswith(".ExtraValue"):
        return [value.decode(errors="replace") for _, value in _fields(data)]
    found: Manifest = {}
    for number, raw in _fields(data):
        if str(number) not in fields:
            continue  # a field of a newer release: dropped, as in JSON
        field, kind = fields[str(number)]
        if kind.startswith("{}"):
            entry = dict(_fields(raw))
            key = bytes(entry.get(1, b"")).decode(errors="replace")
            found.setdefault(field, {})[key] = _value(kind[2:], entry.get(2, b""))
        elif kind.startswith("[]"):
            found.setdefault(field, []).append(_value(kind[2:], raw))
        elif field:
            found[field] = _value(kind, raw)
        else:
            found |= _value(kind, raw)
    return found


def _value(kind: str, raw: Any) -> Any:
    """One value as in JSON."""
    match kind:
        case "string":
            return raw.decode(errors="replace")  # as JSON shows them
        case "bytes":
            return base64.b64encode(raw).decode()
        case "bool":
            return bool(raw)
        case "int32":
            return (raw + 2**31) % 2**32 - 2**31
        case "int64":
            return _signed(raw)
        case _:
            return _message(kind, raw)


def _fields(data: Any) -> Iterator[tuple[int, Any]]:
    """The field numbers and raw values of a message: whole numbers or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in {_FIXED64, _FIXED32}:
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"proto: illegal wireType {wire}")
        if at + size > len(data):
            raise IndexError(at)
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _VARINT_BITS:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:  # noqa: PLR2004 (without the bit that marks a continuation)
            return value & _MASK, at
        shift += 7
    raise ValueError("proto: integer overflow")


def _signed(value: int) -> int:
    return value - 2 * _SIGN if value >= _SIGN else value


def _time(raw: dict[int, Any], *, micro: bool) -> str | None:
    if not raw:
        return None
    nanoseconds = _signed(raw.get(2, 0))
    moment = datetime.fromtimestamp(_signed(raw.get(1, 0)), UTC).replace(microsecond=nanoseconds // 1000)
    return written_time(moment, micro=micro)


_SPECIAL: dict[str, Callable[[dict[int, Any]], Any]] = {
    f"{_META}.Time": lambda raw: _time(raw, micro=False),
    f"{_META}.MicroTime": lambda raw: _time(raw, micro=True),
    f"{_META}.FieldsV1": lambda raw: read_json(raw.get(1) or b"{}"),
    "k8s.io.apimachinery.pkg.runtime.RawExtension": lambda raw: read_json(raw.get(1) or b"null"),
    "k8s.io.apimachinery.pkg.api.resource.Quantity": lambda raw: raw.get(1, b"0").decode(),
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": lambda raw: (
        raw.get(3, b"").decode() if raw.get(1) else _signed(raw.get(2, 0))
    ),
}
