"""YAML as the API server reads it: converted to JSON, with limits on aliases and nesting.

A few lines of YAML can expand to gigabytes by aliases, or name an object that contains itself. Like the server, this
counts what the aliases expand to before anything is expanded. The parser itself, libyaml, allows fewer levels than the
server: beyond 1,000 levels a body in YAML is refused; JSON is not affected.

Source: go.yaml.in/yaml, decode.go (allowedAliasRatio), which apimachinery's pkg/util/yaml uses.
"""

from __future__ import annotations

from typing import Any

import yaml

from tenantkit.sandbox.apimachinery.deep_json import write_iteratively
from tenantkit.sandbox.apimachinery.json_text import MOST_LEVELS, has_half_surrogates, read_json

_ALIASES_FREE, _NODES_FREE = 100, 1000
_FEW_NODES, _MANY_NODES = 400_000, 4_000_000
_SHARE_OF_FEW, _SHARE_OF_MANY = 0.99, 0.10


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C loader, if available
    """YAML without dates, which JSON does not have."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(body: bytes) -> Any:
    r"""Parse YAML or JSON.

    Raises:
        ValueError: it is neither, is nested too deeply, or has excessive aliases; the message is the server's.

    Example:
        >>> read_yaml(b"a: &one [1]\nb: *one")
        {'a': [1], 'b': [1]}
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ValueError("yaml: invalid leading UTF-8 octet") from error
    if text.lstrip()[:1] in {"{", "["}:
        if has_half_surrogates(text):
            raise ValueError("yaml: found invalid Unicode character escape code")
        try:
            return read_json(text)
        except ValueError as error:
            if "max depth" in str(error):
                raise ValueError(f"yaml: exceeded max depth of {MOST_LEVELS}") from error
    try:
        _check_aliases(text)
        found = _first_document(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + isinstance(error, yaml.scanner.ScannerError) if mark else 0  # as Go counts
        where = f"line {line}: " if line else ""
        raise ValueError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from error
    return read_json(write_iteratively(found, MOST_LEVELS))


def _first_document(text: str) -> Any:
    """The first document of a text; what follows it is not read."""
    loader = _Loader(text)
    try:
        return loader.get_data() if loader.check_data() else None
    finally:
        loader.dispose()


def _check_aliases(text: str) -> None:
    """Raise ValueError for an alias inside what it names, and if aliases expand to too much."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # the anchor of each open container, and the nodes before it
    nodes = by_alias = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.DocumentStartEvent) and event.version not in {None, (1, 1)}:
            raise ValueError("yaml: found incompatible YAML document")
        if isinstance(event, yaml.DocumentEndEvent):
            return
        if isinstance(event, yaml.AliasEvent):
            if any(event.anchor == anchor for anchor, _ in open_nodes):
                raise ValueError(f"yaml: anchor '{event.anchor}' value contains itself")
            size = sizes.get(event.anchor or "", 0)
            nodes, by_alias = nodes + size + 1, by_alias + size
            if by_alias > _ALIASES_FREE and nodes > _NODES_FREE and by_alias > nodes * _allowed_share(nodes):
                raise ValueError("yaml: document contains excessive aliasing")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = nodes - before
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, nodes))
            nodes += 1
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if event.anchor:
                sizes[event.anchor] = 1


def _allowed_share(nodes: int) -> float:
    """The share of a document's nodes that may come from aliases."""
    if nodes <= _FEW_NODES:
        return _SHARE_OF_FEW
    if nodes >= _MANY_NODES:
        return _SHARE_OF_MANY
    along = (nodes - _FEW_NODES) / (_MANY_NODES - _FEW_NODES)
    return _SHARE_OF_FEW - (_SHARE_OF_FEW - _SHARE_OF_MANY) * along
