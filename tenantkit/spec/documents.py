"""The documents of a YAML or JSON text: read strictly, in bounded time, with the line of every mistake.

PyYAML's safe loader reads them, with these changes: a repeated key is an error (PyYAML keeps the last one silently),
nodes keep their lines, whatever a value's text does to PyYAML is an error with its line, `1:20` is text and not the
number 80, and a text is limited in length, depth and aliases. Rejected alternative: PyYAML's C loader, which is not
everywhere, and which ends the process at some depths.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_BYTES = 1 << 22  # some 10,000 tenants
MOST_VALUES = 500_000  # with each alias counted as what it stands for
_SHOWN = 40
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_BAD_VALUE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, ArithmeticError)
_TAG = "tag:yaml.org,2002:"


def read_text(content: str | bytes, source: str) -> str:
    """The text of a file, which is UTF-8.

    Raises:
        InvalidSpecError: it is too large, or not UTF-8.
    """
    if len(content) > LIMIT_BYTES:
        reason = f"is larger than {LIMIT_BYTES >> 20} MiB: split it into several files"
        raise InvalidSpecError([Problem("size", len(content), reason)], source=source)
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem("encoding", content[error.start : error.start + 1], "save the file as UTF-8", line)
        raise InvalidSpecError([problem], source=source) from None


def documents(text: str, source: str) -> Iterator[tuple[yaml.Node, Any]]:
    """Each document's node, for the lines, and its data; no empty documents.

    Raises:
        InvalidSpecError: the text is not valid.
    """
    try:
        as_json = _json(text)
        loader = _Loader(text if as_json is None else text.replace("\t", " "))  # YAML allows no tabs, JSON does
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            _check_size(node)
            data = loader.construct_document(node)
            if data is not None:
                yield node, data if as_json is None else as_json
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        _refuse(f"{error.problem or error.context}: {_advice(error)}", source, line)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"{error.reason}: write the character as an escape in double quotes"
        _refuse(reason, source, line, chr(error.character))
    except RecursionError:
        _refuse("is nested too deeply to be a spec", source, None)


def _refuse(reason: str, source: str, line: int | None, value: str = "") -> NoReturn:
    raise InvalidSpecError([Problem("YAML", value, reason, line)], source=source) from None


def _advice(error: yaml.MarkedYAMLError) -> str:
    return "indent with spaces, not with tabs" if "'\\t'" in str(error.problem) else "fix the YAML there"


def _json(text: str) -> Any:
    """The data, if the text is a JSON object or list: YAML reads some numbers and escapes of JSON in other ways."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None  # perhaps YAML, else its error names the line


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_size(root: yaml.Node) -> None:
    """Refuse aliases that stand for more and more, or for themselves, before anything walks through them."""
    sizes: dict[int, int] = {}
    open_now: set[int] = set()
    pending: list[tuple[yaml.Node, bool]] = [(root, False)]
    while pending:
        node, is_done = pending.pop()
        key = id(node)
        if is_done:
            open_now.discard(key)
            sizes[key] = 1 + sum(sizes[id(below)] for below in _below(node))
            if sizes[key] > MOST_VALUES:
                raise _refusal(f"has more than {MOST_VALUES:,} values with its aliases", node)
        elif key in open_now:
            raise _refusal("an alias stands for what it is in", node)
        elif key not in sizes:
            open_now.add(key)
            pending.append((node, True))
            pending += ((below, False) for below in _below(node) if id(below) not in sizes)


def _below(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


class _Loader(yaml.SafeLoader):
    """The safe loader, with errors that name the line of a repeated key, a key that is not text, and a bad value."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        """The tag of a node; numbers to base 60, which nobody means, are text."""
        tag = str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        is_number = tag in (f"{_TAG}int", f"{_TAG}float")
        return f"{_TAG}str" if is_number and _BASE_60.fullmatch(value or "") else tag

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 (PyYAML's)
        try:
            return super().construct_object(node, deep=deep)
        except _BAD_VALUE as error:  # such as 30 February, or `!!bool maybe`
            raise _refusal(_cannot_be_read(node, error), node) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (PyYAML's)
        seen: set[Any] = set()
        for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _refusal(f"{_cut(repr(key))} cannot be a key: keys are text", key_node)
            if key in seen:
                raise _refusal(f"{_cut(repr(key))} appears twice", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _cannot_be_read(node: yaml.Node, error: Exception) -> str:
    shown = _cut(repr(node.value)) if isinstance(node.value, str) else "this value"
    kind = str(node.tag).removeprefix(_TAG)
    if isinstance(error, ValueError) and len(str(node.value)) <= _SHOWN:
        return f"{shown} cannot be read, {error}"
    return f"{shown} cannot be read as {kind}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _refusal(reason: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, reason, node.start_mark)
