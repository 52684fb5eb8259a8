"""YAML as the API server reads it: converted to JSON, with limits on aliases and nesting.

A few lines of YAML can expand to gigabytes by aliases, or name an object that contains itself. Like the server, this
counts what the aliases expand to before anything is expanded. The parser itself, libyaml, allows fewer levels than the
server: beyond 1,000 levels a body in YAML is refused; JSON is not affected.

Source: go.yaml.in/yaml, decode.go (allowedAliasRatio), which apimachinery's pkg/util/yaml uses.
"""

from __future__ import annotations

import math
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.rules.yaml_nesting import check_nesting
from tenantkit.sandbox.apimachinery.deep_json import write_iteratively
from tenantkit.sandbox.apimachinery.json_text import MOST_LEVELS, read_json, repeated_paths, with_replacements

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 70  # digits of an integer of 64 bits, in any base
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")  # YAML has no pairs of them
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")  # an escape of JSON alone
# keys of several lines or more than 1024 characters, numbers that YAML converts, and what YAML takes as a line break
_OTHER_IN_YAML = re.compile(
    r'"[ \t]*+[\r\n][ \t\r\n]*+:|"[^"]{1000,}+"[ \t\r\n]*+:|(?<![0-9])[0-9]{309}'
    r"|[:,\[ \t\r\n]-?[0-9]++(?:\.[0-9]++(?:[eE][-+]?[0-9]++)?|[eE][-+]?[0-9]++)[ \t\r\n]*+[\],}]"
    "|[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
)
_MOST_DIGITS = 1e21  # from where Go writes a float with an exponent
_ALIASES_FREE, _NODES_FREE = 100, 1000
_FEW_NODES, _MANY_NODES = 400_000, 4_000_000
_SHARE_OF_FEW, _SHARE_OF_MANY = 0.99, 0.10


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C loader, if available
    """YAML with the values of JSON: dates stay text, and tags that are not known do not count."""


def _without_tag(loader: Any, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    is_map = isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True) if is_map else loader.construct_sequence(node, deep=True)


def _bool(_: Any, node: yaml.ScalarNode) -> bool:
    return node.value.lower() in {"y", "yes", "true", "on"}


def _binary(loader: Any, node: yaml.ScalarNode) -> str:
    return with_replacements(loader.construct_yaml_binary(node))


_INT, _FLOAT, _BOOL = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"
_OWN = (":timestamp", ":int", ":float", ":bool")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(_OWN)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# as Go's parser reads them: y and n are booleans, 1:20 is a text, and 1e3 is a number
_WORDS = ("y", "yes", "true", "on", "n", "no", "false", "off")
_BOOLEANS = "|".join(f"{word}|{word.title()}|{word.upper()}" for word in _WORDS)
_INTEGERS = r"[-+]?(0b[01_]+|0o?[0-7_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*)"
_FLOATS = r"[-+]?((\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
for _tag, _pattern, _starts in (
    (_BOOL, _BOOLEANS, "yYnNtTfFoO"),
    (_INT, _INTEGERS, "-+0123456789"),
    (_FLOAT, _FLOATS, "-+0123456789."),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"({_pattern})\Z"), list(_starts))


def _integer(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node).replace("_", "")
    sign, digits = -1 if text.startswith("-") else 1, text.lstrip("+-")
    prefix = digits[:2].lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(prefix, 8 if digits.startswith("0") else 10)
    number = (
        sign * int(digits[2:] if prefix in {"0x", "0o", "0b"} else digits, base) if len(digits) <= _LONGEST else None
    )
    return _finite(text) if number is None or not -(2**63) <= number < 2**64 else number


def _float(loader: Any, node: Any) -> float | str:
    text = loader.construct_scalar(node).replace("_", "")
    if text.lower().endswith((".inf", ".nan")):
        return float(text.lower().replace(".", ""))
    return _finite(text)


def _finite(text: str) -> float | str:
    """The number, without a fraction if it is whole; a text that is too large for one stays a text, as in Go."""
    try:
        number = float(text)
    except ValueError:  # an octal or hexadecimal one
        return text
    if math.isinf(number):
        return text
    return int(number) if number.is_integer() and abs(number) < _MOST_DIGITS else number


_Loader.add_constructor(_BOOL, _bool)
_Loader.add_constructor(_INT, _integer)
_Loader.add_constructor(_FLOAT, _float)
_Loader.add_multi_constructor("", _without_tag)
for _name in ("timestamp", "set", "omap", "pairs"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", lambda loader, node: _without_tag(loader, "", node))
_Loader.add_constructor("tag:yaml.org,2002:binary", _binary)


def read_yaml(body: bytes) -> Any:
    r"""Parse YAML or JSON.

    Raises:
        ValueError: it is neither, is nested too deeply, or has excessive aliases; the message is the server's.

    Example:
        >>> read_yaml(b"a: &one [1]\nb: *one")
        {'a': [1], 'b': [1]}
    """
    text = _decoded(body)
    if _is_alike_in_json(text) and not _SLASH.search(text):
        try:
            found = read_json(text)
        except ValueError:
            found = None  # not JSON, or too deep for the parser of YAML, too
        if found is not None and _SURROGATE.search(text):
            raise ValueError("yaml: found invalid Unicode character escape code")
        if found is not None:
            return found
    try:
        if _SLASH.search(text):
            _check_slashes(text)
        if "*" in text or text.lstrip().startswith("%"):  # else there is nothing to find
            _check_aliases(text)
        check_nesting(text)
        found = _first_document(text)
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):
            if text.lstrip()[:1] in {"{", "["}:
                with suppress(ValueError):
                    return read_json(text)  # the best that can be done: the server's parser allows more levels
            raise ValueError(f"yaml: exceeded max depth of {MOST_LEVELS}") from error
        mark = getattr(error, "problem_mark", None)
        line = mark.line + isinstance(error, yaml.scanner.ScannerError) if mark else 0  # as Go counts
        where = f"line {line}: " if line else ""
        raise ValueError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from error
    return read_json(write_iteratively(found, MOST_LEVELS))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-16" if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("yaml: invalid leading UTF-8 octet") from error


def repeated_in_yaml(body: bytes) -> list[str]:
    """The paths of the keys that occur twice in one map of a text that `read_yaml` can read."""
    text = _decoded(body)
    if _is_alike_in_json(text):
        with suppress(ValueError):
            return repeated_paths(read_json(text, mark_repeated=True))
    loader = _Loader(text)
    try:
        check_nesting(text)
        return list(_repeated_keys(loader.get_node() if loader.check_node() else None, ""))
    except yaml.YAMLError:  # of a second document, which does not count
        return []
    finally:
        loader.dispose()


def _repeated_keys(node: yaml.Node | None, path: str) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated_keys(item, f"{path}[{index}]")
    elif isinstance(node, yaml.MappingNode):
        seen = set[tuple[str, str]]()
        for key, value in node.value:
            inner = f"{path}.{key.value}".removeprefix(".")
            if (key.tag, inner) in seen:
                yield inner
            seen.add((key.tag, inner))
            yield from _repeated_keys(value, inner)


def _is_alike_in_json(text: str) -> bool:
    """Whether a text that is JSON means the same in YAML; otherwise, or if unsure, it must be read as YAML."""
    rest = text.lstrip()
    before, after = text[: len(text) - len(rest)], rest[len(rest.rstrip()) :]
    return (
        rest[:1] in {"{", "["}
        and "\t" not in before
        and "\t" not in after.lstrip(" \t")  # on a line of its own
        and not _OTHER_IN_YAML.search(text)
    )


def _first_document(text: str) -> Any:
    """The first document; like the server, this does not look at others."""
    loader = _Loader(text)
    try:
        return loader.get_data() if loader.check_data() else None
    finally:
        loader.dispose()


def _check_slashes(text: str) -> None:
    """Raise ValueError for an escaped slash, which only JSON has."""
    for token in yaml.scan(text, _Loader):
        is_quoted = isinstance(token, yaml.ScalarToken) and token.style == '"'
        if is_quoted and _SLASH.search(text, token.start_mark.index, token.end_mark.index):
            raise ValueError("yaml: found unknown escape character")


def _check_aliases(text: str) -> None:
    """Raise ValueError for an alias inside what it names, and if aliases expand to too much."""
    count = _Count()
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.DocumentStartEvent) and event.version not in {None, (1, 1)}:
            raise ValueError("yaml: found incompatible YAML document")
        if isinstance(event, yaml.DocumentEndEvent):
            return
        if isinstance(event, yaml.AliasEvent):
            count.expand(event.anchor or "")
        elif isinstance(event, yaml.CollectionEndEvent):
            count.close()
        elif isinstance(event, yaml.CollectionStartEvent):
            count.open(event.anchor)
        elif isinstance(event, yaml.ScalarEvent):
            count.open(event.anchor)
            count.close()


class _Count:
    """The nodes of a document, with what its aliases expand to."""

    def __init__(self) -> None:
        self._nodes = self._by_alias = 0
        self._sizes: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []  # the anchor of each open node, and the nodes before it

    def open(self, anchor: str | None) -> None:
        """A node begins."""
        self._open.append((anchor, self._nodes))
        self._nodes += 1

    def close(self) -> None:
        """A node ends."""
        anchor, before = self._open.pop()
        if anchor:
            self._sizes[anchor] = self._nodes - before

    def expand(self, anchor: str) -> None:
        """An alias; raises ValueError as described above."""
        if any(anchor == outer for outer, _ in self._open):
            raise ValueError(f"yaml: anchor '{anchor}' value contains itself")
        size = self._sizes.get(anchor, 0)
        self._nodes, self._by_alias = self._nodes + size + 1, self._by_alias + size
        is_large = self._by_alias > _ALIASES_FREE and self._nodes > _NODES_FREE
        if is_large and self._by_alias > self._nodes * _allowed_share(self._nodes):
            raise ValueError("yaml: document contains excessive aliasing")


def _allowed_share(nodes: int) -> float:
    """The share of a document's nodes that may come from aliases."""
    if nodes <= _FEW_NODES:
        return _SHARE_OF_FEW
    if nodes >= _MANY_NODES:
        return _SHARE_OF_MANY
    along = (nodes - _FEW_NODES) / (_MANY_NODES - _FEW_NODES)
    return _SHARE_OF_FEW - (_SHARE_OF_FEW - _SHARE_OF_MANY) * along
