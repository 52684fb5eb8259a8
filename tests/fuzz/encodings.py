"""Bodies as bytes: JSON written oddly, YAML, CBOR and protobuf, whole or broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.fuzz.values import Raw, Twice, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

JSON, YAML = "application/json", "application/yaml"
CBOR, PROTOBUF = "application/cbor", "application/vnd.kubernetes.protobuf"


def as_json(chance: Random, body: Any) -> bytes:
    """JSON, one in eight times written oddly."""
    text = written(body).encode()
    return chance.choice(_ODD_JSON)(text) if chance.randrange(8) == 0 else text


_ODD_JSON: tuple[Callable[[bytes], bytes], ...] = (
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: b" \r\n\t" + text + b"\n\n",
    lambda text: text + b"x",
    lambda text: text + text,
    lambda text: text + b"\x00",
    lambda text: text[:-1],
    lambda text: text[: len(text) // 2],
    lambda text: text.replace(b'"', b"'"),
    lambda text: text.replace(b",", b",,", 1),
    lambda text: text[:-1] + b",}",
    lambda text: b"// x\n" + text,
    lambda text: text.replace(b":", b": \xff", 1),
    lambda text: text.replace(b'"metadata"', b'"meta\xffdata"', 1),
    lambda text: text.replace(b"fx-", b"f\xc3\x28", 1),
    lambda text: text.replace(b"e", b"\\u0065", 3),
    lambda text: text.decode(errors="replace").encode("utf-16"),
    lambda text: b"[" + text + b"]",
    lambda text: b'"' + text.replace(b'"', b'\\"') + b'"',
    lambda _: b"",
    lambda _: b" ",
    lambda _: b"null",
    lambda _: b"true",
    lambda _: b"1",
    lambda _: b"[]",
    lambda _: b"{}",
    lambda _: b'"x"',
    lambda _: b"{",
    lambda _: b"[" * 100_000,
    lambda _: b'{"a":' * 100_000,
    lambda text: text[:-1] + b',"x":"' + b"y" * 3_300_000 + b'"}',
)


def plain(value: Any) -> Any:
    """A value without what only JSON's text can have."""
    match value:
        case Raw():
            return value.text[:200]
        case Twice():
            return plain(value.fields | {value.key: value.value})
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def as_yaml(chance: Random, body: Any) -> bytes:
    """YAML, one in three times written oddly."""
    text = yaml.safe_dump(plain(body), allow_unicode=True, default_flow_style=chance.choice((None, False, True)))
    return chance.choice(_ODD_YAML)(text) if chance.randrange(3) == 0 else text.encode()


def _aliases(depth: int) -> str:
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x"]']
    lines += [f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]" for level in range(1, depth)]
    return "\n".join(lines) + "\n"


_ODD_YAML: tuple[Callable[[str], bytes], ...] = (
    lambda text: f"---\n{text}".encode(),
    lambda text: f"{text}---\n{text}".encode(),
    lambda text: f"{text}...\n".encode(),
    lambda text: f"%YAML 1.2\n---\n{text}".encode(),
    lambda text: f"# x\n{text}# y".encode(),
    lambda text: text.replace("  ", "\t").encode(),
    lambda text: f"{text}  x: y\n".encode(),
    lambda text: f"{text}kind: Nope\n".encode(),
    lambda text: f"{text}x: &a [*a]\n".encode(),
    lambda text: f"{text}x: *nope\n".encode(),
    lambda text: f"{text}x: !!binary AAEC\n".encode(),
    lambda text: f"{text}x: !!python/object:os.system y\n".encode(),
    lambda text: f"{text}x: !!set {{a, b}}\n".encode(),
    lambda text: f"{text}x: !nope y\n".encode(),
    lambda text: f"{text}? [a, b]\n: c\n".encode(),
    lambda text: f"{text}1: x\ntrue: y\nnull: z\n".encode(),
    lambda text: f"{text}1.5: x\n".encode(),
    lambda text: f"{text}<<: {{x: y}}\n".encode(),
    lambda text: f"{text}<<: x\n".encode(),
    lambda text: f"{text}data: {{a: yes, b: 1:20, c: 0o17, d: 0x1F, e: 1_000, f: .inf, g: ~}}\n".encode(),
    lambda text: f"{text}data: {{a: 2026-01-01, b: |\n  x\n}}\n".encode(),
    lambda text: f"{text}data:\n  a: 'x\n".encode(),
    lambda text: (text + _aliases(4)).encode(),
    lambda text: (text + _aliases(9)).encode(),
    lambda text: f"{text}x: {'[' * 12_000}{']' * 12_000}\n".encode(),
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("latin-1", "replace") + b"x: \xff\n",
    lambda text: text.encode() + b"x: \x00\n",
    lambda text: text.encode() + b'x: "\\ud800"\n',
    lambda text: text.replace("fx-", "fx-\x85", 1).encode(),
    lambda _: b"",
    lambda _: b"---\n",
    lambda _: b"x",
    lambda _: b"- x\n",
    lambda _: b"@",
)


def as_protobuf(chance: Random, api_version: str, kind: str, name: str) -> bytes:
    """An envelope with the metadata of an object, one in two times broken."""
    meta = _text(1, name.encode()) + _field(11, _text(1, b"app") + _text(2, b"x"))
    whole = _envelope(api_version.encode(), kind.encode(), _field(1, meta))
    return chance.choice(_ODD_PROTOBUF)(whole) if chance.randrange(2) else whole


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


_text = _field
_MAGIC = b"k8s\x00"


def _envelope(api_version: bytes, kind: bytes, raw: bytes) -> bytes:
    return _MAGIC + _field(1, _text(1, api_version) + _text(2, kind)) + _field(2, raw)


_ODD_PROTOBUF: tuple[Callable[[bytes], bytes], ...] = (
    lambda whole: whole[:-3],
    lambda whole: whole[:10],
    lambda whole: whole[:4],
    lambda whole: whole[4:],
    lambda whole: b"k8s\x01" + whole[4:],
    lambda whole: whole + b"\x00",
    lambda whole: whole + b"\xff" * 12,
    lambda whole: whole + _field(9, b"x"),
    lambda whole: whole + _field(3, b"gzip"),
    lambda whole: whole + _field(4, b"application/json"),
    lambda whole: whole + b"\x0b\x0c",
    lambda whole: whole.replace(b"fx-", b"\xff\xfe-"),
    lambda _: _envelope(b"v1", b"Nope", b""),
    lambda _: _envelope(b"", b"", b""),
    lambda _: _envelope(b"v1", b"ConfigMap", b"\xff" * 20),
    lambda _: _envelope(b"v1", b"ConfigMap", _field(1, _field(1, b"\xff"))),
    lambda _: _envelope(b"v1", b"ConfigMap", _varint(1 << 3) + b"\x01"),
    lambda _: _envelope(b"v1", b"ConfigMap", _varint(1 << 3 | 2) + _varint(2**63)),
    lambda _: _envelope(b"v1", b"ConfigMap", b"\x0b" * 20_000),
    lambda _: b"{}",
    lambda _: b"",
)

CBOR_BODIES = (
    b"\xd9\xd9\xf7\xa0",
    b"\xa1\x61a\x01",
    b"\xff",
    b"\xd9\xd9\xf7" + b"\x81" * 5000,
    b"",
    b"\xbf\xff",
    b"{}",
)
